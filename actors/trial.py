"""Tries Ray or the GPUs out, in a process of its own that may hang: one JSON object on standard output.

python -m actors.trial ray|gpus
"""

import json
import os
import platform
import sys
from typing import TYPE_CHECKING

from schemas.errors import SettingsError
from schemas.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping


def try_ray(settings: Settings) -> "Mapping[str, object]":
    """Have Ray, as a run has it, and return what it offers. Raises SettingsError where it cannot be had."""
    import ray  # noqa: PLC0415 (a look at GPUs needs none)

    from actors.cluster import started  # noqa: PLC0415

    with started(settings) as capacity:
        return {**capacity.model_dump(), "ray": ray.__version__, "python": platform.python_version()}


def try_gpus() -> "Mapping[str, object]":
    """Multiply a small matrix on each GPU; return their names and free bytes, and the CUDA of torch."""
    import torch  # noqa: PLC0415 (slow to import)

    if not torch.cuda.is_available():
        raise SettingsError(f"torch {torch.__version__} sees no GPU")
    names, free = [], []
    for number in range(torch.cuda.device_count()):
        ones = torch.ones(64, 64, device=f"cuda:{number}", dtype=torch.bfloat16)
        if float((ones @ ones)[0, 0]) != ones.shape[0]:
            raise SettingsError(f"GPU {number} reckons wrongly: {torch.cuda.get_device_name(number)}")
        names.append(torch.cuda.get_device_name(number))
        free.append(torch.cuda.mem_get_info(number)[0])
    return {"names": names, "free": free, "cuda": torch.version.cuda or "", "torch": torch.__version__}


def main() -> None:
    """Try out what the command line names; what it prints besides goes to standard error."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        facts = try_ray(read_settings()) if sys.argv[1] == "ray" else try_gpus()
    except (SettingsError, ImportError, RuntimeError) as error:
        facts = {"problem": " ".join(str(error).split())}
    with os.fdopen(stdout, "w") as out:
        json.dump(facts, out)


if __name__ == "__main__":
    main()
