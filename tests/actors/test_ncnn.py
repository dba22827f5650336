"""Networks in ncnn's format, written by the tests."""

import numpy as np
import pytest

from actors.ncnn import read_ncnn
from schemas.errors import MediaError

FLOAT16 = 0x01306B47.to_bytes(4, "little")
FLOAT32 = bytes(4)
INPUT = "Input data 0 1 data"
KERNEL = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3) / 8
CONVOLUTION = "Convolution conv 1 1 data out 0=1 1=3 4=1 5=1 6=9"


def graph(*layers: str) -> str:
    """Return the text of a .param file."""
    return "\n".join(["7767517", f"{len(layers)} {len(layers)}", *layers, ""])


def half(array: np.ndarray) -> bytes:
    """Return an array as ncnn stores it in float16: tagged, and padded to four bytes."""
    data = array.astype("<f2").tobytes()
    return FLOAT16 + data + bytes(-len(data) % 4)


def test_a_convolution_is_read_from_float16_with_its_padding() -> None:
    """Nine halves take 18 bytes; the bias begins after two more."""
    arrays = read_ncnn(graph(INPUT, CONVOLUTION), half(KERNEL) + np.float32(0.25).tobytes())

    assert arrays["conv.weight"].dtype == np.float32
    assert np.array_equal(arrays["conv.weight"], KERNEL)
    assert np.array_equal(arrays["conv.bias"], [0.25])


def test_a_convolution_is_read_from_float32_too() -> None:
    """A tag of zero announces plain floats."""
    arrays = read_ncnn(graph(CONVOLUTION), FLOAT32 + KERNEL.tobytes() + np.float32(1).tobytes())

    assert np.array_equal(arrays["conv.weight"], KERNEL)


def test_kernels_need_not_be_square() -> None:
    """Option 11 is the kernel's height where it differs from its width."""
    text = graph("Convolution conv 1 1 data out 0=2 1=3 11=1 6=12")

    arrays = read_ncnn(text, FLOAT32 + np.arange(12, dtype="<f4").tobytes())

    assert arrays["conv.weight"].shape == (2, 2, 1, 3)
    assert "conv.bias" not in arrays


def test_constants_and_slopes_carry_no_tag() -> None:
    """MemoryData and PReLU are float32 whatever the rest is."""
    text = graph("MemoryData mean 0 1 mean 0=1 1=1 2=3", "PReLU act 1 1 a b 0=2")

    arrays = read_ncnn(text, np.array([1, 2, 3, 4, 5], "<f4").tobytes())

    assert arrays["mean.weight"].tolist() == [1, 2, 3]
    assert arrays["act.weight"].tolist() == [4, 5]


@pytest.mark.parametrize(
    ("text", "weights", "reason"),
    [
        ("", b"", "begins with ''"),
        ("7767517", b"", "announces ''"),
        ("<html>", b"", "not 7767517"),
        ("7767517\n5 5\nInput data 0 1 data\n", b"", "has 1 layers"),
        (graph("Convolution conv one 1"), b"", "cannot read the line"),
        (graph("Convolution conv 1 1 a b 0"), b"", "cannot read the line"),
        (graph("LSTM memory 1 1 a b 0=4"), b"", "unknown kind 'LSTM'"),
        (graph(CONVOLUTION), half(KERNEL), "1 values wanted"),
        (graph(CONVOLUTION), half(KERNEL)[:12], "9 values wanted"),
        (graph(INPUT), b"1234", "4 bytes too many"),
        (graph(CONVOLUTION), b"\x38\x4b\x0d\x00", "neither float32 nor float16"),
        (graph("Convolution conv 1 1 a b 0=x 1=3 6=9"), b"", "'conv' cannot be read"),
        (graph("Convolution conv 1 1 a b 0=2 1=3 6=9"), half(KERNEL), "'conv' cannot be read"),
        (graph("Convolution conv 1 1 a b 0=1 1=3 6=9999999999"), bytes(64), "9999999999 values wanted"),
        (graph("Convolution conv 1 1 a b 0=1 1=3 6=-9"), bytes(64), "-9 values wanted"),
    ],
)
def test_damaged_files_are_refused(text: str, weights: bytes, reason: str) -> None:
    """Every message says which file and what is wrong with it."""
    with pytest.raises(MediaError, match=reason):
        read_ncnn(text, weights)
