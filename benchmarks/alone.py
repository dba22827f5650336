"""Composes one ad in a process that does nothing else; called by compose.py."""

import json
import os
import sys
import time
from pathlib import Path

import torch

from actors.composer import Composer
from actors.video import ffmpeg_path
from schemas.plan import Composition
from storage.blobs import open_blobs


def main(folder: Path, clips: dict[str, str]) -> None:
    """Compose what lies in *folder*; print the seconds, and the peak of this process in MB."""
    composition = Composition.model_validate_json((folder / "composition.json").read_text())
    scratch = folder / str(os.getpid())
    scratch.mkdir()
    composer = Composer(open_blobs(str(folder / "blobs")), scratch, ffmpeg_path(None))
    torch.set_num_threads(1)
    began = time.perf_counter()
    composer.draw(composition, clips, folder / f"alone-{os.getpid()}.mp4")
    wall = time.perf_counter() - began
    # ru_maxrss of this process would count its parent before exec; the kernel's high-water mark does not.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) / 1024
    print(json.dumps({"wall": wall, "peak": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
