"""Loads a diffusers pipeline from a folder: safetensors only, no code from it, and checked afterwards."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors import SafetensorError

from actors.backends import Checkpoint, Entry
from actors.backends.diffusion.soundness import check_pipeline
from schemas.errors import GenerationError, SettingsError
from schemas.settings import set_defaults

Dtypes = dict[str, torch.dtype]
"""Precision by part; ``default`` for all others."""

_UNREADABLE = (
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    TypeError,
    AttributeError,
    SafetensorError,
)
"""What diffusers and transformers raise for files that are not what they expect."""

_CALM = {
    "HF_HUB_OFFLINE": "1",
    "DIFFUSERS_DISABLE_REMOTE_CODE": "true",
    "DIFFUSERS_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}
"""A worker asks no hub, runs no code out of a checkpoint, and logs what is wrong, not what is usual."""


def load_pipeline(
    entry: Entry, folder: Path | None, name: str, *, device: str, full: tuple[str, ...] = ()
) -> Any:  # noqa: ANN401 (a class of diffusers, which ships no types)
    """Return the diffusers pipeline *name* with the checkpoint in *folder*, on the CPU.

    It is bf16 for a GPU, but for the parts in *full*, and fp32 for the CPU. Raises SettingsError where
    diffusers is missing, and GenerationError for a checkpoint that does not load, or not whole.
    """
    if folder is None:
        raise GenerationError(f"{entry.name} was given no checkpoint: `reelmill models check {entry.name}`")
    if not (folder / "model_index.json").is_file():
        told = f"{folder} holds no checkpoint of diffusers: it has no model_index.json"
        raise GenerationError(f"{entry.name}: {told}; fetch it again")
    kind = getattr(_diffusers(), name)
    try:
        pipe = kind.from_pretrained(
            str(folder),
            dtype=_dtypes(device, full),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
    except ImportError as error:
        raise _lacking(error) from error
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())[:400]
        cure = f"`reelmill models check {entry.name}` compares it with its manifest"
        raise GenerationError(f"{entry.name}: {folder} does not load as {name}: {reason}; {cure}") from error
    _check_classes(pipe, folder, entry.name)
    check_pipeline(pipe, folder, entry.name)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def sharing(pipe: Any, name: str, parts: Iterable[str], **config: object) -> Any:  # noqa: ANN401 (diffusers)
    """Return the diffusers pipeline *name* made of *parts* of *pipe*: another way to use the same weights."""
    other = getattr(_diffusers(), name)(**{part: pipe.components[part] for part in parts}, **config)
    other.set_progress_bar_config(disable=True)
    return other


def quicken(transformer: Any, weights: Checkpoint) -> None:  # noqa: ANN401 (a class of diffusers)
    """Switch on the step cache that the table line of a model names, if any."""
    if weights.cache:
        kind, _, threshold = weights.cache.partition(":")
        if kind != "first_block":
            raise GenerationError(f"unknown step cache {weights.cache!r}; use first_block:THRESHOLD")
        transformer.enable_cache(_diffusers().FirstBlockCacheConfig(threshold=float(threshold)))


def compile_blocks(transformer: Any, weights: Checkpoint) -> None:  # noqa: ANN401 (a class of diffusers)
    """Compile the repeated blocks where the table line says so: once *transformer* is where it works."""
    if weights.compile:
        transformer.compile_repeated_blocks()


def _check_classes(pipe: Any, folder: Path, model: str) -> None:  # noqa: ANN401 (a class of diffusers)
    """Raise GenerationError if a network is not of the class that *pipe* takes; diffusers only logs it."""
    for name, kinds in type(pipe)._get_signature_types().items():  # noqa: SLF001 (there is no other way to ask)
        part = pipe.components.get(name)
        wanted = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, torch.nn.Module)]
        if isinstance(part, torch.nn.Module) and wanted and not isinstance(part, tuple(wanted)):
            takes, has = " or ".join(kind.__name__ for kind in wanted), type(part).__name__
            raise GenerationError(
                f"{model}: {name} of {folder} is a {has}, and {type(pipe).__name__} takes a {takes}: another "
                "model's checkpoint lies there"
            )


def _dtypes(device: str, full: tuple[str, ...]) -> torch.dtype | Dtypes:
    if device == "cpu":
        return torch.float32
    return {"default": torch.bfloat16, **dict.fromkeys(full, torch.float32)}


def _diffusers() -> ModuleType:
    set_defaults(_CALM)
    try:
        import_module("ftfy")  # several pipelines raise a NameError at the first prompt without it
        import_module("transformers.utils.logging").disable_progress_bar()
        import_module("diffusers.utils.logging").disable_progress_bar()
        return import_module("diffusers")
    except ImportError as error:
        raise _lacking(error) from error


def _lacking(error: ImportError) -> SettingsError:
    what = error.name or " ".join(str(error).split())[:200]
    return SettingsError(f"open-weights models need {what}: pip install 'reelmill[models]' where workers run")
