"""Notes what people decide about ads, for `reelmill approve` and `reelmill reject`."""

import re
from collections.abc import Iterator, Sequence

import click

from flows.tables import print_json, print_rows
from schemas.errors import BriefError
from schemas.settings import Settings
from schemas.wording import shown
from storage.catalog import Catalog
from storage.rows import Judgement

_START = re.compile(r"[0-9a-f]{6,63}")
_KEY = re.compile(r"[0-9a-f]{64}")
LINE_MAX = 600
"""Characters of a comment, and of a person's name."""


def decide(
    ads: Sequence[str], decision: Judgement, by: str, comment: str, settings: Settings, *, as_json: bool
) -> None:
    """Note that *by* decided so about *ads*, keys or unique starts of keys, and print what counts now.

    All or none: raises BriefError with every ad that is not there, or is not the only one.
    """
    check_line("--by", by)
    check_line("--comment", comment)
    with Catalog(settings.database_url) as catalog:
        keys = find_ads(ads, catalog)
        catalog.decide(keys, decision, by, comment)
        latest = catalog.latest_decisions(keys)
    rows = [latest[key].model_dump(mode="json") for key in keys]
    print_json(rows) if as_json else print_rows(rows)
    if not as_json:
        click.echo("`reelmill export --status approved` exports what is approved.")


def find_ads(ads: Sequence[str], catalog: Catalog) -> list[str]:
    """Return the key of each of *ads*, keys or unique starts of keys.

    Raises BriefError with every ad that is not there, or is not the only one.
    """
    asked = [ad.lower() for ad in ads]
    whole = catalog.known("ad", filter(_KEY.fullmatch, asked))
    meant = {start: catalog.keys_like(start) for start in filter(_START.fullmatch, asked)}
    meant |= {key: [key] for key in whole}
    found = [(ad, meant.get(ad.lower(), [])) for ad in ads]
    if wrong := [*_faults(found)]:
        raise BriefError("\n".join(wrong))
    return [*dict.fromkeys(keys[0] for _, keys in found)]


def check_line(option: str, text: str) -> None:
    """Raise BriefError where *text*, given as *option*, is not one line of a bounded length."""
    if len(text) > LINE_MAX or not text.isprintable():
        raise BriefError(f"{option}: {shown(text)} is no line of {LINE_MAX} characters at most")


def _faults(found: Sequence[tuple[str, list[str]]]) -> Iterator[str]:
    for ad, keys in found:
        if not keys:
            cure = "give 6 digits or more of a key that `reelmill status CAMPAIGN --json` tells"
            yield f"{shown(ad)}: no ad has a key that begins so; {cure}"
        elif keys[1:]:
            some = ", ".join(key[:16] for key in keys)
            yield f"{shown(ad)}: several ads begin so ({some}); give more of the key"
