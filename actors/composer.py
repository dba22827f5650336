"""Makes finished ads: pictures from clips, text over them, sound under them, and the recipe beside."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from actors.audio import RATE, Sound, make_sound, read_sound
from actors.checks import check_ad
from actors.end_card import end_card_elements
from actors.logo import Logo
from actors.mixing import Placed
from actors.overlay import Overlay
from actors.resources import cpu_seconds
from actors.scenes import scene_elements
from actors.shelf import take_weights
from actors.video import DELIVERY, Encoding, Frame, VideoWriter, read_frames
from schemas.errors import MediaError
from schemas.media import Asset
from schemas.plan import TRANSITION_FRAMES, Composition
from schemas.sidecar import Recipe, Sidecar
from storage.blobs import BlobStore, publish

_END_CARD_LOGO = 1.5
"""How much larger the logo is on the end card."""
_WITNESSES = ("reelmill", "torch", "skia-python", "av", "imageio-ffmpeg", "numpy")


class Composer:
    """Composes ads; holds nothing but where its files are."""

    def __init__(self, blobs: BlobStore, scratch: Path, ffmpeg_exe: str) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._ffmpeg = ffmpeg_exe

    def compose(self, recipe: Recipe, twin: Asset | None) -> Asset:
        """Make and publish the ad of *recipe*; a finished *twin* of the same composition is taken over whole.

        The MP4 is checked against its placement first and published under its key with the sidecar after
        it, so a sidecar without its ad cannot be. Raises CheckError, MediaError or StorageError.
        """
        began = cpu_seconds()
        ad = recipe.ad
        made = self._scratch / f"{ad.key}.mp4"
        try:
            source = self._blobs.local(twin.file.name, self._scratch) if twin else made
            if twin is None:
                self.draw(ad.composition, {clip.shot: clip.file.name for clip in recipe.clips}, made)
            facts = check_ad(source, ad, self._ffmpeg)
            stored = publish(self._blobs, f"ads/{ad.key}.mp4", source)
            if stored.bytes != facts.bytes:  # another writer's print of it was there first
                facts = check_ad(self._blobs.local(stored.name, self._scratch), ad, self._ffmpeg)
        finally:
            made.unlink(missing_ok=True)
        asset = Asset(ad=ad.key, file=stored, facts=facts, cpu_seconds=round(cpu_seconds() - began, 2))
        sidecar = Sidecar(
            recipe=recipe,
            asset=asset,
            composed_from=twin.file.name if twin else "",
            versions=_versions(),
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._blobs.put_text(f"ads/{ad.key}.json", sidecar.model_dump_json(indent=1), replace=True)
        return asset

    def draw(
        self, composition: Composition, clips: Mapping[str, str], to: Path, encoding: Encoding = DELIVERY
    ) -> None:
        """Write the ad's MP4 to *to*; *clips* has the blob name of every shot's clip by the shot's key."""
        paths = [self._blobs.local(clips[cut.shot], self._scratch) for cut in composition.cuts]
        sound = to.with_suffix(".wav")
        try:
            self._make_sound(composition, paths, sound)
            with VideoWriter(
                to,
                width=composition.width,
                height=composition.height,
                fps=composition.fps,
                encoding=encoding,
                sound=sound,
                ffmpeg_exe=self._ffmpeg,
            ) as writer:
                for frame in self.frames(composition, paths):
                    writer.write(frame)
        finally:
            sound.unlink(missing_ok=True)

    def frames(self, composition: Composition, clips: list[Path]) -> Iterator[Frame]:
        """Yield the finished frames; *clips* has one path a cut."""
        overlay = self._overlay(composition)
        for number, frame in enumerate(_cut_together(composition, clips)):
            overlay.blend(frame, number)
            yield frame

    def _overlay(self, composition: Composition) -> Overlay:
        small = large = None
        if composition.kit.logo:
            path = self._blobs.local(composition.kit.logo, self._scratch)
            small, large = Logo(path, composition), Logo(path, composition, larger=_END_CARD_LOGO)
        elements = [*scene_elements(composition, small), *end_card_elements(composition, large)]
        return Overlay(elements, composition.width, composition.height)

    def _make_sound(self, composition: Composition, clips: list[Path], to: Path) -> None:
        music = composition.sound.music
        source: Path | str | None = music.removeprefix("synth:") or None
        if music.startswith("pack:"):
            source = take_weights(music, self._blobs, self._scratch)
        elif music.startswith("inputs/"):
            source = self._blobs.local(music, self._scratch)
        make_sound(
            source,
            seconds=composition.seconds,
            lufs=composition.sound.lufs,
            true_peak_max=composition.sound.true_peak_max,
            to=to,
            ffmpeg_exe=self._ffmpeg,
            shots=_heard(composition, clips),
        )


def _heard(composition: Composition, clips: list[Path]) -> Iterator[Placed]:
    """Yield the sound of each cut that has one, as long as its picture is there alone."""
    begin = 0
    for cut, path in zip(composition.cuts, clips, strict=True):
        if cut.sound:
            start, end = (round(frame * RATE / composition.fps) for frame in (begin, begin + cut.frames))
            yield Placed(start, _sound_of(cut.shot, path)[: end - start])
        begin += cut.frames


def _sound_of(shot: str, clip: Path) -> Sound:
    try:
        return read_sound(clip)
    except MediaError as error:
        raise MediaError(f"shot {shot[:12]} is to be heard, but has no sound to read: {error}") from error


def _cut_together(composition: Composition, clips: list[Path]) -> Iterator[Frame]:
    """Yield the picture track: each cut dissolves into the next over TRANSITION_FRAMES."""
    leaving: Iterator[Frame] = iter(())
    for cut, path in zip(composition.cuts, clips, strict=True):
        reader = read_frames(path)
        for number in range(cut.frames):
            frame = next(reader, None)
            if frame is None:
                raise MediaError(f"{path.name}: ends after {number} of {cut.frames} frames")
            old = next(leaving, None) if number < TRANSITION_FRAMES else None
            yield frame if old is None else _dissolved(old, frame, (number + 1) / (TRANSITION_FRAMES + 1))
        leaving = reader


def _dissolved(old: Frame, new: Frame, share: float) -> Frame:
    weight = round(share * 256)
    mixed = np.multiply(old, 256 - weight, dtype=np.uint16)
    mixed += np.multiply(new, weight, dtype=np.uint16)
    mixed >>= 8
    return mixed.astype(np.uint8)


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in _WITNESSES}
