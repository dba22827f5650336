"""What a file carries, read back from real files; and what somebody has changed, found."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random
from threading import Thread

import av
import pytest

from actors.checks.boxes import read_boxes
from actors.marks import Marker, mark_problems, read_marks, repeatable_sha256
from actors.marks.mp4 import C2PA, XMP, add_marks, parts_of, read_tags
from schemas.errors import MediaError, ServiceError
from schemas.marks import Signing
from storage.blobs import open_blobs
from tests.actors.marks.authority import issue
from tests.actors.marks.conftest import FFMPEG, Marked, recipe_of

Change = Callable[[Marked, Path], None]


def test_marks_are_read_back_as_they_were_planned(marked: Marked) -> None:
    """XMP, the key of China, and a signature that holds, though nobody trusts its certificate."""
    marks = read_marks(marked.path)

    assert mark_problems(marked.path, marked.ad) == ()
    assert marks.source == marks.signature.source == "compositeWithTrainedAlgorithmicMedia"
    assert (marks.signature.state, marks.signature.test) == ("holds", True)
    assert json.loads(marks.aigc) == {
        "Label": "1",
        "ContentProducer": 'Käffi "&" Söhne <GmbH>',
        "ProduceID": marked.ad.composition.key,
        **dict.fromkeys(("ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"), ""),
    }


def test_other_programs_find_the_marks_and_the_same_frames(marked: Marked) -> None:
    """PyAV reads the key and every packet at its place; the index still lies before the media."""
    with av.open(str(marked.path)) as media, av.open(str(marked.bare)) as bare:
        assert json.loads(media.metadata["AIGC"])["Label"] == "1"
        same = [bytes(packet) for packet in media.demux()] == [bytes(packet) for packet in bare.demux()]

    assert same
    assert read_boxes(marked.path).moov_first
    with marked.path.open("rb") as file:
        assert [part.kind for part in parts_of(file)][:4] == [b"ftyp", C2PA, b"moov", XMP]


def test_no_two_signatures_are_the_same_and_what_is_under_them_is(marked: Marked, tmp_path: Path) -> None:
    """So two makings are compared by the SHA-256 before the signature, which any signed file tells."""
    again = tmp_path / "again.mp4"
    shutil.copy(marked.unsigned, again)
    Marker(Signing(), open_blobs(str(tmp_path)), tmp_path).sign(again, recipe_of(marked.ad))

    assert again.read_bytes() != marked.path.read_bytes()
    unsigned = hashlib.sha256(marked.unsigned.read_bytes()).hexdigest()
    assert {repeatable_sha256(path) for path in (again, marked.path, marked.unsigned)} == {unsigned}


def _remuxed(*words: str) -> Change:
    def change(marked: Marked, path: Path) -> None:
        command = [FFMPEG, "-v", "error", "-i", str(marked.path), "-c", "copy", *words, str(path)]
        subprocess.run(command, check=True)

    return change


def _flipped(place: Callable[[bytes], int]) -> Change:
    def change(marked: Marked, path: Path) -> None:
        data = bytearray(marked.path.read_bytes())
        data[place(bytes(data))] ^= 1
        path.write_bytes(data)

    return change


def _cut(share: float) -> Change:
    def change(marked: Marked, path: Path) -> None:
        data = marked.path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return change


def _without_xmp(marked: Marked, path: Path) -> None:
    data = marked.path.read_bytes()
    with marked.path.open("rb") as file:
        xmp = next(part for part in parts_of(file) if part.kind == XMP)
    path.write_bytes(data[: xmp.begin] + data[xmp.end :])


def _signed_anew(edit: Callable[[Path], None]) -> Change:
    """Return a change that was signed afterwards, so that its bytes hold."""

    def change(marked: Marked, path: Path) -> None:
        shutil.copy(marked.unsigned, path)
        edit(path)
        Marker(Signing(), open_blobs(str(path.parent)), path.parent).sign(path, recipe_of(marked.ad))

    return change


CHANGES: dict[str, tuple[Change, str]] = {
    "re-muxed": (_remuxed(), "no C2PA manifest: it was never signed, or was stripped or re-muxed"),
    "re-muxed with its tags": (
        _remuxed("-movflags", "+faststart+use_metadata_tags", "-map_metadata", "0"),
        "no C2PA manifest",
    ),
    "never signed": (lambda marked, path: shutil.copy(marked.unsigned, path) and None, "no C2PA manifest"),
    "a bit of the media": (_flipped(lambda data: len(data) - 500), "bytes are not those that were signed"),
    "a bit of the index": (_flipped(lambda data: data.index(b"mvhd") + 20), "not those that were signed"),
    "a bit of the XMP": (_flipped(lambda data: data.index(b"CreatorTool")), "not those that were signed"),
    "a bit of the key": (_flipped(lambda data: data.index(b"ReservedCode1")), "not those that were signed"),
    "a bit of the claim": (_flipped(lambda data: data.index(b"claim_generator")), "C2PA"),
    "the XMP taken out": (_without_xmp, "it has no XMP with DigitalSourceType"),
    "cut off": (_cut(0.9), "no whole MP4"),
    "cut off in the manifest": (_cut(0.01), "no whole MP4"),
    "without the key, signed": (
        _signed_anew(lambda path: add_marks(path, "DigitalSourceType>http://cv.iptc.org/newscodes/x", {})),
        "its key AIGC is missing",
    ),
    "no film": (lambda _, path: path.write_bytes(bytes(range(256)) * 9) and None, "no whole MP4"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_refused(name: str, marked: Marked, tmp_path: Path) -> None:
    """Stripped, re-muxed, cut or changed files are not exported, and the sentence says why."""
    change, told = CHANGES[name]
    path = tmp_path / "changed.mp4"
    change(marked, path)

    assert told in "; ".join(mark_problems(path, marked.ad))


def test_every_byte_counts(marked: Marked, tmp_path: Path) -> None:
    """But for the boxes ftyp and free, and padding within the manifest, which say nothing of the ad."""
    data, path = marked.path.read_bytes(), tmp_path / "flipped.mp4"
    with marked.path.open("rb") as file:
        counted = [part for part in parts_of(file) if part.kind not in {b"ftyp", b"free", C2PA}]
    dice = Random(1)  # noqa: S311 (it is to be repeated)
    for _ in range(60):
        part = dice.choice(counted)
        flipped, place = bytearray(data), dice.randrange(part.begin, part.end)
        flipped[place] ^= 1 << dice.randrange(8)
        path.write_bytes(flipped)

        assert mark_problems(path, marked.ad), (place, part)


def test_marks_of_another_ad_do_not_do(marked: Marked) -> None:
    """Another composition, other marks, or a certificate of one's own that did not sign."""
    look = marked.ad.composition
    others = {
        "XMP names another ad": look.model_copy(update={"price": "€9.90"}),
        "XMP says compositeWithTrainedAlgorithmicMedia, and its plan composite": look.model_copy(
            update={"marks": look.marks and look.marks.model_copy(update={"source": "composite"})}
        ),
        "signed with a test certificate": look.model_copy(
            update={"marks": look.marks and look.marks.model_copy(update={"signer": "own"})}
        ),
        "planned by an older Reelmill, without marks": look.model_copy(update={"marks": None}),
    }

    for told, other in others.items():
        problems = mark_problems(marked.path, marked.ad.model_copy(update={"composition": other}))

        assert told in "; ".join(problems)


def test_an_own_certificate_signs_by_its_name(marked: Marked, tmp_path: Path) -> None:
    """And the private key is nowhere in the file."""
    path, signing = tmp_path / "own.mp4", issue(tmp_path / "keys")
    shutil.copy(marked.unsigned, path)
    Marker(signing, open_blobs(str(tmp_path)), tmp_path).sign(path, recipe_of(marked.ad))
    signature = read_marks(path).signature

    assert (signature.state, signature.signed_by, signature.test) == ("holds", "Test House", False)
    assert b"PRIVATE" not in path.read_bytes()


def test_no_time_stamp_no_signature(marked: Marked, tmp_path: Path) -> None:
    """A service that answers nonsense is asked, named, and tried again later; the file stays as it was."""
    asked = []

    class Nonsense(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.headers["Content-Type"])
            self.send_response(503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Nonsense)
    Thread(target=server.serve_forever, daemon=True).start()
    path = tmp_path / "stamped.mp4"
    shutil.copy(marked.unsigned, path)
    signing = Signing(timestamp=f"http://127.0.0.1:{server.server_port}/tsa")
    try:
        with pytest.raises(ServiceError, match="gave no time stamp"):
            Marker(signing, open_blobs(str(tmp_path)), tmp_path).sign(path, recipe_of(marked.ad))
    finally:
        server.shutdown()
        server.server_close()

    assert asked == ["application/timestamp-query"]
    assert path.read_bytes() == marked.unsigned.read_bytes()


def test_tags_of_old_are_replaced(marked: Marked, tmp_path: Path) -> None:
    """And a file that breaks off gets none, and is not touched."""
    path = tmp_path / "tagged.mp4"
    shutil.copy(marked.unsigned, path)
    add_marks(path, "<x/>", {"AIGC": "{}", "other": "Ä"})

    assert read_tags(path) == {"AIGC": "{}", "other": "Ä"}
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(MediaError, match="breaks off"):
        add_marks(path, "", {})
