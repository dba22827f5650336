"""Looks whether a loaded pipeline is the checkpoint that it was loaded from.

Neither diffusers nor transformers is strict. A layer that the files do not have is left random, one that the
settings do not ask for is left out, and a lost vocabulary is replaced by an empty one, at most with a line in
a log.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from actors.headers import Tensor, read_header
from schemas.errors import GenerationError, MediaError

_SENTENCE = "a red cup of coffee on a wooden table near the window"
_UNKNOWN_MAX = 0.2
"""Greatest share of a plain English sentence that a tokenizer may not know."""
_TOKENS_MIN = 0.5
"""Least share of a text encoder's rows that its tokenizer must have words for; real ones have nearly all."""
_NAMED_MAX = 3
_ADAPTED = re.compile(r"\.(fp16|bf16|fp32)[.-]")


def check_pipeline(pipeline: Any, folder: Path, model: str) -> None:  # noqa: ANN401 (a class of diffusers)
    """Compare every part of *pipeline* with its files in *folder*, right after loading; *model* is its name.

    Parts that were not loaded are passed over. Raises GenerationError with part, layer and cure for weights
    that are missing, of other shapes, left over or not finite, and for a tokenizer that lost its words.
    """
    from torch import nn  # noqa: PLC0415 (seconds; a test of tokenizers needs none)

    parts = {name: part for name, part in pipeline.components.items() if part is not None}
    for name, part in parts.items():
        if isinstance(part, nn.Module):
            check_weights(name, part, folder / name, model)
            check_finite(name, part, model)
        if name.startswith("tokenizer") and name.replace("tokenizer", "text_encoder", 1) in parts:
            check_tokenizer(name, part, parts[name.replace("tokenizer", "text_encoder", 1)], model)


def check_weights(part: str, module: Any, folder: Path, model: str) -> None:  # noqa: ANN401 (any torch module)
    """Compare names and shapes of the weights of *module* with those of the safetensors files in *folder*.

    Names that the library changes while loading are changed here too, and weights that are tied to another
    count as there. Raises GenerationError where one is missing, has another shape or is left over.
    """
    wanted = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    try:
        there = _renamed(module, _headers(folder), wanted)
    except MediaError as error:
        raise _unsound(part, str(error), model) from error
    missing = sorted(
        wanted.keys() - there.keys() - _tied(module, there) - _forgiven(module, wanted, "missing")
    )
    if missing:
        raise _unsound(part, f"its files lack {_some(missing)}, so that they are random numbers", model)
    for name, shape in there.items():
        if shape is not None and name in wanted and shape != wanted[name]:
            told = f"{name} is {list(shape)} in its files and {list(wanted[name])} by its settings"
            raise _unsound(part, told, model)
    unused = sorted(there.keys() - wanted.keys() - _forgiven(module, there, "unexpected"))
    if unused := [name for name in unused if _matters(module, name, wanted)]:
        raise _unsound(part, f"its settings leave out {_some(unused)} of its files", model)


def check_loading(part: str, info: Mapping[str, Iterable[Any]], model: str) -> None:
    """Raise GenerationError unless *info*, from ``output_loading_info=True``, tells of nothing amiss."""
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        if found := sorted(map(str, info.get(kind, ()))):
            raise _unsound(part, f"loading told of {kind.replace('_', ' ')}: {_some(found)}", model)


def check_finite(part: str, module: Any, model: str) -> None:  # noqa: ANN401 (any torch module)
    """Raise GenerationError if a weight of *module* is infinite or no number."""
    import torch  # noqa: PLC0415 (seconds; reading headers needs none)

    for name, weight in module.named_parameters():
        if (
            weight.is_meta
            or not weight.is_floating_point()
            or weight.element_size() == 1
            or not weight.numel()
        ):
            continue
        least, most = torch.aminmax(weight.detach())
        if not (torch.isfinite(least) and torch.isfinite(most)):
            raise _unsound(part, f"{name} holds values that are no finite numbers", model)


def check_tokenizer(part: str, tokenizer: Any, encoder: Any, model: str) -> None:  # noqa: ANN401 (of transformers)
    """Raise GenerationError unless *tokenizer* has words for the rows of *encoder*, and knows English."""
    size, rows = len(tokenizer), encoder.get_input_embeddings().weight.shape[0]
    if size < rows * _TOKENS_MIN:
        raise _unsound(
            part, f"it has {size} tokens and its text encoder {rows}: its vocabulary is lost", model
        )
    if (most := max(tokenizer.get_vocab().values())) >= rows:
        raise _unsound(part, f"its token {most} has no row in its text encoder, which has {rows}", model)
    ids = tokenizer(_SENTENCE, add_special_tokens=False).input_ids
    share = sum(token == tokenizer.unk_token_id for token in ids) / len(ids) if ids else 1.0
    if share > _UNKNOWN_MAX:
        raise _unsound(part, f"it does not know {share:.0%} of {_SENTENCE!r}: its vocabulary is lost", model)


def _headers(folder: Path) -> dict[str, Tensor]:
    """Return the tensors that are loaded from *folder*: of the files of its index, or of all but variants.

    Raises MediaError where there is none, or one is not whole.
    """
    indices = sorted(
        path for path in folder.glob("*.safetensors.index.json") if not _ADAPTED.search(path.name)
    )
    if indices:
        files = [
            folder / name
            for name in sorted({*json.loads(indices[0].read_text("utf-8"))["weight_map"].values()})
        ]
    else:
        every = sorted(folder.glob("*.safetensors"))
        files = [path for path in every if not _ADAPTED.search(path.name)] or every
    if not files:
        raise MediaError(f"{folder} has no safetensors file")
    found: dict[str, Tensor] = {}
    for file in files:
        found |= read_header(file)
    return found


def _renamed(
    module: Any,  # noqa: ANN401 (any torch module)
    headers: Mapping[str, Tensor],
    wanted: Mapping[str, tuple[int, ...]],
) -> dict[str, tuple[int, ...] | None]:
    """Return the shapes of *headers* by the names in *module*; None where loading changes the tensor too."""
    shapes: dict[str, tuple[int, ...] | None] = {name: tensor.shape for name, tensor in headers.items()}
    if hasattr(module, "base_model_prefix"):
        return _of_transformers(module, shapes, wanted)
    if hasattr(module, "_fix_state_dict_keys_on_load"):
        module._fix_state_dict_keys_on_load(shapes)  # noqa: SLF001 (diffusers does so with the tensors)
    return shapes


def _of_transformers(
    module: Any,  # noqa: ANN401 (of transformers)
    shapes: Mapping[str, tuple[int, ...] | None],
    wanted: Mapping[str, tuple[int, ...]],
) -> dict[str, tuple[int, ...] | None]:
    from transformers.conversion_mapping import get_model_conversion_mapping  # noqa: PLC0415 (an extra)
    from transformers.core_model_loading import (  # noqa: PLC0415
        WeightConverter,
        WeightRenaming,
        rename_source_key,
    )

    changes = get_model_conversion_mapping(module)
    renamings = [change for change in changes if isinstance(change, WeightRenaming)]
    converters = [change for change in changes if isinstance(change, WeightConverter)]
    found: dict[str, tuple[int, ...] | None] = {}
    for name, shape in sorted(shapes.items()):
        new, converted = rename_source_key(
            name, renamings, converters, module.base_model_prefix, dict(wanted)
        )
        found[new] = None if converted else shape
    return found


def _tied(module: Any, there: Iterable[str]) -> set[str]:  # noqa: ANN401 (any torch module)
    """Return the names of weights that are the same as one that is *there*."""
    every = [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
    present = set(there)
    same = {id(value) for name, value in every if name in present}
    return {name for name, value in every if id(value) in same}


def _forgiven(module: Any, names: Iterable[str], kind: str) -> set[str]:  # noqa: ANN401 (any torch module)
    """Return those of *names* that the library itself says may be missing or unexpected, as *kind* says."""
    patterns = list(getattr(module, f"_keys_to_ignore_on_load_{kind}", None) or ())
    if kind == "unexpected":
        patterns += [r"rotary_emb\.inv_freq", r"(^|\.)position_ids$"]
    return {name for name in names if any(re.search(pattern, name) for pattern in patterns)}


def _matters(module: Any, name: str, wanted: Iterable[str]) -> bool:  # noqa: ANN401 (any torch module)
    """Tell whether *name*, that nothing was loaded into, should have been.

    A text encoder may be one half of its file, whose decoder or head nobody asks for; but another layer of
    those that it has is one that its settings forgot.
    """
    if not hasattr(module, "base_model_prefix"):
        return True
    prefix = f"{module.base_model_prefix}."
    return _pattern(name, prefix) in {_pattern(other, prefix) for other in wanted}


def _pattern(name: str, prefix: str) -> str:
    """Return *name* for any number of its layer, and without *prefix*, which a whole model puts before it."""
    return re.sub(r"(?<=\.)\d+(?=\.)", "#", name.removeprefix(prefix))


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED_MAX
    return ", ".join(names[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def _unsound(part: str, what: str, model: str) -> GenerationError:
    return GenerationError(
        f"model {model!r}, {part}: {what}; `reelmill models check {model}` tells whose fault it is"
    )
