"""Films of strangers: what is read of them, at which rate, and what is refused before it does harm."""

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from actors.footage import Picture, covering, pictures, probe_footage
from schemas.errors import MediaError
from tests.films import cut_off, draw_corners, draw_film, evenly, grey_of, tell_length

RATES = [Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(60)]
SECOND = Fraction(1)


def numbers(path: Path, fps: int) -> list[int]:
    """Return which frame each picture of *path* at *fps* is."""
    greys = [float(picture.mean()) for picture in pictures(path, fps=Fraction(fps))]
    known = np.array([grey_of(n) for n in range(28)])
    return [int(np.abs(known - grey).argmin()) for grey in greys]


@pytest.mark.parametrize("to", [16, 30])
@pytest.mark.parametrize("rate", RATES, ids=str)
def test_two_seconds_are_two_seconds_at_every_rate(tmp_path: Path, rate: Fraction, to: int) -> None:
    """Neither a picture too many at the end nor one too few."""
    film = draw_film(tmp_path / "film.mp4", evenly(round(2 * rate), rate), lasts=1 / rate)

    assert len(list(pictures(film, fps=Fraction(to)))) == 2 * to


def test_the_same_rate_gives_every_frame_once(tmp_path: Path) -> None:
    """In order."""
    film = draw_film(tmp_path / "film.mp4", evenly(24, Fraction(24)), lasts=Fraction(1, 24))

    assert numbers(film, 24) == list(range(24))


def test_half_the_rate_leaves_every_other_frame_out(tmp_path: Path) -> None:
    """And twice the rate shows each twice."""
    film = draw_film(tmp_path / "film.mp4", evenly(20, Fraction(20)), lasts=Fraction(1, 20))

    assert numbers(film, 10) == list(range(1, 20, 2))
    assert numbers(film, 40) == [n // 2 for n in range(40)]


def test_a_picture_that_stands_is_repeated_for_as_long(tmp_path: Path) -> None:
    """Screens are recorded at a rate that varies; the last picture stands too."""
    times = [Fraction(0), SECOND, SECOND * 11 / 10, SECOND * 12 / 10]
    film = draw_film(tmp_path / "film.mp4", times, lasts=SECOND * 8 / 10)

    assert numbers(film, 10) == [0] * 10 + [1, 2] + [3] * 8
    assert probe_footage(film).seconds == pytest.approx(2, abs=0.01)


def test_a_film_may_begin_late(tmp_path: Path) -> None:
    """What counts is the first frame."""
    film = draw_film(
        tmp_path / "film.mkv", [5 + time for time in evenly(10, Fraction(10))], lasts=SECOND / 10
    )

    assert numbers(film, 10) == list(range(10))
    assert probe_footage(film).seconds == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("turn", "size", "corner"),
    [(0, (96, 64), (0, 0)), (90, (64, 96), (1, 0)), (180, (96, 64), (1, 1)), (270, (64, 96), (0, 1))],
)
def test_a_turned_film_is_shown_upright(
    tmp_path: Path, turn: int, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    """Phones write how they were held; the white corner lies where players show it."""
    film = draw_corners(tmp_path / "film.mp4", turn=turn)

    picture = next(pictures(film, fps=Fraction(30)))
    facts = probe_footage(film)

    white = np.argwhere(picture.mean(axis=2) > 128).mean(axis=0) > np.array(picture.shape[:2]) / 2
    assert (facts.width, facts.height) == (picture.shape[1], picture.shape[0]) == size
    assert tuple(white.astype(int)) == corner


def test_wide_pixels_are_shown_wide(tmp_path: Path) -> None:
    """Tape and old television: four pixels to three."""
    film = draw_corners(tmp_path / "film.mp4", pixel="4/3")

    assert (probe_footage(film).width, probe_footage(film).height) == (128, 64)
    assert next(pictures(film, fps=Fraction(30))).shape == (64, 128, 3)


@pytest.mark.parametrize("name", ["film.mp4", "film.mov", "film.mkv", "film.webm"])
def test_the_usual_containers_are_read(tmp_path: Path, name: str) -> None:
    """Known by what they are."""
    codec = "libvpx" if name.endswith("webm") else "libx264"
    facts = probe_footage(draw_film(tmp_path / name, evenly(6, Fraction(30)), codec=codec))

    assert facts.container == ("mp4" if name[-2:] in {"p4", "ov"} else "mkv")
    assert facts.seconds == pytest.approx(0.2, abs=0.05)


def test_a_title_in_an_old_encoding_does_no_harm(tmp_path: Path) -> None:
    """Cameras wrote Latin-1."""
    film = draw_film(tmp_path / "film.mkv", evenly(6, Fraction(30)))
    titled = tmp_path / "titled.mkv"
    with av.open(str(film)) as source, av.open(str(titled), "w") as target:
        target.metadata["title"] = "cafXX"
        copied = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copied
                target.mux(packet)
    titled.write_bytes(titled.read_bytes().replace(b"cafXX", b"caf\xe9!"))

    assert probe_footage(titled).width == 96


def test_a_film_that_does_not_say_how_long_it_is_is_measured(tmp_path: Path) -> None:
    """Browsers record such ones."""
    film = tell_length(draw_film(tmp_path / "film.mkv", evenly(30, Fraction(30))), 0.0)

    assert probe_footage(film).seconds == pytest.approx(1, abs=0.05)


def playlist(path: Path) -> Path:
    """Write a list that names another file."""
    draw_film(path.with_name("other.mp4"), evenly(6, Fraction(30)))
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n")
    return path


def concat(path: Path) -> Path:
    """Write a script that has ffmpeg join files."""
    draw_film(path.with_name("other.mp4"), evenly(6, Fraction(30)))
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")
    return path


def text(path: Path) -> Path:
    """Write no video."""
    path.write_text("my holiday film")
    return path


def sound(path: Path) -> Path:
    """Write a second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 48_000), np.float32), "fltp", "stereo")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


HOSTILE: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    # how the file is called, how it is made, and what is said of it
    "no video": ("film.mp4", text, "is broken or no video; use an MP4, MOV, MKV or WebM file"),
    "a playlist": ("film.mp4", playlist, "is broken or no video; use"),
    "a script": ("film.mp4", concat, "is broken or no video; use"),
    "sound alone": ("film.mp4", sound, "is no video that can be used; use an MP4"),
    "9000 pixels a side": (
        "film.mkv", lambda path: draw_film(path, [SECOND], size=(9000, 9000), codec="mjpeg"),
        "has 9000 x 9000 pixels; scale it to 64 to 4096 pixels a side",
    ),
    "a stamp": ("film.mp4", lambda path: draw_film(path, [SECOND], size=(62, 64)), "has 62 x 64 pixels; "),
    "two hours": (
        "film.mp4", lambda path: draw_film(path, [0 * SECOND, 7200 * SECOND]),
        "lasts 7200 s; cut it to 600 s at most",
    ),
    "two hours by its header": (
        "film.mkv", lambda path: tell_length(draw_film(path, evenly(6, Fraction(30))), 7200),
        "lasts 7200 s; cut it to 600 s",
    ),
    "a header that says too little": (
        "film.mkv", lambda path: tell_length(draw_film(path, [0 * SECOND, 700 * SECOND]), 1),
        "lasts 700 s; cut it to 600 s",
    ),
    "a header that says too much": (
        "film.mkv", lambda path: tell_length(draw_film(path, evenly(6, Fraction(30))), 300),
        "is cut off: 0.2 s of 300.0 s are there; export it again as MP4",
    ),
    "half a Matroska": (
        "film.mkv", lambda path: cut_off(draw_film(path, evenly(90, Fraction(30)))), "is cut off: 1."),
    "half an MP4": (
        "film.mp4", lambda path: cut_off(draw_film(path, evenly(90, Fraction(30)))), "is broken or no video"),
    "pixels like threads": (
        "film.mp4", lambda path: draw_corners(path, pixel="60"), "has a picture of 5760 x 64 pixels"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "make", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_good_film_is_refused(
    tmp_path: Path, name: str, make: Callable[[Path], Path], said: str
) -> None:
    """In one sentence with its cure, and before it is decoded as a whole."""
    film = make(tmp_path / name)

    with pytest.raises(MediaError) as caught:
        probe_footage(film)

    assert str(caught.value).startswith(f"'{name}' {said}")
    assert str(caught.value).count("; ") == 1


def test_half_an_mp4_with_its_index_in_front_is_cut_off(tmp_path: Path) -> None:
    """It opens well; what it says is not all there."""
    plain = draw_film(tmp_path / "plain.mp4", evenly(90, Fraction(30)))
    film = tmp_path / "film.mp4"
    with av.open(str(plain)) as source, av.open(str(film), "w", options={"movflags": "faststart"}) as target:
        copied = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copied
                target.mux(packet)

    assert probe_footage(film).seconds == pytest.approx(3, abs=0.05)
    with pytest.raises(MediaError, match="is cut off"):
        probe_footage(cut_off(film, 0.7))


def test_a_film_without_frames_has_none(tmp_path: Path) -> None:
    """It has a header, and a stream, and nothing in it."""
    film = draw_film(tmp_path / "film.mkv", [SECOND])
    data = film.read_bytes()
    film.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75")])  # the first cluster

    with pytest.raises(MediaError, match=r"'film.mkv' (has no frame|is broken or no video); "):
        probe_footage(film)


def test_what_grows_after_it_was_probed_is_not_followed(tmp_path: Path) -> None:
    """A frame that comes an hour late would be waited for in an hour of pictures."""
    film = draw_film(tmp_path / "film.mkv", [0 * SECOND, 3600 * SECOND])

    with pytest.raises(MediaError, match="lasts 3600 s; cut it"):
        list(islice(pictures(film, fps=Fraction(30)), 10))


@pytest.mark.parametrize("size", [(64, 64), (96, 32), (31, 47)])
def test_a_picture_covers_what_it_is_wanted_for(size: tuple[int, int]) -> None:
    """Its middle stays; nothing is squeezed."""
    picture: Picture = np.zeros((64, 96, 3), np.uint8)
    picture[16:48, 32:64] = 255

    made = covering(picture, *size)

    middle = np.argwhere(made.mean(axis=2) > 128).mean(axis=0)
    assert made.shape == (size[1], size[0], 3)
    assert middle == pytest.approx((size[1] / 2 - 0.5, size[0] / 2 - 0.5), abs=0.6)


def test_colours_are_those_that_were_filmed(tmp_path: Path) -> None:
    """BT.601 in small films, as files without marks are read."""
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.thread_count = 1
        frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), (192, 64, 32), np.uint8), "rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())

    (picture,) = pictures(film, fps=Fraction(24))

    assert picture.mean(axis=(0, 1)) == pytest.approx((192, 64, 32), abs=4)
