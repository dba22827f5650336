"""What a bulk-upload sheet is made of: columns, each with what stands in it for an ad."""

from collections.abc import Callable
from typing import NamedTuple

from schemas.brief import Objective
from schemas.placements import PLACEMENTS
from schemas.plan import Ad


class SheetAd(NamedTuple):
    """An ad as a sheet sees it."""

    ad: Ad
    name: str
    """Readable, without suffix; it is the ad's name on the platform too."""
    video: str
    """File name, without folders; so are the next two."""
    thumbnail: str
    captions: str
    """Empty for none."""
    archive: str
    """The archive that the files are in; empty where they lie beside the sheet."""
    brand: str
    title: str
    """Of the product, in the ad's locale."""
    link: str
    objective: Objective

    @property
    def group(self) -> str:
        """The group of ads that it belongs to: a campaign's ads of one placement and locale."""
        return f"{self.campaign} {self.ad.placement} {self.ad.locale}"

    @property
    def campaign(self) -> str:
        """The campaign's name on the platform."""
        return self.ad.campaign.replace("/", " ")

    @property
    def button(self) -> str:
        """The words on the button."""
        return self._fitted(self.ad.composition.button, "button")

    @property
    def headline(self) -> str:
        """The product, as far as the placement's limit allows."""
        return self._fitted(self.title, "headline", "title")

    @property
    def text(self) -> str:
        """What the ad's first scene says, for the text beside the ad."""
        return self._fitted(next(iter(self._said), self.title), "primary text", "caption", "copy", "post")

    @property
    def description(self) -> str:
        """What its second scene says."""
        return self._fitted((*self._said, "", "")[1], "description")

    @property
    def _said(self) -> tuple[str, ...]:
        cuts = (cut for cut in self.ad.composition.cuts if not cut.end_card)
        return tuple(dict.fromkeys(cut.caption for cut in cuts if cut.caption))

    def _fitted(self, text: str, *names: str) -> str:
        """Return *text* cut after a word where the placement limits a text of one of *names*."""
        limits = PLACEMENTS[self.ad.placement].texts
        most = min((limits[name] for name in names if name in limits), default=len(text))
        if len(text) <= most:
            return text
        return (text[: most + 1].rsplit(maxsplit=1)[0] if " " in text[:most] else text[:most]).rstrip(" ,;:")


class Column(NamedTuple):
    """A column of a sheet."""

    head: str
    cell: Callable[[SheetAd], str]


class Platform(NamedTuple):
    """An ad platform: which placements are its own, and how its sheet looks."""

    sheet: str
    """File name of the sheet, without suffix."""
    placements: tuple[str, ...]
    columns: tuple[Column, ...]
    rows_max: int
    """Ads in one sheet at most."""
    marked: bool
    """Whether the file begins with a byte order mark, by which spreadsheets know UTF-8."""
    note: str
    """What is left to do before the sheet is uploaded; empty for nothing."""


def blank(_: SheetAd) -> str:
    """Return an empty cell, which whoever uploads the sheet fills."""
    return ""


def always(text: str) -> Callable[[SheetAd], str]:
    """Return what fills a cell with *text*."""
    return lambda _: text


def beginning(*prefixes: str) -> tuple[str, ...]:
    """Return the placements whose names begin with one of *prefixes*."""
    return tuple(name for name in PLACEMENTS if name.startswith(prefixes))
