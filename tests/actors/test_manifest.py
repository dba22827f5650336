"""What makes a checkpoint whole: its listing, its kinds of files, and what it says of itself."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from actors.manifest import SUMS, check, fingerprint, parse, seal
from schemas.errors import BlobDamagedError, SettingsError
from tests.checkpoints import draw_checkpoint, flip

WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return draw_checkpoint(tmp_path / "tiny")


def test_a_sealed_checkpoint_is_whole(folder: Path) -> None:
    """Sealing twice gives the same fingerprint, for it is of the content only."""
    first = seal(folder)

    assert check(folder) == []
    assert first == seal(folder) == fingerprint(folder)
    assert len(first) == 12


def test_the_listing_is_what_sha256sum_reads(folder: Path) -> None:
    """So that anybody can check a checkpoint without Reelmill."""
    seal(folder)

    told = subprocess.run(["sha256sum", "--strict", "-c", SUMS], cwd=folder, capture_output=True, check=False)

    lines = (folder / SUMS).read_text().splitlines()
    assert told.returncode == 0
    assert lines == sorted(lines, key=lambda line: line[66:])
    assert len(lines) == 6


def test_a_flipped_byte_is_found(folder: Path) -> None:
    """The file is named, and the cure."""
    seal(folder)
    flip(folder / WEIGHTS)

    problems = check(folder)

    assert len(problems) == 1
    assert problems[0].startswith(f"{WEIGHTS} was changed")
    assert "fetch" in problems[0]


def test_a_missing_file_is_found(folder: Path) -> None:
    """Also one of a part that the index names, which is told once more."""
    seal(folder)
    (folder / "tokenizer/tokenizer.json").unlink()

    problems = check(folder)

    assert problems[0].startswith("tokenizer/tokenizer.json is missing")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("transformer/diffusion_pytorch_model.bin", "pickle"),
        ("text_encoder/model.pt", "pickle"),
        ("weights.PKL", "pickle"),
        ("transformer/modeling_tiny.py", "code"),
        ("LICENSE.py", "code"),
        ("notes.exe", "of no kind"),
        (".hidden/notes.txt", "hidden"),
        (".gitattributes", "hidden"),
    ],
)
def test_what_may_do_harm_is_refused_by_name(folder: Path, name: str, reason: str) -> None:
    """Planted into a sealed checkpoint it is found; a checkpoint that has it is not sealed."""
    seal(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"import os")

    problems = check(folder)

    assert len(problems) == 1
    assert reason in problems[0]
    assert "delete it" in problems[0]
    with pytest.raises(SettingsError, match=reason):
        seal(folder)


def test_a_listed_pickle_is_refused_too(folder: Path) -> None:
    """A listing is no licence: it came with the files."""
    seal(folder)
    with (folder / SUMS).open("a") as sums:
        sums.write(f"{'0' * 64}  transformer/model.bin\n")

    assert "line 7 of SHA256SUMS" in check(folder)[0]


def test_a_planted_file_of_a_good_kind_is_found(folder: Path) -> None:
    """Another weights file may be the one that is loaded."""
    seal(folder)
    shutil.copy(folder / WEIGHTS, folder / "transformer/model.safetensors")

    problems = check(folder)

    assert len(problems) == 1
    assert problems[0].startswith("transformer/model.safetensors is not in SHA256SUMS: delete it")


@pytest.mark.parametrize(
    "line",
    [
        f"{'0' * 64}  ../outside.json",
        f"{'0' * 64}  /etc/passwd.txt",
        f"{'0' * 64}  a/../../b.json",
        f"{'0' * 64}  bell\x07.json",
        f"{'0' * 64}  SHA256SUMS",
        f"{'0' * 63}  short.json",
        "no line of a listing",
        f"\\{'0' * 64}  escaped\\nname.json",
    ],
)
def test_a_listing_that_leads_elsewhere_is_refused(line: str) -> None:
    """Names in it become paths of downloads."""
    with pytest.raises(BlobDamagedError, match="line 1 of SHA256SUMS"):
        parse(f"{line}\n", "s3://bucket/tiny")


def test_the_same_file_twice_is_refused() -> None:
    """Else the second digest would count silently."""
    line = f"{'0' * 64}  a.json\n"

    with pytest.raises(BlobDamagedError, match="line 2"):
        parse(line + line, "here")


def test_links_to_files_count_as_what_they_lead_to(folder: Path) -> None:
    """The hub's own cache is made of links; a link to a folder is refused, it may lead in a circle."""
    plain = seal(folder)
    outside = folder.parent / "elsewhere"
    (folder / WEIGHTS).replace(outside)
    (folder / WEIGHTS).symlink_to(outside)

    assert check(folder) == []
    assert seal(folder) == plain
    (folder / "vae").symlink_to(folder, target_is_directory=True)
    assert "'vae' is a link to a folder" in check(folder)[0]


def test_what_is_no_file_is_refused_and_not_opened(folder: Path) -> None:
    """A pipe would block whoever reads it; a link may lead nowhere."""
    seal(folder)
    os.mkfifo(folder / "pipe.json")
    (folder / "gone.json").symlink_to(folder / "nowhere")

    assert [problem.partition(" is ")[0] for problem in check(folder)] == ["'gone.json'", "'pipe.json'"]


def test_half_a_weights_file_is_not_sealed(folder: Path) -> None:
    """A download that was cut short would else be sealed as it is."""
    weights = folder / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1])

    with pytest.raises(SettingsError, match="no whole safetensors file"):
        seal(folder)
    assert not (folder / SUMS).exists()


def test_a_pointer_in_place_of_weights_is_not_sealed(folder: Path) -> None:
    """That is what git without lfs leaves."""
    (folder / WEIGHTS).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n")

    with pytest.raises(SettingsError, match="no whole safetensors file"):
        seal(folder)


def test_a_checkpoint_without_one_of_its_parts_is_not_sealed(folder: Path) -> None:
    """The index names them; what it says is not there need not be."""
    shutil.rmtree(folder / "tokenizer")

    with pytest.raises(SettingsError, match="folder tokenizer/ is missing"):
        seal(folder)


def test_a_checkpoint_without_one_of_its_shards_is_not_sealed(folder: Path) -> None:
    """The shards' index names them."""
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "transformer/model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(SettingsError, match=r"transformer/model-00001-of-00002\.safetensors is missing"):
        seal(folder)


def test_an_empty_or_absent_folder_is_not_sealed(tmp_path: Path) -> None:
    """The sentence names the folder."""
    with pytest.raises(SettingsError, match="there are no files"):
        seal(tmp_path)
    with pytest.raises(SettingsError, match="is no folder"):
        seal(tmp_path / "nowhere")


def test_a_folder_without_listing_names_the_cure(folder: Path) -> None:
    """Nothing is proved by guessing."""
    with pytest.raises(SettingsError, match="reelmill models seal"):
        check(folder)
