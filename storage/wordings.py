"""The words of ads: entered with each plan, and searched."""

import json
import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, and_, select, true

import schemas.plan
from schemas.brief import in_locale
from schemas.record import content_key
from storage.dialect import insert_new
from storage.tables import Ad, Wording

_WORDS_MAX = 2_000
"""Characters of an ad that are searched."""
_KEY_DIGITS = 16
"""64 bits: that two of a million keys are alike has a chance of 3e-8."""
_KEY_START = re.compile(r"[0-9a-f]{6,64}")


def enter(connection: Connection, ads: Iterable[schemas.plan.Ad], brief: str) -> dict[str, str]:
    """Enter the words of *ads*, whose titles *brief* (JSON) has; return the key of each ad's, by ad."""
    titles = {one["id"]: one["title"] for one in json.loads(brief).get("products", ())}
    keys, found = dict[tuple[str, ...], str](), dict[str, str]()
    entries: dict[str, dict[str, str]] = {}
    for ad in ads:
        texts = (ad.product, in_locale(titles.get(ad.product, {}), ad.locale), *_captions(ad))
        if texts not in keys:
            words = " ".join(" ".join(texts).casefold().split())[:_WORDS_MAX]
            keys[texts] = content_key((texts[1], words))[:_KEY_DIGITS]
            entries[keys[texts]] = {"key": keys[texts], "title": texts[1], "words": words}
        found[ad.key] = keys[texts]
    insert_new(connection, Wording, entries.values())
    return found


def say(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions that an ad has all words of *text*, anywhere in its own or as its key's start.

    Letters count whatever their case, and signs as themselves.
    """
    words = dict.fromkeys(text.casefold().split())
    starts = [word for word in words if _KEY_START.fullmatch(word)]
    has: list[ColumnElement[bool]] = [
        _has([word]) | Ad.key.startswith(word, autoescape=True) for word in starts
    ]
    others = [word for word in words if word not in starts]
    return [*has, *([_has(others)] if others else ())]


def _has(words: Iterable[str]) -> ColumnElement[bool]:
    mine = (Wording.words.contains(word, autoescape=True) for word in words)
    # PostgreSQL would join, and compare every ad with every wording; with IS it looks them up in a hash.
    return Ad.wording.in_(select(Wording.key).where(and_(*mine))).is_(true())


def _captions(ad: schemas.plan.Ad) -> Iterable[str]:
    for cut in ad.composition.cuts:
        yield cut.caption
        yield cut.note
