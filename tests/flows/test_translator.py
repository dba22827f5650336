"""Translating prompts with a command: what it is given, what is kept, and how it may fail."""

import json
import sys
import time
from pathlib import Path

import pytest

from flows.translator import Translator, english_of, untranslated
from schemas.brief import Brief
from schemas.errors import SettingsError
from schemas.settings import read_settings

UPPER = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().decode().upper().encode())"


@pytest.fixture(name="memory")
def _memory(tmp_path: Path) -> Path:
    return tmp_path / "home" / "cache" / "translations.json"


def command(tmp_path: Path, code: str) -> str:
    """Return a command line that runs *code* in Python."""
    path = tmp_path / "a translator.py"
    path.write_text(code, encoding="utf-8")
    return f"'{sys.executable}' '{path}'"


def counting(tmp_path: Path) -> str:
    """Return a translator that leaves a line in a file at every call."""
    return command(tmp_path, f"open({str(tmp_path / 'calls')!r}, 'a').write('x')\n{UPPER}")


def brief(**changes: object) -> Brief:
    """Return a small brief."""
    data: dict[str, object] = {
        "campaign": "c",
        "brand": {"name": "Kaffi", "tone": "calm", "colors": {"primary": "#000000", "accent": "#FFFFFF"}},
        "products": [{"id": "a", "title": "Blend", "images": ["a.png"]}],
        "locales": {"en-US": {}},
        "placements": ["meta_reels"],
        "storyboard": [{"id": "a", "show": "text", "prompt": "木桌上的咖啡"}],
    }
    return Brief.model_validate(data | changes)


def test_a_text_goes_through_the_command(tmp_path: Path, memory: Path) -> None:
    """In on its input, out on its output, on one line; any script, any quotes."""
    translator = Translator(command(tmp_path, UPPER), memory)

    assert translator.translate("ein 'Kaffee'\nim Café 咖啡") == "EIN 'KAFFEE' IM CAFÉ 咖啡"
    assert translator.translate("  ") == "  "


def test_what_was_said_is_kept(tmp_path: Path, memory: Path) -> None:
    """The same plan again, offline too; another command is asked anew."""
    line = counting(tmp_path)
    first = Translator(line, memory).translate("kaffee")
    again = Translator(line, memory).translate("kaffee")
    Translator(f"{line} other", memory).translate("kaffee")

    assert first == again == "KAFFEE"
    assert (tmp_path / "calls").read_text() == "xx"
    assert sorted(json.loads(memory.read_text()).values()) == ["KAFFEE", "KAFFEE"]
    assert [path.name for path in memory.parent.iterdir()] == ["translations.json"]


@pytest.mark.parametrize("kept", ["", "[]", "not json", '{"a": 1}', "\ud800"])
def test_a_damaged_memory_is_made_again(tmp_path: Path, memory: Path, kept: str) -> None:
    """It can be; the command is asked once more."""
    memory.parent.mkdir(parents=True)
    memory.write_bytes(kept.encode("utf-8", "surrogatepass"))

    assert Translator(command(tmp_path, UPPER), memory).translate("kaffee") == "KAFFEE"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise SystemExit('no such model')", "ended with 1, saying 'no such model'"),
        ("import os; os.kill(os.getpid(), 9)", "ended with -9"),
        ("", "wrote 0 characters"),
        ("print('x' * 5000)", "wrote 5000 characters"),
        (r"import sys; sys.stdout.buffer.write(b'\xff')", "wrote no UTF-8"),
    ],
    ids=["an error", "a signal", "nothing", "too much", "no text"],
)
def test_a_failing_translator_is_told_with_the_cure(
    tmp_path: Path, memory: Path, code: str, told: str
) -> None:
    """The command, what it did, the text, and the way out; nothing is kept."""
    with pytest.raises(SettingsError) as failed:
        Translator(command(tmp_path, code), memory).translate("kaffee")

    message = str(failed.value)
    assert message.startswith("REELMILL_TRANSLATOR=")
    assert told in message
    assert "for 'kaffee': try it in a shell" in message
    assert not memory.exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/no/such/program", "cannot be started, No such file"),
        ("'unclosed", "No closing quotation; mend the quotes"),
        ("   ", "holds no command"),
    ],
)
def test_a_command_that_cannot_run_is_named(memory: Path, line: str, told: str) -> None:
    """Before or when the first text is translated."""
    with pytest.raises(SettingsError, match="REELMILL_TRANSLATOR") as failed:
        Translator(line, memory).translate("kaffee")

    assert told in str(failed.value)


def test_a_slow_translator_is_ended_with_its_children(tmp_path: Path, memory: Path) -> None:
    """Also where it has ended itself, and what it started holds on to its output."""
    child = "import time, pathlib; time.sleep(1.5); pathlib.Path('{}').write_text('alive')"
    mark = tmp_path / "mark"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child.format(mark)!r}])"

    with pytest.raises(SettingsError, match=r"took over 0\.5 s"):
        Translator(command(tmp_path, code), memory, seconds=0.5).translate("kaffee")

    time.sleep(1.6)
    assert not mark.exists()


def test_prompts_and_tone_are_translated_once(tmp_path: Path, memory: Path) -> None:
    """Those of variants too; what stands twice is asked once, and without translator nothing is."""
    scenes = [{"id": name, "show": "text", "prompt": "kaffee"} for name in ("a", "b")]
    variants = [{"id": "v", "storyboard": [{"id": "a", "prompt": "tasse"}, {"id": "b"}]}]
    asked = brief(storyboard=scenes, variants=variants)

    english = english_of(asked, Translator(counting(tmp_path), memory))

    assert english == {"kaffee": "KAFFEE", "tasse": "TASSE", "": "", "calm": "CALM"}
    assert (tmp_path / "calls").read_text() == "xxx"
    assert english_of(asked, None) == {}


def test_prompts_in_other_scripts_are_noted() -> None:
    """Models read English; a German prompt they half understand, a Chinese one few do."""
    variants = [{"id": "v", "storyboard": [{"id": "a", "prompt": "чашка кофе"}]}]

    (note,) = untranslated(brief(variants=variants))

    assert note.startswith("prompts: scene a, scene a of variant v: not in Latin script, sent as written")
    assert note.endswith("set REELMILL_TRANSLATOR to a command that translates into English")
    assert [*untranslated(brief(storyboard=[]))] == []


def test_settings_name_policy_and_translator(tmp_path: Path) -> None:
    """Both may be left out."""
    environ = {"REELMILL_HOME": str(tmp_path), "REELMILL_POLICY": "~/p.yaml", "REELMILL_TRANSLATOR": "mt -q"}

    settings, plain = read_settings(environ), read_settings({})

    assert settings.policy == Path("~/p.yaml").expanduser()
    assert settings.translator == "mt -q"
    assert settings.translations == tmp_path / "cache" / "translations.json"
    assert (plain.policy, plain.translator) == (None, None)
