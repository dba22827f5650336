"""Says what a brief may reach: folders beside its own, addresses, and the copies of what lies there."""

from pathlib import Path

from flows.feeds.harvest import Limits
from flows.fetching import Fetcher
from schemas.record import Record
from schemas.settings import Settings


class Reach(Record):
    """What a brief may reach besides its folder."""

    folders: tuple[Path, ...] = ()
    buckets: tuple[str, ...] = ()
    """``s3://`` places that the rows of a feed may name: they are written by strangers."""
    private_hosts: tuple[str, ...] = ()
    cache: Path | None = None
    """Folder for copies; None fetches nothing."""
    rows: int = 100_000
    """Of a feed."""
    bytes: int = 200_000_000
    """Of a feed."""

    @property
    def limits(self) -> Limits:
        """How much of a feed is read."""
        return Limits(self.rows, self.bytes)

    def fetcher(self) -> Fetcher | None:
        """Return what fetches from elsewhere."""
        return Fetcher(self.cache, self.private_hosts) if self.cache else None


def reach_of(settings: Settings) -> Reach:
    """Return what *settings* allow."""
    return Reach(
        folders=tuple(Path(place) for place in settings.media if "://" not in place),
        buckets=tuple(place for place in settings.media if "://" in place),
        private_hosts=settings.private_hosts,
        cache=settings.cache,
        rows=settings.feed_rows,
        bytes=settings.feed_mb * 1_000_000,
    )
