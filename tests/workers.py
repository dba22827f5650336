"""Workers for tests of the pool: small ones that do, fail and die."""

import os
import signal
from typing import NoReturn

from schemas.errors import GenerationError


class Echo:
    """Answers what it is told."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def say(self, text: str) -> str:
        """Return *text* behind the prefix."""
        return f"{self._prefix}{text}"

    def refuse(self, text: str) -> NoReturn:
        """Raise one of our errors."""
        raise GenerationError(text)

    def stumble(self) -> float:
        """Raise somebody else's error."""
        return 1 / 0

    def die(self) -> None:
        """End the process as the kernel's out-of-memory killer would."""
        os.kill(os.getpid(), signal.SIGKILL)
