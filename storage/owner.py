"""Who holds a run: a process, at one start of a run."""

import uuid
from typing import NamedTuple, Self

from storage.processes import is_gone, this_process


class Owner(NamedTuple):
    """The process that makes a campaign; its text stands in the run's row."""

    process: str
    """Its name, from `storage.processes`: ``host.boot.namespace.id.start``."""
    token: str
    """Tells two starts of a run by one process apart."""

    @classmethod
    def here(cls) -> Self:
        """Return this process, for a new run."""
        return cls(this_process(), uuid.uuid4().hex)

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the owner that *text*, from `text`, tells of."""
        process, _, token = text.partition(" ")
        return cls(process, token)

    @property
    def text(self) -> str:
        """The owner as one word a field."""
        return f"{self.process} {self.token}"

    @property
    def host(self) -> str:
        """The name of its machine, for people."""
        return self.process.rsplit(".", 4)[0]

    @property
    def pid(self) -> int:
        """The process's number there, for people."""
        return int(self.process.rsplit(".", 2)[-2])

    @property
    def is_gone(self) -> bool:
        """Whether it is provably gone; False also where nothing can be told from here."""
        return is_gone(self.process)
