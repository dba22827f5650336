"""What all pages share: the catalog, the files, and who asks."""

from typing import NamedTuple

from fastapi import Request

from flows.review.exporter import Exporter
from flows.review.posters import Posters
from flows.review.told import Told
from flows.review.trouble import no_such_ad, no_such_campaign
from schemas.settings import Settings
from storage.blobs import BlobStore
from storage.catalog import Catalog
from storage.gallery_rows import Filters, GalleryAd, RunProgress


class Desk(NamedTuple):
    """What a page needs to answer."""

    settings: Settings
    catalog: Catalog
    blobs: BlobStore
    posters: Posters
    exporter: Exporter
    told: Told

    def ad(self, key: str) -> GalleryAd:
        """Return the ad *key*. Raises PageError where there is none."""
        found = self.catalog.gallery_ads([key])
        if not found:
            raise no_such_ad(key)
        return found[0]

    def first(self, filters: Filters, most: int) -> list[GalleryAd]:
        """Return the first *most* ads that pass *filters*, without counting the others."""
        return self.catalog.gallery_ads(self.catalog.gallery_keys(filters, most))

    def check_campaign(self, campaign: str) -> None:
        """Raise PageError where there is no such campaign."""
        if not self.catalog.briefs([campaign]):
            raise no_such_campaign(campaign)

    def progress(self, campaign: str) -> RunProgress:
        """Return how the latest run of *campaign* goes. Raises PageError where there is no such campaign."""
        progress = self.catalog.run_progress(campaign)
        if progress is None:
            raise no_such_campaign(campaign)
        return progress


def desk_of(request: Request) -> Desk:
    """Return the desk of the application that got *request*, which tells whoever asks by their own cookie."""
    desk: Desk = request.app.state.desk
    return desk._replace(told=desk.told.to(secure=request.state.secure))


def person_of(request: Request) -> str:
    """Return who asks."""
    person: str = request.state.person
    return person
