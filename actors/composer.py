"""Makes finished ads: pictures from clips, text over them, sound under them, and the recipe beside."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.caption_files import captions_of
from actors.checks import HOUSE, check_ad, judge_ad
from actors.fonts import faces_of
from actors.head_shelf import Film, HeadShelf
from actors.layouts.backdrop import Backdrop
from actors.layouts.design import Design, design
from actors.layouts.spoken import Spoken
from actors.marks import Marker, mark_problems, repeatable_sha256
from actors.mixing import Placed
from actors.overlay import Overlay
from actors.picture_track import TrackShelf
from actors.reading import TextReader
from actors.resources import cpu_seconds
from actors.shelf import take_weights
from actors.sound import RATE, Sound, fit_voice, make_sound, read_sound
from actors.sound_shelf import SoundShelf
from actors.video import DELIVERY, Encoding, Frame, grab_picture
from actors.video_writer import VideoWriter
from schemas.errors import MediaError
from schemas.layout import PlacedText
from schemas.marks import Signing
from schemas.media import Asset, Facts, Finding, StoredFile, VoiceFile
from schemas.plan import Ad, Composition
from schemas.sidecar import Recipe, Sidecar
from storage.blobs import BlobStore, publish

_END_CARD_LOGO = 1.5
"""How much larger the logo is on the end card."""
_TRACK_BYTES_MAX = 1_500_000_000
"""16 s of 1080 x 1920 at 30 frames a second."""
_SOUNDS_MAX = 8
"""Of 15 s, 3 MB each."""
_WITNESSES = ("reelmill", "torch", "skia-python", "av", "imageio-ffmpeg", "numpy", "c2pa-python")


class _Judged(NamedTuple):
    """A published ad, with what was measured on it and which rules it breaks."""

    file: StoredFile
    facts: Facts
    findings: tuple[Finding, ...]
    unsigned_sha256: str


class Composer:
    """Composes ads; keeps what its latest ads may share: bare picture, coded beginning, sounds."""

    def __init__(
        self,
        blobs: BlobStore,
        scratch: Path,
        ffmpeg_exe: str,
        reader: str = "",
        signing: Signing = Signing(),  # noqa: B008 (it is frozen)
    ) -> None:
        """Work on *blobs*; *reader* is the revision of the network that reads prices, empty for none."""
        self._blobs = blobs
        self._scratch = scratch
        self._ffmpeg = ffmpeg_exe
        self._reader_revision = reader
        self._shelf = TrackShelf(scratch, _TRACK_BYTES_MAX)
        self._heads = HeadShelf()
        self._sounds = SoundShelf(scratch, _SOUNDS_MAX)
        self._marker = Marker(signing, blobs, scratch)

    def compose(self, recipe: Recipe, twin: Asset | None) -> Asset:
        """Make and publish the ad of *recipe*; a finished *twin* of the same composition is taken over whole.

        First comes the MP4, then its captions, then the sidecar, which proves them: so a sidecar without its
        ad cannot be. An ad that breaks a rule is published too, and says so. Raises CheckError for what
        cannot be measured, MediaError, StorageError, ServiceError without a time stamp that is asked for, or
        SettingsError for a key that cannot be read here.
        """
        began = cpu_seconds()
        ad = recipe.ad
        stored, facts, findings, unsigned = self._take_over(ad, twin) if twin else self._make(recipe)
        asset = Asset(
            ad=ad.key,
            file=stored,
            facts=facts,
            captions=tuple(self._write_captions(recipe)),
            findings=findings,
            unsigned_sha256=unsigned,
            cpu_seconds=round(cpu_seconds() - began, 2),
        )
        sidecar = Sidecar(
            recipe=recipe,
            asset=asset,
            composed_from=twin.file.name if twin else "",
            versions=_versions(),
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._blobs.put_text(f"ads/{ad.key}.json", sidecar.model_dump_json(indent=1), replace=True)
        return asset

    def _make(self, recipe: Recipe) -> _Judged:
        ad = recipe.ad
        made = self._scratch / f"{ad.key}.mp4"
        clips = {clip.shot: clip.file.name for clip in recipe.clips}
        try:
            texts = self.draw(ad.composition, clips, made, voice=recipe.voice_file)
            check = partial(
                check_ad,
                ad=ad,
                ffmpeg_exe=self._ffmpeg,
                texts=texts,
                still_cuts=_still_cuts(recipe),
                reader=self._reader,
            )
            if ad.composition.marks:
                self._marker.embed(made, ad.composition)
            facts, _ = check(made)
            unsigned = repeatable_sha256(made)
            if ad.composition.marks:
                self._marker.sign(made, recipe)
            stored = publish(self._blobs, f"ads/{ad.key}.mp4", made)
        finally:
            made.unlink(missing_ok=True)
        return self._read_back(ad, stored, {unsigned: facts}, check)

    @cached_property
    def _reader(self) -> TextReader | None:
        if not self._reader_revision:
            return None
        return TextReader(take_weights(self._reader_revision, self._blobs, self._scratch))

    def _take_over(self, ad: Ad, twin: Asset) -> _Judged:
        """Publish the bytes of *twin* under the key of *ad*: what was measured on them holds here too."""
        source = self._blobs.local(twin.file.name, self._scratch)
        stored = publish(self._blobs, f"ads/{ad.key}.mp4", source)
        texts = tuple(seen.placed for seen in twin.facts.texts)
        check = partial(check_ad, ad=ad, ffmpeg_exe=self._ffmpeg, texts=texts)
        return self._read_back(ad, stored, {twin.repeatable_sha256: twin.facts}, check)

    def _read_back(
        self,
        ad: Ad,
        stored: StoredFile,
        known: Mapping[str, Facts],
        check: Callable[[Path], tuple[Facts, tuple[Finding, ...]]],
    ) -> _Judged:
        """Judge what the store holds: its marks as they are there, its picture as it is *known* by its hash.

        Another writer's print of the ad may have been there first; then only its signature differs, or it is
        looked at anew.
        """
        path = self._blobs.local(stored.name, self._scratch)
        unsigned = repeatable_sha256(path)
        facts = known[unsigned] if unsigned in known else check(path)[0]
        facts = facts.model_copy(update={"bytes": stored.bytes})
        marked = ad.composition.marks is not None
        lacks = tuple(map(_lack, mark_problems(path, ad))) if marked else ()
        return _Judged(stored, facts, (*lacks, *judge_ad(facts, ad)), unsigned if marked else "")

    def _write_captions(self, recipe: Recipe) -> Iterator[StoredFile]:
        """Publish what is said or written in the ad as SRT and VTT; nothing where there are no words."""
        for suffix, text in captions_of(recipe).items():
            path = self._scratch / f"{recipe.ad.key}{suffix}"
            try:
                path.write_text(text, encoding="utf-8", newline="")
                yield publish(self._blobs, f"ads/{path.name}", path)
            finally:
                path.unlink(missing_ok=True)

    def draw(
        self,
        composition: Composition,
        clips: Mapping[str, str],
        to: Path,
        encoding: Encoding = DELIVERY,
        *,
        voice: VoiceFile | None = None,
    ) -> tuple[PlacedText, ...]:
        """Write the ad's MP4 to *to*, and return its texts as they stand in it.

        *clips* has the blob name of every shot's clip by the shot's key. A bit rate that the composition asks
        to be kept comes before the quality of *encoding*.
        """
        encoding = encoding.model_copy(
            update={"kbps": composition.kbps, "sound_kbps": composition.sound.kbps}
        )
        paths = [self._blobs.local(clips[cut.shot], self._scratch) for cut in composition.cuts]
        sound = self._sounds.take(
            composition, voice, lambda to: self._make_sound(composition, paths, to, voice)
        )
        drawn = self.design(composition, paths, _spoken(composition, voice))
        film = Film(composition, paths, drawn.elements, encoding)
        head = self._heads.take(film)
        with VideoWriter(
            to,
            width=composition.width,
            height=composition.height,
            fps=composition.fps,
            encoding=encoding,
            sound=sound,
            ffmpeg_exe=self._ffmpeg,
            joint=film.joint,
            head=head,
        ) as writer:
            for frame in self.frames(composition, paths, drawn, film.joint if head else 0):
                writer.write(frame)
        self._heads.keep(film, writer.head)
        return drawn.texts

    def frames(
        self, composition: Composition, clips: list[Path], drawn: Design, first: int = 0
    ) -> Iterator[Frame]:
        """Yield the finished frames from *first* on, with which a cut begins; *clips* has one path a cut."""
        overlay = Overlay(drawn.elements, composition.width, composition.height)
        for number, frame in enumerate(self._shelf.frames(composition, clips, first), first):
            overlay.blend(frame, number)
            yield frame

    def design(self, composition: Composition, clips: list[Path], spoken: Spoken = ()) -> Design:
        """Return what lies over the pictures; *clips* has one path a cut."""
        backdrop = Backdrop(list(_looks(composition, clips)), composition.width, composition.height)
        logo = self._blobs.local(composition.kit.logo, self._scratch) if composition.kit.logo else None
        faces = faces_of(composition, self._font)
        return design(composition, logo=logo, behind=backdrop.behind, spoken=spoken, faces=faces)

    def _font(self, name: str) -> Path:
        """Return a local copy of a brand's font, or of the emoji's."""
        if name.startswith("inputs/"):
            return self._blobs.local(name, self._scratch)
        return take_weights(name, self._blobs, self._scratch)

    def _make_sound(
        self, composition: Composition, clips: list[Path], to: Path, voice: VoiceFile | None
    ) -> None:
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
            voice=read_sound(self._blobs.local(voice.file.name, self._scratch)) if voice else None,
            kbps=composition.sound.kbps,
        )


def _lack(problem: str) -> Finding:
    """Return what keeps an ad with a *problem* of its marks from delivery."""
    return Finding(rule="marks", measured=problem, limit="as planned", source=HOUSE, severity="reject")


def _still_cuts(recipe: Recipe) -> frozenset[int]:
    """Return the numbers of the cuts whose picture may stand still, for so does their camera."""
    held = {shot.key for shot in recipe.shots if shot.camera == "hold"}
    return frozenset(number for number, key in enumerate(recipe.ad.shots) if key in held)


def _spoken(composition: Composition, voice: VoiceFile | None) -> Spoken:
    """Return the words to show with the times of the ad; none where the ad has no captions."""
    if voice is None or not composition.captions:
        return ()
    return fit_voice(voice.seconds, composition.seconds).words(voice.words)


def _looks(composition: Composition, clips: list[Path]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield up to three frames of each cut with their numbers, RGB uint8 [h, w, 3], every fourth pixel.

    They are those at full seconds, where clips have their keyframes: no other frame is decoded for them.
    """
    fps = composition.fps
    for (start, cut), path in zip(composition.timeline, clips, strict=True):
        for frame in sorted({round((cut.frames - 1) * share) // fps * fps for share in (0.2, 0.6, 1.0)}):
            yield start + frame, grab_picture(path, frame / fps, every=4)


def _heard(composition: Composition, clips: list[Path]) -> Iterator[Placed]:
    """Yield the sound of each cut that has one, as long as its picture is there alone."""
    for (begin, cut), path in zip(composition.timeline, clips, strict=True):
        if cut.sound:
            start, end = (round(frame * RATE / composition.fps) for frame in (begin, begin + cut.frames))
            yield Placed(start, _sound_of(cut.shot, path)[: end - start])


def _sound_of(shot: str, clip: Path) -> Sound:
    try:
        return read_sound(clip)
    except MediaError as error:
        raise MediaError(f"shot {shot[:12]} is to be heard, but has no sound to read: {error}") from error


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in _WITNESSES}
