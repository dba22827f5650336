"""Translates prompts into English with a command of the operator's, and remembers what it said."""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flows.word_search import is_latin
from schemas.brief import Brief
from schemas.errors import SettingsError
from schemas.record import content_key
from schemas.wording import shown
from storage.aside import aside

SECONDS = 60.0
"""How long the command may take for one text."""
_LENGTH_MAX = 4000
"""Characters of a translation: a prompt has at most 600."""


class Translator:
    """Translates with one command, which reads a text on its input and writes English on its output.

    What it wrote is kept in a file, by command and text: the same brief gives the same plan again, also where
    the command is out of reach.
    """

    def __init__(self, command: str, memory: Path, seconds: float = SECONDS) -> None:
        """Translate with *command*, split as a shell would, and keep what it says in the file *memory*.

        Raises SettingsError for a command that cannot be split.
        """
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise SettingsError(f"REELMILL_TRANSLATOR={command!r}: {error}; mend the quotes") from error
        if not self._words:
            raise SettingsError(f"REELMILL_TRANSLATOR={command!r}: holds no command; unset it, or name one")
        self._command = command
        self._memory = memory
        self._seconds = seconds

    def translate(self, text: str) -> str:
        """Return *text* in English. Raises SettingsError if the command fails, or is too slow."""
        if not text.strip():
            return text
        key = content_key([self._words, text])
        if key not in (known := self._recall()):
            known = {**known, key: self._ask(text)}
            self._keep(known)
        return known[key]

    def _ask(self, text: str) -> str:
        answer = self._run(text)
        try:
            english = " ".join(answer.decode().split())
        except UnicodeDecodeError as error:
            raise self._failed(text, "wrote no UTF-8") from error
        if not english or len(english) > _LENGTH_MAX:
            raise self._failed(text, f"wrote {len(english)} characters")
        return english

    def _run(self, text: str) -> bytes:
        try:
            process = subprocess.Popen(  # noqa: S603 (the operator's own command)
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # so that its children can be ended with it
            )
        except OSError as error:
            raise self._failed(text, f"cannot be started, {error.strerror}") from error
        with process:
            try:
                answer, said = process.communicate(text.encode(), timeout=self._seconds)
            except subprocess.TimeoutExpired as error:
                raise self._failed(text, f"took over {self._seconds:g} s") from error
            finally:
                _end(process)
        if process.returncode:
            raise self._failed(text, f"ended with {process.returncode}, saying {_last_line(said)}")
        return answer

    def _failed(self, text: str, what: str) -> SettingsError:
        cure = "try it in a shell with that text on its input, or unset the variable to send texts as written"
        return SettingsError(f"REELMILL_TRANSLATOR={self._command!r} {what} for {shown(text)}: {cure}")

    def _recall(self) -> dict[str, str]:
        """Return what was kept; nothing where the file is none of ours, for it can be made again."""
        with suppress(OSError, ValueError):
            known = json.loads(self._memory.read_text("utf-8"))
            if isinstance(known, dict):
                return {key: text for key, text in known.items() if isinstance(text, str)}
        return {}

    def _keep(self, known: dict[str, str]) -> None:
        try:
            with aside(self._memory.parent, ".translations-") as folder:
                file = folder / self._memory.name
                file.write_text(json.dumps(known, ensure_ascii=False, indent=0, sort_keys=True), "utf-8")
                file.replace(self._memory)
        except OSError as error:
            raise SettingsError(f"{self._memory}: {error.strerror}; see that it can be written") from error


def english_of(brief: Brief, translator: Translator | None) -> dict[str, str]:
    """Return the English of every prompt of *brief* and of its tone, by the text; without translator none."""
    texts = dict.fromkeys(text for _, text in _prompts(brief))
    return {text: translator.translate(text) for text in texts} if translator else {}


def untranslated(brief: Brief) -> Iterator[str]:
    """Yield a note that names the prompts that are sent as written though they are not in Latin script."""
    if names := [name for name, text in _prompts(brief) if not is_latin(text)]:
        cure = "set REELMILL_TRANSLATOR to a command that translates into English"
        yield f"prompts: {', '.join(names)}: not in Latin script, sent as written; {cure}"


def _prompts(brief: Brief) -> Iterator[tuple[str, str]]:
    """Yield what models are sent of the author's words, each with its name."""
    for scene in brief.storyboard:
        yield f"scene {scene.id}", scene.prompt
    for variant in brief.variants:
        for change in variant.storyboard:
            yield f"scene {change.id} of variant {variant.id}", change.prompt or ""
    yield "the tone", brief.brand.tone


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command that still runs, and all that it started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").split("\n")
    return shown(next((line.strip() for line in reversed(lines) if line.strip()), ""))
