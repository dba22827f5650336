"""Composing real files: what comes out, that it comes out the same, and what is said of a bad one."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from actors.composer import Composer
from actors.marks import mark_problems, repeatable_sha256
from actors.sound import RATE, fit_voice, read_sound, write_wav
from actors.video import MEZZANINE, ffmpeg_path, planes
from actors.video_writer import VideoWriter
from actors.voice.speaker import write_speech
from schemas.errors import MediaError
from schemas.markets import label_of
from schemas.marks import Marks
from schemas.media import Asset, Clip, StoredFile, VoiceFile, Word
from schemas.placements import PLACEMENTS
from schemas.plan import TRANSITION_FRAMES, Ad, Narration, Sound
from schemas.sidecar import Recipe, Sidecar
from storage.blobs import BlobStore, open_blobs
from tests.compositions import draw_ad, draw_composition

FFMPEG = ffmpeg_path(None)
PLACEMENT = "pinterest_standard"
SAID = Narration(text="Good morning, Berlin.", locale="en-US", voice="hibari:heart@1", recipe=1)
MARKS = Marks(
    source="compositeWithTrainedAlgorithmicMedia",
    models=("hibari@1",),
    label=label_of("en-US"),
    aigc="Kaffi",
    signer="test",
)
VOICE = VoiceFile(
    narration=SAID.key,
    file=StoredFile(name=f"voices/{SAID.key}.flac", sha256="", bytes=0),
    seconds=2.0,
    words=tuple(
        Word(text=text, start=0.5 * n, end=0.5 * n + 0.4) for n, text in enumerate(SAID.text.split())
    ),
    cpu_seconds=1.0,
)


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    """Ads have half the sides that their placement asks."""
    row = PLACEMENTS[PLACEMENT]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PLACEMENTS, PLACEMENT, row.model_copy(update={"width": 500, "height": 750}))
        yield


@pytest.fixture(scope="module", name="store")
def _store(tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
    """A store with the two clips that drawn ads show: a dark grey one and a light grey one."""
    folder = tmp_path_factory.mktemp("store")
    store = open_blobs(str(folder / "blobs"))
    composition = _ad().composition
    for (name, value), cut in zip((("scene", 60), ("card", 180)), composition.cuts, strict=True):
        path = folder / f"{name}.mp4"
        size = {"width": composition.width, "height": composition.height}
        with VideoWriter(path, **size, fps=30, encoding=MEZZANINE, ffmpeg_exe=FFMPEG) as writer:
            for _ in range(cut.frames + TRANSITION_FRAMES):
                frame = np.full(composition.width * composition.height * 3 // 2, 128, np.uint8)
                planes(frame, **size)[0][...] = value
                writer.write(frame)
        store.put(f"clips/{name}.mp4", path)
    tone = 0.3 * np.sin(2 * np.pi * 700 * np.arange(2 * RATE) / RATE)
    write_speech(tone[:, None].repeat(2, axis=1).astype(np.float32), folder / "voice.flac")
    store.put(VOICE.file.name, folder / "voice.flac")
    return store


@pytest.fixture(scope="module", name="made")
def _made(store: BlobStore, tmp_path_factory: pytest.TempPathFactory) -> tuple[Composer, Asset]:
    composer = Composer(store, tmp_path_factory.mktemp("scratch"), FFMPEG)
    return composer, composer.compose(_recipe(_ad()), None)


def _ad(variant: str = "a") -> Ad:
    """Return an ad of 4 s, the least that its placement takes, with a voice and its words on screen."""
    cuts = tuple(cut.model_copy(update={"frames": 60}) for cut in draw_ad(PLACEMENT).composition.cuts)
    sound = Sound(music="synth:upbeat", lufs=-14.0, true_peak_max=-1.0, voice=SAID.key)
    return draw_ad(PLACEMENT, variant=variant, cuts=cuts, sound=sound, captions=True, marks=MARKS)


def _recipe(ad: Ad) -> Recipe:
    clips = tuple(
        Clip.model_validate(
            {
                "shot": name,
                "file": {"name": f"clips/{name}.mp4", "sha256": "", "bytes": 0},
                "width": ad.composition.width,
                "height": ad.composition.height,
                "fps": 30,
                "frames": 60,
                "cpu_seconds": 0,
            }
        )
        for name in ad.shots
    )
    voice = {"narration": SAID, "voice_file": VOICE} if ad.composition.sound.voice else {}
    return Recipe(brief_sha256="b", ad=ad, shots=(), clips=clips, stills=(), still_files=(), **voice)


def test_an_ad_is_what_its_placement_asks(made: tuple[Composer, Asset]) -> None:
    """Size, length, rate, codecs, index and loudness, measured on the file."""
    facts = made[1].facts

    assert (facts.width, facts.height, facts.fps, facts.frames) == (500, 750, 30, 120)
    assert (facts.video_codec, facts.pixel_format, facts.audio_codec) == ("h264", "yuv420p", "aac")
    assert facts.moov_first
    assert facts.lufs == pytest.approx(-14, abs=1)
    assert facts.true_peak <= -1


def test_the_sidecar_holds_the_whole_recipe(store: BlobStore, made: tuple[Composer, Asset]) -> None:
    """The ad can be made again from it, and compared."""
    sidecar = Sidecar.model_validate_json(store.read_text(f"ads/{_ad().key}.json"))

    assert sidecar.recipe == _recipe(_ad())
    assert sidecar.asset == made[1]
    assert store.find(made[1].file.name) == made[1].file
    assert "skia-python" in sidecar.versions


def test_the_same_ad_has_the_same_bytes(store: BlobStore, made: tuple[Composer, Asset]) -> None:
    """So a rerun after a crash changes nothing: here the worker died before it wrote the sidecar.

    The second time its sound is kept already, the third time its bare picture too.
    """
    before = set(store.names(""))
    for _ in range(2):
        store.delete(f"ads/{_ad().key}.json")
        again = made[0].compose(_recipe(_ad()), None)

        assert (again.file, again.captions) == (made[1].file, made[1].captions)
        assert set(store.names("")) == before


def test_an_ad_carries_its_marks_in_the_store(
    store: BlobStore, made: tuple[Composer, Asset], tmp_path: Path
) -> None:
    """Label, XMP, key and signature hold in the stored file, and the gate has seen the label."""
    path = store.local(made[1].file.name, tmp_path)

    assert mark_problems(path, _ad()) == ()
    assert made[1].facts.moov_first
    assert made[1].facts.bytes == path.stat().st_size
    assert made[1].unsigned_sha256 == repeatable_sha256(path) != made[1].file.sha256
    assert "AI-generated" in [seen.placed.text for seen in made[1].facts.texts]
    assert not made[1].findings


def test_an_ad_made_twice_differs_in_its_signature_alone(
    store: BlobStore, made: tuple[Composer, Asset], tmp_path: Path
) -> None:
    """Two stores, two files, one SHA-256 before they were signed."""
    elsewhere = open_blobs(str(tmp_path / "blobs"))
    for name in store.names(""):
        if not name.startswith("ads/"):
            elsewhere.put(name, store.local(name, tmp_path))
    again = Composer(elsewhere, tmp_path, FFMPEG).compose(_recipe(_ad()), None)

    assert again.file.sha256 != made[1].file.sha256
    assert again.repeatable_sha256 == made[1].repeatable_sha256
    assert again.facts == made[1].facts.model_copy(update={"bytes": again.file.bytes})


def test_a_stripped_file_that_holds_the_name_is_rejected(
    store: BlobStore, made: tuple[Composer, Asset], tmp_path: Path
) -> None:
    """The first whole file keeps its name; one that was re-muxed says so, and is not delivered."""
    ad = _ad("d")
    stripped = tmp_path / "stripped.mp4"
    source = store.local(made[1].file.name, tmp_path)
    words = ["-i", str(source), "-c", "copy", "-movflags", "+faststart", str(stripped)]
    subprocess.run([FFMPEG, "-v", "error", *words], check=True)
    store.put(f"ads/{ad.key}.mp4", stripped)
    asset = made[0].compose(_recipe(ad), made[1])

    assert asset.rejected
    assert "no C2PA manifest: it was never signed, or was stripped or re-muxed" in asset.objections
    assert {finding.rule for finding in asset.findings} == {"marks"}


def test_captions_lie_beside_the_ad(store: BlobStore, made: tuple[Composer, Asset]) -> None:
    """What the voice says, when it says it; their hashes stand in the sidecar."""
    srt, vtt = (store.read_text(file.name) for file in made[1].captions)

    assert [file.name for file in made[1].captions] == [f"ads/{_ad().key}{end}" for end in (".srt", ".vtt")]
    assert [store.find(file.name) for file in made[1].captions] == [*made[1].captions]
    assert "Good morning, Berlin." in srt.replace("\n", " ")
    assert vtt.startswith("WEBVTT")


def test_the_voice_is_heard(store: BlobStore, made: tuple[Composer, Asset], tmp_path: Path) -> None:
    """Its tone stands out of the music while it speaks, and is gone after it."""
    sound = read_sound(store.local(made[1].file.name, tmp_path))
    begin = fit_voice(VOICE.seconds, _ad().composition.seconds).start

    assert _share(sound, begin + 0.3, begin + 1.7) > 10 * _share(sound, begin + 2.2, 3.8)


def test_a_twin_is_taken_over_whole(store: BlobStore, made: tuple[Composer, Asset]) -> None:
    """The same composition under another key has the same bytes and says where they come from."""
    composer, first = made
    twin = composer.compose(_recipe(_ad("b")), first)
    sidecar = Sidecar.model_validate_json(store.read_text(f"ads/{_ad('b').key}.json"))

    assert twin.file.name != first.file.name
    assert twin.file.sha256 == first.file.sha256
    assert sidecar.composed_from == first.file.name


def test_cuts_dissolve_into_each_other(store: BlobStore, tmp_path: Path) -> None:
    """Between the dark scene and the light card the picture passes through the middle."""
    cuts = tuple(cut.model_copy(update={"caption": ""}) for cut in _ad().composition.cuts)
    bare = draw_composition(PLACEMENT, cuts=cuts, price="", old_price="", button="", disclaimer="")
    composer = Composer(store, tmp_path, FFMPEG)
    paths = [store.local(f"clips/{name}.mp4", tmp_path) for name in ("scene", "card")]
    corner = [
        int(planes(frame, bare.width, bare.height)[0][-1, -1])
        for frame in composer.frames(bare, paths, composer.design(bare, paths))
    ]
    passing = corner[60 : 60 + TRANSITION_FRAMES]

    assert corner[59] == pytest.approx(60, abs=3)
    assert corner[60 + TRANSITION_FRAMES] == pytest.approx(180, abs=3)
    assert passing == sorted(passing)
    assert len(set(passing)) == TRANSITION_FRAMES


def test_an_ad_leaves_nothing_but_its_sound_in_the_scratch_folder(store: BlobStore, tmp_path: Path) -> None:
    """Not even when it cannot be made."""
    composer = Composer(store, tmp_path, FFMPEG)
    too_long = draw_ad(
        PLACEMENT, cuts=tuple(c.model_copy(update={"frames": 90}) for c in _ad().composition.cuts)
    )

    with pytest.raises(MediaError, match="ends after"):
        composer.compose(_recipe(too_long), None)
    assert [path.suffix for path in tmp_path.iterdir()] == [".wav"]


def test_silence_is_silence(store: BlobStore, tmp_path: Path) -> None:
    """Where the brief asks for no music there is a silent track, and loudness is no rule."""
    sound = Sound(music="", lufs=-14.0, true_peak_max=-1.0)
    ad = draw_ad(PLACEMENT, cuts=_ad().composition.cuts, sound=sound)
    composer = Composer(store, tmp_path, FFMPEG)
    asset = composer.compose(_recipe(ad), None)

    assert asset.facts.lufs <= -60


def test_an_ad_that_breaks_a_rule_is_kept_and_says_so(store: BlobStore, made: tuple[Composer, Asset]) -> None:
    """4 s are too short for TikTok, not for its twin's placement: a twin is judged anew."""
    ad = Ad(**{**dict(_ad("c")), "placement": "tiktok_in_feed"})
    asset = made[0].compose(_recipe(ad), made[1])
    sidecar = Sidecar.model_validate_json(store.read_text(f"ads/{ad.key}.json"))

    assert "ads.tiktok.com" not in made[1].objections
    assert "ads.tiktok.com" in asset.objections
    assert asset.rejected
    assert sidecar.asset == asset
    assert all(store.find(file.name) == file for file in (asset.file, *asset.captions))


@pytest.fixture(scope="module", name="talking")
def _talking(store: BlobStore, tmp_path_factory: pytest.TempPathFactory) -> Ad:
    """An ad whose first shot sounds, at 1 kHz and too softly; its clip is in the store."""
    folder = tmp_path_factory.mktemp("talking")
    times = np.arange(68 * RATE // 30) / RATE
    tone = (0.02 * np.sin(2 * np.pi * 1000 * times))[:, None].repeat(2, axis=1).astype(np.float32)
    write_wav(folder / "tone.wav", tone)
    first, last = _ad().composition.cuts
    size = {"width": _ad().composition.width, "height": _ad().composition.height}
    clip = VideoWriter(
        folder / "talk.mp4", **size, fps=30, encoding=MEZZANINE, sound=folder / "tone.wav", ffmpeg_exe=FFMPEG
    )
    with clip as writer:
        for _ in range(68):
            writer.write(np.full(size["width"] * size["height"] * 3 // 2, 128, np.uint8))
    store.put("clips/talk.mp4", folder / "talk.mp4")
    cuts = first.model_copy(update={"shot": "talk", "sound": True}), last
    return draw_ad(PLACEMENT, cuts=cuts, sound=Sound(music="", lufs=-14.0, true_peak_max=-1.0))


def _share(sound: "np.typing.NDArray[np.float32]", begin: float, end: float) -> float:
    """Return how much of *sound* between two times is the tone of the voice."""
    part = sound[round(begin * RATE) : round(end * RATE), 0]
    power = np.abs(np.fft.rfft(part)) ** 2
    pitch = np.fft.rfftfreq(len(part), 1 / RATE)
    return float(power[np.abs(pitch - 700) < 5].sum() / power.sum())


def _loudness(sound: "np.typing.NDArray[np.float32]", begin: float, end: float) -> float:
    """Return the root mean square of *sound* between two times."""
    return float(np.sqrt(np.mean(np.square(sound[round(begin * RATE) : round(end * RATE)]))))


def test_a_shot_is_heard_in_its_own_cut_and_nowhere_else(
    store: BlobStore, talking: Ad, tmp_path: Path
) -> None:
    """Though its clip goes on under the dissolve; and the ad is as loud as its placement asks."""
    asset = Composer(store, tmp_path, FFMPEG).compose(_recipe(talking), None)
    sound = read_sound(store.local(asset.file.name, tmp_path))

    assert asset.facts.lufs == pytest.approx(-14, abs=1)
    assert asset.facts.true_peak <= -1
    assert _loudness(sound, 0.2, 1.9) > 0.1
    assert _loudness(sound, 2.05, 3.9) < 0.001


def test_music_goes_on_where_no_shot_is_heard(store: BlobStore, talking: Ad, tmp_path: Path) -> None:
    """And steps back where one is."""
    music = Sound(music="synth:calm", lufs=-14.0, true_peak_max=-1.0)
    ad = draw_ad(PLACEMENT, cuts=talking.composition.cuts, sound=music)

    asset = Composer(store, tmp_path, FFMPEG).compose(_recipe(ad), None)
    sound = read_sound(store.local(asset.file.name, tmp_path))

    assert asset.facts.lufs == pytest.approx(-14, abs=1)
    assert _loudness(sound, 2.3, 3.5) > 0.02


def test_a_shot_that_is_to_be_heard_and_has_no_sound_is_an_error(
    store: BlobStore, talking: Ad, tmp_path: Path
) -> None:
    """It names the shot; an ad without its voice is no ad."""
    first, last = talking.composition.cuts
    cuts = first.model_copy(update={"shot": "scene"}), last
    ad = draw_ad(PLACEMENT, cuts=cuts)

    with pytest.raises(MediaError, match=r"shot scene is to be heard, but has no sound to read: .*no audio"):
        Composer(store, tmp_path, FFMPEG).compose(_recipe(ad), None)
