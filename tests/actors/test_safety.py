"""Looking at generated pictures: with a network of six weights, and the published one where it can be had."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from actors.colors import to_frame
from actors.safety import FrameGate
from actors.weights import MANIFEST
from schemas.brief import Palette
from schemas.errors import GenerationError
from schemas.plan import Drawing, Shot
from schemas.policy import Gate
from tests.published import Published

COFFEE = Path(__file__).parents[2] / "examples/kaffi/media/coffee.png"
GATE = Gate(policy="house/1", classifier="opennsfw@0", limit=0.8, every_seconds=1.0)
RED, GREY, BLUE = (230, 10, 10), (128, 128, 128), (10, 10, 230)
SHOT = Shot(
    show="text",
    still="",
    prompt="an espresso cup on an oak table in the light of the morning",
    camera="hold",
    palette=Palette(primary="#5B2A1E", accent="#FF6A3D"),
    width=64,
    height=96,
    frames=45,
    seed=7,
    model="wan/1@0123456789ab",
    fps=10,
)

CUP = Drawing(prompt="a cup", negative="", width=64, height=64, seed=1, model="z-image/1")


def part(number: int, value: int | bytes | str) -> bytes:
    """Encode one field of a protocol buffer, of which an ONNX file is made."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """Encode a whole number, seven bits a byte."""
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def tensor(name: str, *dims: int) -> bytes:
    """Encode what a graph takes or gives: float32 of any batch."""
    shape = part(1, part(2, "n")) + b"".join(part(1, part(1, dim)) for dim in dims)
    return part(1, name) + part(2, part(1, part(1, 1) + part(2, shape)))


def node(kind: str, inputs: list[str], output: str, attributes: bytes = b"") -> bytes:
    """Encode one operation of a graph."""
    names = b"".join(part(1, name) for name in inputs)
    return part(1, names + part(2, output) + part(4, kind) + attributes)


def network(side: int = 224) -> bytes:
    """Encode a classifier of open_nsfw's shape that dislikes red: the mean colour, weighed."""
    means = part(1, "axes") + part(8, 1) + part(8, 2) + part(20, 7)
    flat = part(1, "keepdims") + part(3, 0) + part(20, 2)
    weights = np.array([[0, -0.05], [0, -0.05], [0, 0.1]], "<f4")  # blue, green, red
    graph = (
        node("ReduceMean", ["x"], "mean", part(5, means) + part(5, flat))
        + node("MatMul", ["mean", "w"], "sum")
        + node("Softmax", ["sum"], "y")
        + part(2, "tiny")
        + part(5, part(1, 3) + part(1, 2) + part(2, 1) + part(8, "w") + part(9, weights.tobytes()))
        + part(11, tensor("x", side, side, 3))
        + part(12, tensor("y", 2))
    )
    return part(1, 8) + part(7, graph) + part(8, part(2, 13))


@pytest.fixture(name="gate")
def _gate(tmp_path: Path) -> FrameGate:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(network())
    return FrameGate(path, GATE)


def plain(colour: tuple[int, int, int], height: int = 96, width: int = 64) -> Any:
    """Return a picture of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def clip(*colours: tuple[int, int, int]) -> Iterator[Any]:
    """Yield frames of one colour each."""
    frames = {colour: to_frame(torch.from_numpy(plain(colour))) for colour in {*colours}}
    return (frames[colour] for colour in colours)


def test_colours_reach_the_classifier_in_its_order(gate: FrameGate) -> None:
    """Red is red: with red and blue exchanged, the published network is blind to skin."""
    assert gate.score(plain(RED)) > 0.99
    assert gate.score(plain(BLUE)) < 0.01
    assert gate.score(plain(RED, 7, 900)) > 0.99


def test_a_harmless_clip_passes_frame_by_frame(gate: FrameGate) -> None:
    """What comes out is what went in, and nothing is held back."""
    taken: list[int] = []

    def frames() -> Iterator[Any]:
        for n, frame in enumerate(clip(*[GREY] * 45)):
            taken.append(n)
            yield frame

    through = gate.watched(frames(), SHOT)
    first = next(through)

    assert taken == [0]
    assert len(first) == 64 * 96 * 3 // 2
    assert sum(1 for _ in through) == 44


def test_a_refused_clip_is_named_with_its_place_and_the_cure(gate: FrameGate) -> None:
    """Shot, prompt, policy, time, score and limit; the frames before it were harmless."""
    with pytest.raises(GenerationError) as refused:
        [*gate.watched(clip(*[GREY] * 20, *[RED] * 25), SHOT)]

    message = str(refused.value)
    assert message.startswith(f"shot {SHOT.key[:12]} (text, 'an espresso cup on an oak table in the …')")
    assert (
        "is refused by policy house/1: the frame at 2.0 s scores 1.00 for nsfw, the limit is 0.80" in message
    )
    assert "change the prompt or the seed" in message


@pytest.mark.parametrize("number", [0, 10, 40, 44])
def test_first_and_last_frame_are_looked_at_and_one_a_second(gate: FrameGate, number: int) -> None:
    """The last one too, wherever the clip ends."""
    colours = [GREY] * 45
    colours[number] = RED

    with pytest.raises(GenerationError, match=rf"the frame at {number / 10:.1f} s"):
        [*gate.watched(clip(*colours), SHOT)]


def test_every_clip_is_seen_though_it_has_one_frame_or_none(gate: FrameGate) -> None:
    """A clip of no frames is for whoever counts them to refuse."""
    with pytest.raises(GenerationError, match=r"the frame at 0\.0 s"):
        [*gate.watched(clip(RED), SHOT)]

    assert [*gate.watched(iter(()), SHOT)] == []


def test_each_frame_is_scored_once_at_most(gate: FrameGate, monkeypatch: pytest.MonkeyPatch) -> None:
    """45 frames at ten a second: five of them and the last."""
    scored: list[tuple[int, ...]] = []

    def score(picture: Any) -> float:
        scored.append(picture.shape)
        return 0.0

    monkeypatch.setattr(gate, "score", score)

    seconds_over = [*gate.watched(clip(*[GREY] * 45), SHOT), *gate.watched(clip(*[GREY] * 41), SHOT)]

    assert len(seconds_over) == 86
    assert scored == [(96, 64, 3)] * (6 + 5)


def test_drawn_stills_are_looked_at_too(gate: FrameGate) -> None:
    """Before anything is made of them."""
    gate.look_at_drawing(plain(GREY), CUP)

    with pytest.raises(
        GenerationError, match=r"^the drawing \(still, 'a cup'\) is refused by policy house/1"
    ):
        gate.look_at_drawing(plain(RED), CUP)


def test_what_is_no_such_classifier_is_refused(tmp_path: Path) -> None:
    """Another network would score at random."""
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    (tmp_path / "other.onnx").write_bytes(network(side=32))

    with pytest.raises(GenerationError, match=r"bad\.onnx: cannot be loaded"):
        FrameGate(tmp_path / "bad.onnx", GATE)
    with pytest.raises(GenerationError, match=r"other\.onnx: is no open_nsfw"):
        FrameGate(tmp_path / "other.onnx", GATE)


def figure() -> Any:
    """Draw a torso of ellipses in the colours of skin."""
    picture = Image.new("RGB", (1080, 1920), (90, 60, 60))
    pencil = ImageDraw.Draw(picture)
    shapes: tuple[tuple[tuple[int, int, int, int], tuple[int, int, int]], ...] = (
        ((340, 100, 740, 560), (224, 172, 140)),
        ((220, 520, 860, 1900), (226, 176, 146)),
        ((330, 760, 520, 960), (214, 160, 130)),
        ((560, 760, 750, 960), (214, 160, 130)),
        ((410, 850, 440, 880), (170, 90, 80)),
        ((640, 850, 670, 880), (170, 90, 80)),
    )
    for box, colour in shapes:
        pencil.ellipse(box, fill=colour)
    return np.asarray(picture)


def test_the_published_network_tells_coffee_from_skin(published: Published) -> None:
    """A photograph of a cup is harmless; a nude made of six ellipses is not, and in the wrong colours is."""
    gate = FrameGate(published("opennsfw"), GATE)

    coffee = gate.score(np.asarray(Image.open(COFFEE).convert("RGB")))
    nude, blue = gate.score(figure()), gate.score(np.ascontiguousarray(figure()[..., ::-1]))

    assert MANIFEST["opennsfw"].revision == "opennsfw@864bb37bf886"
    assert coffee < 0.05
    assert nude > 0.5
    assert blue < 0.2
