"""Finds where the files lie that a brief names: in allowed folders, or fetched from elsewhere."""

from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath

from flows.fetching import is_address, refusal
from flows.reach import Reach
from schemas.wording import nearest

BYTES_MAX = 40_000_000
_NEIGHBOURS_MAX = 1000
_SCHEMES = ("https://", "http://", "s3://")


class Places:
    """Knows where the files of the brief in *folder* lie. Threads may share it."""

    def __init__(self, folder: Path, reach: Reach) -> None:
        self.folder = folder
        self.found: dict[str, Path] = {}
        """Where each file lies on this machine, by its name as written."""
        self.fetcher = reach.fetcher()
        self.cache = reach.cache
        self._buckets = reach.buckets
        self._roots = tuple(root.resolve() for root in (folder, *reach.folders))

    def find(
        self, written: str, bytes_max: int = BYTES_MAX, *, strange: bool = False, now: bool = False
    ) -> Path:
        """Return the regular file that a brief, or a row of a feed (*strange*), calls *written*.

        What lies elsewhere is fetched, *now* or as it was a moment ago. Raises MediaError for a path that is
        absolute or leads out of the allowed folders (also by a symbolic link), for what cannot be fetched,
        and for what is missing, no regular file, empty, or larger than *bytes_max*.
        """
        if is_address(written):
            return self._fetched(written, bytes_max, strange=strange, now=now)
        if PurePosixPath(written).is_absolute() or PureWindowsPath(written).drive:
            raise refusal(written, "is an absolute path", "write it relative to the brief")
        try:
            path = (self.folder / written).resolve()
            if not any(path.is_relative_to(root) for root in self._roots):
                cure = "put the file beside the brief, or name its folder in REELMILL_MEDIA"
                raise refusal(written, "leaves the folder of the brief", cure)
            _refuse_unusable(written, path, self.folder, bytes_max)
            self.found[written] = path
        except (OSError, RuntimeError, ValueError) as error:  # too long a name, links in a circle, a NUL
            raise refusal(written, "is no usable path", "write it relative to the brief") from error
        return path

    def _fetched(self, written: str, bytes_max: int, *, strange: bool, now: bool) -> Path:
        if not written.startswith(_SCHEMES):
            raise refusal(written, "is no address that is fetched", "write https://, s3:// or a path")
        if self.fetcher is None:
            raise refusal(written, "is not fetched here", "put the file beside the brief")
        if strange and written.startswith("s3://") and not self._is_open(written):
            raise refusal(
                written, "is in no bucket that rows of a feed may name", "name it in REELMILL_MEDIA"
            )
        self.found[written] = path = self.fetcher.fetch(written, bytes_max, now=now)
        return path

    def open_bucket(self, address: str) -> None:
        """Let the rows of the feed at *address* name what lies in the same bucket."""
        if address.startswith("s3://"):
            self._buckets += ("/".join(address.split("/")[:3]),)

    def _is_open(self, written: str) -> bool:
        """Tell whether rows of a feed may name the object *written*: our credentials would read it."""
        return any(written.startswith(f"{place.rstrip('/')}/") for place in self._buckets)


def _refuse_unusable(written: str, path: Path, folder: Path, bytes_max: int) -> None:
    if not path.exists():
        raise refusal(written, "is missing", _other_name(written, folder))
    if not path.is_file():
        raise refusal(written, "is no regular file", "give the path of a file")
    size = path.stat().st_size
    if size > bytes_max:
        limit = f"make it {bytes_max // 1_000_000} MB at most"
        raise refusal(written, f"has {size / 1_000_000:.1f} MB", limit)
    if size == 0:
        raise refusal(written, "is empty", "put the file there again")


def _other_name(written: str, folder: Path) -> str:
    """Return a cure for a missing file, with the name of one that is nearly called so."""
    beside = (folder / written).parent.resolve()
    if beside.is_dir() and beside.is_relative_to(folder.resolve()):
        close = nearest(Path(written).name, (one.name for one in islice(beside.iterdir(), _NEIGHBOURS_MAX)))
        if close:
            return f"did you mean {str(PurePosixPath(written).with_name(close))!r}?"
    return "put it beside the brief, or correct the path"
