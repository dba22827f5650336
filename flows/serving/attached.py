"""Runs a Python module that ends with the process that started it, however that ends.

    python -m flows.serving.attached PARENT MODULE ARGUMENTS...

The kernel sends SIGTERM when the thread is gone that started it (prctl(2), PR_SET_PDEATHSIG).
"""

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1


def attached(module: str, *arguments: str) -> list[str]:
    """Return the command that runs *module* until it ends, or this process does."""
    return [sys.executable, "-m", "flows.serving.attached", str(os.getpid()), module, *arguments]


def same_imports() -> dict[str, str]:
    """Return this process's environment, in which a module is found where this process finds it."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def main() -> None:
    """Attach to the parent and become the module."""
    parent, module, *rest = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit("whoever started this is gone")
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
