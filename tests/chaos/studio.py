"""A stand-in for the workshop: the same verbs, with small files that are quickly made and always the same.

A clip is made from its still's bytes and an ad from its clips', so a wrong or missing part shows in the end.
An ad is signed too: no two files of it are the same, as with real signatures.
"""

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from actors.marks import repeatable_sha256
from actors.marks.mp4 import C2PA
from actors.models import Means
from actors.scratch import Scratch
from schemas.errors import GenerationError
from schemas.media import Asset, Clip, Facts, StillFile, StoredFile, VoiceFile
from schemas.plan import Ad, Narration, Shot, Still
from schemas.record import Keyed
from schemas.sidecar import Recipe, Sidecar
from storage.blobs import BlobStore, publish
from tests.chaos.notes import notes_of

_BYTES = 20_000, 60_000
_SECONDS = 0.05, 0.2

PLACES = ("clip-made", "clip-stored", "ad-made", "ad-stored", "ad-captioned", "ad-told")
"""Where a worker can be told to die: before a file is stored, after it, and before the driver hears of it."""


class Studio:
    """Makes files that stand for stills, clips and ads."""

    def __init__(
        self, blobs: BlobStore, ffmpeg: str | None, scratch: Path | None, means: Means | None = None
    ) -> None:
        del ffmpeg, means
        self._own = Scratch(scratch)
        self._scratch = self._own.folder
        self._blobs = blobs
        self._notes = notes_of(blobs)
        self._notes.write("born")

    def prepare(self, still: Still, shrink: int) -> StillFile:  # noqa: ARG002
        with self._noted("prepare", still):
            made = self._draw("prepare", still.key, [still.source])
            file = publish(self._blobs, f"stills/{still.key}.png", made)
        return StillFile(still=still.key, file=file, width=4, height=4, matted=False, cpu_seconds=0)

    def generate(self, shot: Shot, shrink: int) -> Clip:
        with self._noted("generate", shot):
            _suffer(shot.prompt, shrink)
            return self._clip("generate", shot, [f"stills/{shot.still}.png"] if shot.still else [])

    def enlarge(self, shot: Shot, base: Clip, shrink: int) -> Clip:  # noqa: ARG002
        with self._noted("enlarge", shot):
            return self._clip("enlarge", shot, [base.file.name])

    def compose(self, recipe: Recipe, twin: Asset | None) -> Asset:
        ad = recipe.ad
        with self._noted("compose", ad):
            _suffer(" ".join(cut.caption for cut in ad.composition.cuts), 0)
            shown = [clip.file.name for clip in recipe.clips if clip.shot in ad.shots]
            shown += [recipe.voice_file.file.name] if recipe.voice_file else []
            made = (
                self._blobs.local(twin.file.name, self._scratch)
                if twin
                else _signed(self._draw("compose", ad.composition.key, shown))
            )
            self._notes.pass_by("ad-made", ad.key)
            file = publish(self._blobs, f"ads/{ad.key}.mp4", made)
            unsigned = repeatable_sha256(self._blobs.local(file.name, self._scratch))
            self._notes.pass_by("ad-stored", ad.key)
            captions = tuple(self._caption(ad, suffix) for suffix in ("srt", "vtt"))
            self._notes.pass_by("ad-captioned", ad.key)
            asset = Asset(
                ad=ad.key,
                file=file,
                facts=_facts(file),
                captions=captions,
                unsigned_sha256=unsigned,
                cpu_seconds=0,
            )
            sidecar = Sidecar(
                recipe=recipe,
                asset=asset,
                composed_from=twin.file.name if twin else "",
                versions={},
                made_at="2026-11-22T12:00:00+00:00",
            )
            self._blobs.put_text(f"ads/{ad.key}.json", sidecar.model_dump_json(), replace=True)
        self._notes.pass_by("ad-told", ad.key)
        return asset

    def speak(self, narration: Narration) -> VoiceFile:
        with self._noted("speak", narration):
            made = self._draw("speak", narration.key, [narration.voice] if narration.recorded else [])
            file = publish(self._blobs, f"voices/{narration.key}.flac", made)
        return VoiceFile(narration=narration.key, file=file, seconds=1, words=(), cpu_seconds=0)

    def _caption(self, ad: Ad, suffix: str) -> StoredFile:
        path = self._scratch / f"{ad.key}.{suffix}"
        path.write_text(f"1\n{suffix} of {ad.composition.key}\n")
        return publish(self._blobs, f"ads/{path.name}", path)

    def _clip(self, verb: str, shot: Shot, parts: list[str]) -> Clip:
        made = self._draw(verb, shot.key, parts)
        self._notes.pass_by("clip-made", shot.key)
        file = publish(self._blobs, f"clips/{shot.key}.mp4", made)
        self._notes.pass_by("clip-stored", shot.key)
        return Clip(
            shot=shot.key,
            file=file,
            width=shot.width,
            height=shot.height,
            fps=shot.fps,
            frames=shot.frames,
            cpu_seconds=0,
        )

    def _draw(self, verb: str, key: str, parts: list[str]) -> Path:
        """Write a file that only *key* and the content of *parts* decide."""
        seed = hashlib.sha256(key.encode())
        for part in parts:
            seed.update(self._blobs.local(part, self._scratch).read_bytes())
        self._notes.write("work", verb, key)
        time.sleep(_between(*_SECONDS, key))
        path = self._scratch / key
        path.write_bytes(hashlib.shake_256(seed.digest()).digest(int(_between(*_BYTES, key))))
        return path

    @contextmanager
    def _noted(self, verb: str, item: Keyed) -> Iterator[None]:
        self._notes.write("start", verb, item.key)
        yield
        self._notes.write("end", verb, item.key)


def _signed(path: Path) -> Path:
    """Make of *path* a film with something in the place of a C2PA signature that is never the same twice."""
    whole, signature = (b"isom", path.read_bytes()), os.urandom(64)
    kinds = (b"ftyp", whole[0]), (b"uuid", C2PA + signature), (b"moov", b""), (b"mdat", whole[1])
    path.write_bytes(b"".join((8 + len(data)).to_bytes(4) + kind + data for kind, data in kinds))
    return path


def _between(low: float, high: float, key: str) -> float:
    return low + (high - low) * int(key[:4], 16) / 0xFFFF


def _suffer(prompt: str, shrink: int) -> None:
    """Do what a poisoned *prompt* says."""
    if "POISON kill" in prompt:
        os.kill(os.getpid(), signal.SIGKILL)
    if "POISON hang" in prompt:
        time.sleep(3600)
    if "POISON raise" in prompt:
        raise GenerationError("the prompt is poisoned")
    if "POISON memory" in prompt:
        _eat_memory()
    if "POISON large" in prompt and shrink < 2:
        _eat_memory()


def _eat_memory() -> NoReturn:
    raise MemoryError(len(bytearray(1 << 60)))


def _facts(file: StoredFile) -> Facts:
    return Facts(
        width=4,
        height=4,
        fps=30,
        frames=30,
        seconds=1,
        video_codec="h264",
        pixel_format="yuv420p",
        audio_codec="aac",
        audio_rate=48_000,
        audio_channels=2,
        lufs=-14,
        true_peak=-1,
        kbps=100,
        bytes=file.bytes,
        moov_first=True,
        keyframe_seconds_max=2,
    )
