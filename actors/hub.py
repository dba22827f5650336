"""Downloads checkpoints from the Hugging Face hub, at a commit, and holds the bytes to the hub's sums."""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from actors.manifest import INDEX, mapping, parts_of, refusal, told
from schemas.errors import BlobDamagedError, SettingsError, StorageError
from storage.aside import remove
from storage.content import of_disk

_VARIANT = re.compile(r"\.(fp16|bf16)(?=[.-])")
_NOTES = ".cache"
"""Folder in which the hub's library notes what it has downloaded."""
_CURE = "check the network, HF_ENDPOINT and HF_HUB_OFFLINE, then again: what has come is kept"


class _File(NamedTuple):
    """What the hub says of a file."""

    size: int
    sha256: str
    """Of a large file; empty for a small one."""
    blob: str
    """Git's SHA-1 of a small one."""


def download(repo: str, commit: str, to: Path, say: Callable[[str], None]) -> None:
    """Download the checkpoint *repo* at *commit*, 40 hex digits, into the folder *to*; *say* hears its size.

    Only what a pipeline loads comes: the parts that model_index.json names, never pickles or code. What lies
    in *to* of an interrupted download is kept. Raises SettingsError for what a person has to mend,
    BlobDamagedError for other bytes than the hub's own listing has, StorageError if it does not answer.
    """
    with _explained(repo, commit):
        from huggingface_hub import hf_hub_download, snapshot_download  # noqa: PLC0415 (slow; an extra)

        tree = _tree(repo, commit)
        if INDEX in tree:
            hf_hub_download(repo, INDEX, revision=commit, local_dir=to)
        wanted = _wanted(tree, to)
        size = sum(tree[path].size for path in wanted)
        say(f"{repo} at {commit[:12]}: {len(wanted)} files, {size / 1e9:.1f} GB")
        expect_room(to, size)
        snapshot_download(repo, revision=commit, local_dir=to, allow_patterns=wanted)
    remove(to / _NOTES)
    _compare(repo, to, {path: tree[path] for path in wanted})


def expect_room(folder: Path, size: int) -> None:
    """Raise SettingsError unless *folder*, which need not be there yet, has room for *size* bytes."""
    place = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(place).free
    if free < size:
        raise SettingsError(
            f"{place} has {free / 1e9:.1f} GB free, {size / 1e9:.1f} GB are needed: free some, or set "
            "REELMILL_MODELS to a larger disk"
        )


def _tree(repo: str, commit: str) -> dict[str, _File]:
    from huggingface_hub import HfApi, RepoFile  # noqa: PLC0415 (slow; an extra)

    return {
        file.path: _File(file.size, file.lfs.sha256 if file.lfs else "", file.blob_id)
        for file in HfApi().list_repo_tree(repo, recursive=True, revision=commit)
        if isinstance(file, RepoFile)
    }


def _wanted(tree: dict[str, _File], to: Path) -> list[str]:
    """Return the paths to download: what is refused stays, and of weights those outside the index's parts."""
    parts = parts_of(mapping(to / INDEX))
    good = [path for path in sorted(tree) if not refusal(path) and not _is_variant(path, tree)]
    if not parts:
        return good
    return [
        path
        for path in good
        if path.partition("/")[0] in parts or ("/" not in path and not path.endswith(".safetensors"))
    ]


def _is_variant(path: str, tree: dict[str, _File]) -> bool:
    """Tell whether *path* has the weights of another file, in fewer bits; nobody loads it unasked."""
    twin = _VARIANT.sub("", path)
    return twin != path and twin in tree


def _compare(repo: str, folder: Path, files: dict[str, _File]) -> None:
    changed = [path for path, file in files.items() if not _is_same(folder / path, file)]
    for path in changed:
        remove(folder / path)
    if changed:
        raise BlobDamagedError(
            f"{repo}: these files have not the bytes that the hub lists, and were not kept; see which mirror "
            f"or proxy answers (HF_ENDPOINT), then again:{told(changed)}"
        )


def _is_same(path: Path, file: _File) -> bool:
    try:
        with path.open("rb") as stream:
            if file.sha256:
                return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
            content = stream.read()
    except FileNotFoundError:
        return False
    head = f"blob {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest() == file.blob


@contextmanager
def _explained(repo: str, commit: str) -> Iterator[None]:
    """Let what the hub's library raises leave as ours, with its cure."""
    try:
        from httpx2 import HTTPError  # noqa: PLC0415 (comes with the hub's library, an extra)
        from huggingface_hub.errors import (  # noqa: PLC0415
            GatedRepoError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )
    except ImportError as error:
        raise SettingsError(f"the hub needs a library ({error}): pip install 'reelmill[models]'") from error
    try:
        yield
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise SettingsError(
            f"{repo} does not open: read and accept its licence at huggingface.co/{repo}, then set HF_TOKEN "
            "to a token of that account"
        ) from error
    except RevisionNotFoundError as error:
        raise SettingsError(
            f"{repo} has no commit {commit}: see huggingface.co/{repo}/commits/main"
        ) from error
    except HTTPError as error:
        raise StorageError(f"the hub did not give {repo}: {error}: {_CURE}") from error
    except OSError as error:
        if error.filename is not None:
            raise of_disk(f"cannot keep {repo}", error) from error
        raise StorageError(f"the hub did not give {repo}: {error}: {_CURE}") from error
