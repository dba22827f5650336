"""The image's parts: linted, built from what is let in, and scripts that do what they say."""

import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import pytest
from moto import mock_aws

from tests.deploy.deployed import BIN, DEPLOY, ROOT

IMAGE = DEPLOY / "image"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
SCRIPTS = [*DEPLOY.rglob("*.sh"), *Path(__file__).parent.glob("*.sh")]


def test_linters_find_nothing() -> None:
    """Neither in the Dockerfile nor in a script."""
    linted = subprocess.run(
        [BIN / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    checked = subprocess.run([BIN / "shellcheck", *SCRIPTS], capture_output=True, text=True, check=False)

    assert (linted.stdout, linted.returncode) == ("", 0)
    assert (checked.stdout, checked.returncode) == ("", 0)


def test_what_is_copied_is_there_and_let_in() -> None:
    """.dockerignore lets nothing in but what it names."""
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
        if not word.startswith("--")
    ]
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in ignore if line.startswith("!")]

    assert "*" in ignore
    for path in copied:
        assert (ROOT / path).exists(), path
        assert any(path == one or fnmatch(path, f"{one}/*") for one in let_in), path


def test_the_image_runs_as_the_person_that_its_step_makes() -> None:
    """Manifests and volumes name the number; a build argument would stay readable in the image's history."""
    [person] = re.findall(r"^PERSON=(\d+)", (IMAGE / "install.sh").read_text(), re.MULTILINE)
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    arguments = re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE)

    assert f"USER {person}:{person}" in last_stage
    assert not {name for name in arguments if re.search("KEY|SECRET|PASSWORD|TOKEN", name)}
    assert re.search(r"^ARG PYTHON=\d+\.\d+\.\d+-slim-bookworm$", DOCKERFILE, re.MULTILINE)


def _enter(home: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", IMAGE / "entrypoint.sh", *command],
        env={"PATH": os.environ["PATH"], "REELMILL_HOME": str(home), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_secret_comes_from_a_file_and_only_from_there(tmp_path: Path) -> None:
    """Without the line's end; twice told, or lacking, nothing starts."""
    told = tmp_path / "told"
    told.write_text("postgresql://a:b@c/d\n")
    command = ("bash", "-c", 'echo "[$REELMILL_DATABASE_URL]${REELMILL_DATABASE_URL_FILE-}"')
    read = _enter(tmp_path, *command, REELMILL_DATABASE_URL_FILE=str(told))
    twice = _enter(tmp_path, *command, REELMILL_DATABASE_URL_FILE=str(told), REELMILL_DATABASE_URL="x")
    lacking = _enter(tmp_path, *command, AWS_SECRET_ACCESS_KEY_FILE=str(tmp_path / "none"))

    assert read.stdout == "[postgresql://a:b@c/d]\n"
    assert (twice.returncode, twice.stdout, lacking.returncode, lacking.stdout) == (3, "", 3, "")
    assert "REELMILL_DATABASE_URL and REELMILL_DATABASE_URL_FILE are both set" in twice.stderr
    assert f"AWS_SECRET_ACCESS_KEY_FILE={tmp_path / 'none'}: no such file" in lacking.stderr


def test_a_bucket_is_made_once_and_a_brief_comes_after_its_media(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A watcher that sees the brief first would find its pictures lacking."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("a.yaml", "media/z.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    with mock_aws():
        for words in (["bucket", "ads"], ["bucket", "ads"], ["upload", str(tmp_path), "s3://ads/inbox/x/"]):
            monkeypatch.setattr(sys, "argv", words)
            runpy.run_path(str(IMAGE / f"{words[0]}.py"))

    assert capsys.readouterr().out.split() == ["s3://ads/inbox/x/media/z.png", "s3://ads/inbox/x/a.yaml"]


@pytest.fixture(name="ray")
def _ray(tmp_path: Path) -> Path:
    """A `ray` that is up at once, and notes when it is ended."""
    program = tmp_path / "ray"
    program.write_text(
        "#!/bin/bash\necho $$ > ray.pid\necho Ray runtime started.\n"
        "trap 'echo ended > ray.ended; exit 0' TERM\nwhile true; do sleep 0.05; done\n"
    )
    program.chmod(0o755)
    return tmp_path


@contextmanager
def _on_ray(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have a worker with one run; both note when they are told to end, and the run takes a moment."""
    forever = "while true; do sleep 0.05; done"
    own_run = f"(trap 'echo run >> told; sleep 0.3; exit 0' TERM; echo > begun; {forever}) & run=$!"
    script = f"{own_run}; trap 'echo worker >> told; wait $run; exit 7' TERM; {forever}"
    with socket.create_server(("127.0.0.1", 0)) as head:
        environ = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "RAY_ADDRESS": f"127.0.0.1:{head.getsockname()[1]}",
        }
        command = ["bash", IMAGE / "on-ray.sh", "bash", "-c", script]
        with subprocess.Popen(command, cwd=folder, env=environ) as process:
            _wait_for(folder / "begun")
            yield process


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.02)


def test_a_worker_is_told_once_to_end_and_its_node_ends_with_it(ray: Path) -> None:
    """So are its runs, of which Prefect tells none; a second signal would kill what is being made."""
    with _on_ray(ray) as process:
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)

    assert code == 7
    assert sorted((ray / "told").read_text().split()) == ["run", "worker"]
    assert (ray / "ray.ended").exists()


def test_a_worker_ends_when_its_node_is_lost(ray: Path) -> None:
    """Without a node it could start nothing; whoever restarts containers starts both again."""
    with _on_ray(ray) as process:
        os.kill(int((ray / "ray.pid").read_text()), signal.SIGKILL)
        code = process.wait(20)

    assert code == 7
    assert sorted((ray / "told").read_text().split()) == ["run", "worker"]
