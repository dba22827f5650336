"""Makes an ad again from its sidecar alone, in a store of its own, and compares the two.

The catalog is not asked. What is read of the blob store is the recipe, the inputs that it names, and weights;
nothing there is touched.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click

from actors.likeness import Likeness, measure_ssim, sound_difference
from actors.models import Means
from actors.video import ffmpeg_path
from actors.workshop import Workshop
from flows.difference import Difference, version_differences
from flows.lacks import find_lacks
from flows.sidecars import read_sidecar
from flows.specs import PartSpec
from flows.tables import print_json, print_rows
from schemas.errors import BriefError, MediaError
from schemas.media import Asset, Clip, StillFile, VoiceFile
from schemas.record import Record
from schemas.settings import Settings
from schemas.sidecar import Recipe, Sidecar
from storage.aside import aside
from storage.blobs import BlobStore, open_blobs
from storage.overlay import Overlay

SSIM_MIN = 0.98
"""Two prints whose pictures are this alike on the average are taken for the same ad."""
SOUND_MAX_DB = -20.0
"""And whose sounds differ by a tenth of the loudness at most: encoders of two versions stay far below."""
_SHARED = ("inputs/", "weights/")
_CLIPS = ("clips/", "stills/", "voices/")


class PartMade(Record):
    """A still, a shot or a voice that was made again."""

    part: str
    """What people call it."""
    key: str
    same: bool
    """Whether its file has the same bytes."""


class Remade(Record):
    """What came of making an ad again."""

    ad: str
    label: str
    lacks: tuple[str, ...] = ()
    """What cannot be made again, each with its cure; then nothing was made."""
    equal: bool = False
    """Whether it has the same bytes, less a signature, of which no two are the same."""
    parts: tuple[PartMade, ...] = ()
    picture: Likeness | None = None
    """None where the bytes are the same, or pictures cannot be compared."""
    sound_db: float | None = None
    """How loud the difference of the sounds is beside the sound; None where no sounds are compared."""
    problem: str = ""
    """Why it could not be compared."""
    versions: tuple[Difference, ...] = ()
    """Software that is another version now."""
    to: str = ""
    """Where the new ad lies; empty where it was not asked for."""

    @property
    def same(self) -> bool:
        """Whether it is the same ad, as far as anyone can tell."""
        alike = self.picture is not None and self.picture.ssim >= SSIM_MIN
        sounds_alike = self.sound_db is None or self.sound_db <= SOUND_MAX_DB
        return self.equal or (alike and sounds_alike)


class _Made(NamedTuple):
    """The new ad, and where it lies."""

    asset: Asset
    path: Path
    parts: tuple[PartMade, ...]
    versions: dict[str, str]


def remake(
    asked: str,
    settings: Settings,
    *,
    to: Path | None = None,
    from_clips: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Remade:
    """Make the ad that *asked* names again, compare it, and copy it to *to*, where that is given.

    *asked* is a key, its start, or the path of a sidecar; *from_clips* takes the stored clips and voice and
    composes anew. *say* hears of each step. Raises BriefError for what is no ad, or any error that making
    an ad raises.
    """
    blobs = open_blobs(settings.blobs)
    sidecar = read_sidecar(asked, blobs)
    ad = sidecar.recipe.ad
    remade = Remade(ad=ad.key, label=f"{ad.campaign} {ad.label}")
    with aside(settings.cache / "remake") as folder:
        store = Overlay(open_blobs(str(folder / "blobs")), blobs, _SHARED + (_CLIPS if from_clips else ()))
        if lacks := tuple(find_lacks(sidecar.recipe, store, settings, from_clips=from_clips)):
            return remade.model_copy(update={"lacks": lacks})
        made = _make(sidecar.recipe, store, folder / "scratch", settings, from_clips=from_clips, say=say)
        if to is not None:
            _copy(made.path, to)
        facts = {
            "equal": made.asset.repeatable_sha256 == sidecar.asset.repeatable_sha256,
            "parts": made.parts,
            "versions": version_differences(sidecar.versions, made.versions),
            "to": str(to or ""),
        }
        remade = remade.model_copy(update=facts)
        if remade.equal:
            return remade
        say("comparing pictures and sound")
        return _compared(remade, _stored(asked, sidecar, blobs, folder), made.path, settings)


def print_remade(remade: Remade, *, as_json: bool) -> None:
    """Print what came of it."""
    if as_json:
        print_json({**remade.model_dump(mode="json"), "same": remade.same, "ssim_min": SSIM_MIN})
        return
    click.echo(f"{remade.label} ({remade.ad[:12]})")
    for sentence in remade.lacks:
        click.echo(f"cannot be made again: {sentence}")
    if remade.lacks:
        return
    print_rows([{"part": one.part, "key": one.key[:12], "same bytes": one.same} for one in remade.parts])
    for difference in remade.versions:
        click.echo(f"other version: {difference}")
    click.echo(_verdict(remade))
    if remade.to:
        click.echo(f"the new ad: {remade.to}")


def _verdict(remade: Remade) -> str:
    if remade.equal:
        return "made again, with the same bytes."
    if remade.picture is None:
        return f"made again, with other bytes; {remade.problem}"
    seen = remade.picture
    heard = "" if remade.sound_db is None else f"; the sounds differ by {remade.sound_db:.0f} dB"
    same = "The same ad" if remade.same else "Another ad"
    return (
        f"made again, with other bytes: SSIM {seen.ssim:.4f} on the average of {seen.frames} frames, "
        f"{seen.worst:.4f} at worst (frame {seen.worst_frame}){heard}. {same} by the limits of "
        f"SSIM {SSIM_MIN} and {SOUND_MAX_DB:.0f} dB."
    )


def _make(
    recipe: Recipe,
    store: BlobStore,
    scratch: Path,
    settings: Settings,
    *,
    from_clips: bool,
    say: Callable[[str], None],
) -> _Made:
    means = Means(
        models=settings.models, cache=settings.cache, device=settings.device, signing=settings.signing
    )
    worker = Workshop(store, settings.ffmpeg, scratch, means)
    parts: tuple[PartMade, ...] = ()
    if not from_clips:
        recipe, parts = _parts_again(recipe, worker, say)
    say(f"composing {recipe.ad.label}")
    asset = worker.compose(recipe, None)
    told = Sidecar.model_validate_json(store.read_text(f"ads/{recipe.ad.key}.json"))
    return _Made(asset, store.local(asset.file.name, scratch), parts, told.versions)


def _parts_again(
    recipe: Recipe, worker: Workshop, say: Callable[[str], None]
) -> tuple[Recipe, tuple[PartMade, ...]]:
    """Make stills, shots and voice again; return the recipe with the new ones, and which are the same."""

    def heard(part: PartSpec) -> PartSpec:
        say(f"making {part.label}")
        return part

    stills = tuple(worker.prepare(still, 0) for still in recipe.stills if heard(still))
    clips: dict[str, Clip] = {}
    for shot in recipe.shots:
        heard(shot)
        clips[shot.key] = worker.enlarge(shot, clips[shot.base], 0) if shot.base else worker.generate(shot, 0)
    voice = worker.speak(recipe.narration) if recipe.narration and heard(recipe.narration) else None
    new = {"still_files": stills, "clips": tuple(clips.values()), "voice_file": voice}
    again = recipe.model_copy(update=new)
    return again, tuple(_same_parts(recipe, again))


def _same_parts(old: Recipe, new: Recipe) -> Iterator[PartMade]:
    voices = ((old.narration, old.voice_file, new.voice_file),) if old.narration else ()
    before = {made.still: made for made in old.still_files}
    pairs: list[tuple[PartSpec, StillFile | Clip | VoiceFile | None, StillFile | Clip | VoiceFile | None]] = [
        *(
            (still, before.get(still.key), made)
            for still, made in zip(old.stills, new.still_files, strict=True)
        ),
        *zip(old.shots, old.clips, new.clips, strict=True),
        *voices,
    ]
    for part, one, other in pairs:
        same = one is not None and other is not None and one.file.sha256 == other.file.sha256
        yield PartMade(part=part.label, key=part.key, same=same)


def _stored(asked: str, sidecar: Sidecar, blobs: BlobStore, cache: Path) -> Path:
    """Return the ad that was made before: beside the sidecar where that is a file, else in the store."""
    beside = Path(asked).with_suffix(".mp4")
    if asked.endswith(".json") and beside.is_file():
        return beside
    return blobs.local(sidecar.asset.file.name, cache / "stored")


def _compared(remade: Remade, before: Path, after: Path, settings: Settings) -> Remade:
    try:
        picture = measure_ssim(before, after, ffmpeg_path(settings.ffmpeg))
        sound = sound_difference(before, after)
    except MediaError as error:
        return remade.model_copy(update={"problem": str(error)})
    return remade.model_copy(update={"picture": picture, "sound_db": sound})


def _copy(made: Path, to: Path) -> None:
    try:
        shutil.copyfile(made, to)
    except OSError as error:
        raise BriefError(
            f"--to {to}: {error.strerror}; use a file in a folder that can be written"
        ) from error
