"""Puts a brief through the stack, as a team does: dropped into the inbox, made by whoever is there."""

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from flows.inbox.bucket import names_in
from storage.catalog import Catalog
from storage.tables import DONE
from tests.stack.parts import BIN, BUCKET
from tests.stack.prefect import Prefect, Run
from tests.stack.topology import Stack

Say = Callable[[str], None]
SECONDS_TO_END = 3600.0
"""So long a campaign may take in all."""
_GLANCE_SECONDS = 2.0
_TELL_SECONDS = 15.0
_PLACEMENTS_OF_SMALL = 2


class Order:
    """A brief on its way."""

    def __init__(self, stack: Stack, say: Say) -> None:
        self._stack, self._say = stack, say
        self._prefect = Prefect(stack.environs.api, stack.environs.prefect_user)

    def fill(self, brief: Path, *, small: bool) -> Run:
        """Have *brief* made, and return its run when that is over. Raises RuntimeError after an hour."""
        address, is_new = self._drop(brief, small=small)
        before = self._prefect.runs(address)
        if not is_new and before and all(run.over for run in before):
            self._say(f"{address} lies there already; its campaign is asked to run once more")
            self._prefect.run(before[0].deployment)
        elif is_new:
            self._say(f"{address} was dropped; the inbox is looked at once a minute")
        known = {run.id for run in before if run.over}
        return self._follow(address, known)

    def tell(self, run: Run) -> bool:
        """Tell how *run* ended and where its ads are; tells whether all are made."""
        with Catalog(self._stack.environs.database("reelmill")) as catalog:
            rows = catalog.rows(run.campaign) if run.campaign else []
        states = Counter(row.state for row in rows)
        made = sum(number for state, number in states.items() if state in DONE)
        if made:
            self._show_links(run.campaign)
        ads = ", ".join(f"{number} {state}" for state, number in sorted(states.items())) or "none"
        why = f" ({run.message})" if run.message else ""
        self._say(f"{run.campaign or run.name}: the run is {run.state.lower()}{why}; ads: {ads}")
        if rows:
            self._say(f"to look at them: {self._stack.address_of('review')}/campaigns/{run.campaign}")
        return run.state == "COMPLETED" and bool(rows) and made == len(rows)

    def _drop(self, brief: Path, *, small: bool) -> tuple[str, bool]:
        """Put *brief* into the inbox behind what it names; return its address, and whether it changed."""
        data = yaml.safe_load(brief.read_text(encoding="utf-8"))
        text = (
            yaml.safe_dump(_smaller(data), allow_unicode=True) if small else brief.read_text(encoding="utf-8")
        )
        prefix = f"inbox/{brief.parent.name}"
        with closing(self._stack.s3.client()) as s3:
            for path in _named(brief, data):
                s3.upload_file(str(path), BUCKET, f"{prefix}/{path.relative_to(brief.parent)}")
            key = f"{prefix}/{brief.name}"
            is_new = _text_at(s3, key) != text
            if is_new:
                s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        return f"s3://{BUCKET}/{key}", is_new

    def _follow(self, address: str, known: set[str]) -> Run:
        end, told, told_at = time.monotonic() + SECONDS_TO_END, "", 0.0
        while time.monotonic() < end:
            self._stack.mend(self._say)
            run = next((run for run in self._prefect.runs(address) if run.id not in known), None)
            if run is not None and run.over:
                return run
            sentence = self._sentence(run)
            if sentence != told and time.monotonic() > told_at + _TELL_SECONDS:
                self._say(sentence)
                told, told_at = sentence, time.monotonic()
            time.sleep(_GLANCE_SECONDS)
        raise RuntimeError(f"{address} was not made within {SECONDS_TO_END / 60:.0f} minutes")

    def _sentence(self, run: Run | None) -> str:
        if run is None:
            return "waiting for the inbox to take it in"
        words = f"run {run.name}: {run.state.lower()}" + (f", start {run.starts}" if run.starts > 1 else "")
        if not run.campaign:
            return words
        with Catalog(self._stack.environs.database("reelmill")) as catalog:
            rows = catalog.rows(run.campaign)
        return f"{words}, {sum(row.state in DONE for row in rows)} of {len(rows)} ads" if rows else words

    def _show_links(self, campaign: str) -> None:
        """Have `reelmill links` print an address for each ad, for people without keys."""
        words = [BIN / "reelmill", "links", campaign]
        subprocess.run(words, env=self._stack.environs.review(), check=False)


def _smaller(data: dict[str, Any]) -> dict[str, Any]:
    """Return the brief with one locale, one variant, and two placements."""
    locale = next(iter(data["locales"]))
    return {
        **{name: value for name, value in data.items() if name != "variants"},
        "locales": {locale: data["locales"][locale]},
        "placements": data["placements"][:_PLACEMENTS_OF_SMALL],
    }


def _named(brief: Path, data: object) -> Iterator[Path]:
    """Yield the files beside *brief* that it names, and those that a brand named there names."""
    for name in dict.fromkeys(names_in(data)):
        path = brief.parent / name
        if len(name) < 200 and path.is_file() and path.resolve().is_relative_to(brief.parent.resolve()):
            yield path
            if path.suffix in {".yaml", ".yml"}:
                yield from _named(path, yaml.safe_load(path.read_text(encoding="utf-8")))


def _text_at(s3: Any, key: str) -> str | None:
    try:
        return str(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())
    except ClientError:
        return None
