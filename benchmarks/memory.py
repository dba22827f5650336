"""Composes one ad in a process that does nothing else and prints its peak memory; called by compose.py."""

import json
import resource
import sys
from pathlib import Path

from actors.composer import Composer
from actors.video import ffmpeg_path
from schemas.plan import Composition
from storage.blobs import open_blobs


def main(folder: Path, clips: dict[str, str]) -> None:
    """Compose what lies in *folder* and print the peak of this process and of ffmpeg."""
    composition = Composition.model_validate_json((folder / "composition.json").read_text())
    composer = Composer(open_blobs(str(folder / "blobs")), folder, ffmpeg_path(None))
    composer.draw(composition, clips, folder / "alone.mp4")
    # ru_maxrss of this process would count its parent before exec; the kernel's high-water mark does not.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own = int(status["VmHWM"].split()[0]) / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{own + child:.0f} MB ({own:.0f} MB the composer, {child:.0f} MB ffmpeg)")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
