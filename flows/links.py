"""Links to finished ads for people without keys: addresses that S3 gives out, or paths."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import click

from flows.known import check_known
from flows.naming import file_stem
from flows.sidecars import read_sidecar
from flows.spoken import counted
from flows.tables import print_json, print_rows
from schemas.errors import BlobMissingError, BriefError
from schemas.plan import Ad
from schemas.record import Record
from schemas.settings import Settings
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog
from storage.tables import DONE


class Link(Record):
    """Where people find an ad."""

    ad: str
    """Key."""
    label: str
    name: str
    """Of the file that they get."""
    link: str
    """An address, or a path where the store is a folder; empty where there is no file."""
    expires: str = ""
    """UTC, ISO 8601; empty for a path."""
    problem: str = ""
    """Why there is no link."""


def make_links(asked: Sequence[str], hours: int, settings: Settings) -> list[Link]:
    """Return a link for each ad of *asked*, campaigns and keys of ads; each lasts for *hours*.

    Of a campaign these are the good ads of its latest run. Raises BriefError for what is not there.
    """
    blobs = open_blobs(settings.blobs)
    expires = datetime.now(UTC) + timedelta(hours=hours)
    until = expires.isoformat(timespec="seconds") if settings.blobs.startswith("s3://") else ""
    ads = {ad.key: ad for one in asked for ad in _ads_of(one, blobs, settings)}
    return [_link(ad, hours, until, blobs) for ad in ads.values()]


def print_links(links: Sequence[Link], *, as_json: bool) -> None:
    """Print each link under the name of its ad."""
    if as_json:
        print_json([link.model_dump(mode="json") for link in links])
        return
    if missing := [link for link in links if link.problem]:
        print_rows([{"ad": link.label, "problem": link.problem} for link in missing])
    for link in links:
        if link.link:  # not in a table, which would break an address in two
            click.echo(f"{link.name}\n  {link.link}")
    there = [link for link in links if link.link]
    if there and there[0].expires:
        click.echo(f"{counted(len(there), 'link')}, good until {there[0].expires} for whoever has them.")
    elif there:
        click.echo(
            "The store is a folder, so these are paths on this machine; with REELMILL_BLOBS in S3 they"
        )
        click.echo("would be addresses for people without keys.")


def _ads_of(asked: str, blobs: BlobStore, settings: Settings) -> Iterator[Ad]:
    if "/" not in asked or asked.endswith(".json"):
        yield read_sidecar(asked, blobs).recipe.ad
        return
    catalog = Catalog.peek(settings.database_url)
    if catalog is None:
        raise BriefError(f"campaign: unknown {asked!r}; no campaign has been made yet")
    with catalog:
        check_known([asked], [row.name for row in catalog.campaigns()])
        keys = [row.key for row in catalog.rows(asked) if row.state in DONE]
        planned = catalog.planned_ads(keys)
    if not keys:
        raise BriefError(f"{asked} has no finished ad yet; `reelmill status {asked}` says why")
    yield from (planned[key] for key in keys)


def _link(ad: Ad, hours: int, until: str, blobs: BlobStore) -> Link:
    name = f"{file_stem(ad)}.mp4"
    try:
        link = blobs.link(f"ads/{ad.key}.mp4", seconds=hours * 3600, called=name)
    except BlobMissingError as error:
        return Link(ad=ad.key, label=ad.label, name=name, link="", problem=str(error))
    return Link(ad=ad.key, label=ad.label, name=name, link=link, expires=until)
