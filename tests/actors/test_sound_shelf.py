"""What ads that sound the same share, and what tells their sounds apart."""

from pathlib import Path

import pytest

from actors.sound_shelf import SoundShelf
from schemas.media import StoredFile, VoiceFile
from schemas.plan import Cut, Sound
from tests.compositions import draw_composition

UPBEAT = Sound(music="synth:upbeat", lufs=-14.0, true_peak_max=-1.0)
SPEECH = VoiceFile(
    narration="n",
    file=StoredFile(name="voices/n.flac", sha256="", bytes=0),
    seconds=2.0,
    words=(),
    cpu_seconds=1.0,
)


def _cuts(frames: tuple[int, ...], heard: str = "") -> tuple[Cut, ...]:
    return tuple(
        Cut(shot=name, frames=count, caption=name, end_card=False, sound=name == heard)
        for name, count in zip("abc", frames, strict=False)
    )


PLAIN = draw_composition(cuts=_cuts((30, 30)), sound=UPBEAT)
OTHERS = {
    "music": (draw_composition(cuts=_cuts((30, 30)), sound=UPBEAT.model_copy(update={"music": ""})), None),
    "loudness": (
        draw_composition(cuts=_cuts((30, 30)), sound=UPBEAT.model_copy(update={"lufs": -23.0})),
        None,
    ),
    "bit rate": (draw_composition(cuts=_cuts((30, 30)), sound=UPBEAT.model_copy(update={"kbps": 96})), None),
    "length": (draw_composition(cuts=_cuts((30, 31)), sound=UPBEAT), None),
    "voice": (PLAIN, SPEECH),
    "a shot": (draw_composition(cuts=_cuts((30, 30), "a"), sound=UPBEAT), None),
    "another shot": (draw_composition(cuts=_cuts((30, 30), "b"), sound=UPBEAT), None),
}


class Maker:
    """Writes a sound, and counts how often."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, path: Path) -> None:
        self.made += 1
        path.write_bytes(b"sound %d" % self.made)


def test_another_language_shape_and_rhythm_of_cuts_sound_the_same(tmp_path: Path) -> None:
    """Nothing of them is heard."""
    make, shelf = Maker(), SoundShelf(tmp_path, 2)
    others = draw_composition(locale="ar", width=64, height=64, cuts=_cuts((20, 20, 20)), sound=UPBEAT)

    assert shelf.take(PLAIN, None, make) == shelf.take(others, None, make)
    assert make.made == 1


def test_what_is_heard_differently_is_made_anew(tmp_path: Path) -> None:
    """Each part of a sound counts."""
    make, shelf = Maker(), SoundShelf(tmp_path, len(OTHERS) + 1)
    paths = [shelf.take(composition, voice, make) for composition, voice in ((PLAIN, None), *OTHERS.values())]

    assert len(set(paths)) == make.made == len(OTHERS) + 1


def test_few_are_kept_and_the_one_taken_last_goes_last(tmp_path: Path) -> None:
    """So the folder stays small, and a run of one campaign finds its sound."""
    make, shelf = Maker(), SoundShelf(tmp_path, 2)
    (first, _), (second, _), (third, _) = list(OTHERS.values())[:3]
    paths = [shelf.take(composition, None, make) for composition in (first, second, first, third)]

    assert paths[0] == paths[2]
    assert set(tmp_path.iterdir()) == {paths[2], paths[3]}


def test_a_sound_that_was_removed_or_failed_half_way_is_made_again(tmp_path: Path) -> None:
    """Workers trim their folders, and are interrupted."""
    make, shelf = Maker(), SoundShelf(tmp_path, 2)

    def broken(path: Path) -> None:
        path.write_bytes(b"half")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        shelf.take(PLAIN, None, broken)
    left = list(tmp_path.iterdir())
    shelf.take(PLAIN, None, make).unlink()

    assert left == []
    assert shelf.take(PLAIN, None, make).read_bytes() == b"sound 2"
