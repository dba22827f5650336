"""How clips come from Runway's models: asked for once, followed, fetched and checked; from a local server."""

import base64
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from actors.backends import VIDEO_MODELS, Entry, FrameRule, Materials, Service, Site
from actors.backends.runway import Runway, credits_of, downloads
from actors.backends.runway.downloads import is_local
from actors.backends.runway.exchange import as_data_uri
from actors.backends.runway.patience import Pace, Patience
from actors.video import read_frames
from schemas.brief import Palette
from schemas.errors import GenerationError, ServiceError, SettingsError, StoppedError, StorageError
from schemas.plan import Given, Shot
from tests.faults import Fault as LineFault
from tests.faults import FaultProxy
from tests.runway_server import (
    CREDITS,
    FPS,
    QUICK,
    RATIOS,
    SECONDS,
    Fault,
    RunwayServer,
    facts,
    make_clip,
    runway_server,
)

__all__ = ["runway_server"]

ROWS = sorted(name for name, entry in VIDEO_MODELS.items() if entry.path == "actors.backends.runway:Runway")
CREATE = "POST /v1/text_to_video"
LOOK = "GET /v1/tasks/"
OUTPUT = "GET /output/"


class Memory:
    """Notes that forget nothing, and a watch that stops at a step of choice."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.texts: list[str] = []
        self.percents: list[int] = []
        self.stop: Callable[[], bool] = lambda: False

    def recall(self, key: str) -> str | None:
        return self.kept.get(key)

    def keep(self, key: str, text: str) -> None:
        self.kept[key] = text
        self.texts.append(text)

    def step(self, done: int, of: int) -> None:
        self.percents.append(done * 100 // of)
        if self.stop():
            raise StoppedError("stopped by the test")


@pytest.fixture
def memory() -> Memory:
    """The notes and the watch."""
    return Memory()


def a_row(model: str = "gen4.5", *tasks: Any, **changes: Any) -> Entry:
    """Return a line of the table whose clips are small."""
    seconds = {"veo3.1": 4}.get(model, 2)
    entry = Entry(
        path="actors.backends.runway:Runway",
        revision=f"runway-{model}/1",
        tasks=tasks or ("text", "image"),
        gpus=0,
        cpus=0.25,
        memory_bytes=1,
        seconds=1,
        licence="",
        sizes=((160, 96),),
        frames=FrameRule(fps=FPS, step=24, least=24 * seconds, most=240),
        service=Service(
            key="RUNWAYML_API_SECRET",
            model=model,
            concurrency=2,
            credits_per_second=CREDITS[model],
            credits_max=1000,
        ),
        note="",
    )
    return entry.model_copy(update=changes)


def a_shot(entry: Entry, *, frames: int = 40, **changes: Any) -> Shot:
    """Return a shot that the model of *entry* is to make."""
    width, height = entry.sizes[0]
    shot = Shot(
        show="text",
        still="",
        prompt="steam over a cup",
        camera="hold",
        palette=Palette(background="#000000", primary="#ffffff", accent="#ff0000", text="#ffffff"),
        width=width,
        height=height,
        frames=frames,
        seed=7,
        model=entry.revision,
        fps=entry.frames.fps,
    )
    return shot.model_copy(update=changes)


def render(
    entry: Entry, shot: Shot, memory: Memory, materials: Materials | None = None
) -> list[NDArray[np.uint8]]:
    """Have *shot* made; return its frames."""
    model = Runway(entry, Site("cpu", None, memory))
    return list(model.render(shot, materials or Materials(), shrink=0, watch=memory).frames)


def a_still(folder: Path, size: tuple[int, int] = (300, 200)) -> Path:
    """Draw a picture with a white disc at its right, cut out."""
    width, height = size
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    disc = np.hypot(across - 0.75 * width, down - height / 2) < height / 5
    pixels = np.where(disc[..., None], 255, [30, 60, 90]).astype(np.uint8)
    path = folder / f"still-{width}.png"
    Image.fromarray(np.dstack((pixels, disc * np.uint8(255)))).save(path)
    return path


def test_a_shot_of_words_comes_as_asked(runway_server: RunwayServer, memory: Memory) -> None:
    """Exactly as many frames as the shot has, of the clip that was made; the surplus is trimmed."""
    entry = a_row()
    shot = a_shot(entry)

    frames = render(entry, shot, memory)

    (asked,) = runway_server.creations
    assert asked["promptText"] == shot.prompt
    assert (asked["ratio"], asked["duration"], asked["seed"]) == ("160:96", 2, 7)
    assert [frame.shape for frame in frames] == [(160 * 96 * 3 // 2,)] * 40
    assert memory.percents[-1] == 100
    assert memory.percents == sorted(memory.percents)


def test_frames_are_those_of_the_clip(runway_server: RunwayServer, memory: Memory, tmp_path: Path) -> None:
    """Nothing is converted on the way."""
    entry = a_row()
    path = tmp_path / "sent.mp4"
    path.write_bytes(make_clip((160, 96), 48, FPS, 7))

    frames = render(entry, a_shot(entry), memory)

    assert runway_server.problems == []
    assert all(np.array_equal(a, b) for a, b in zip(frames, read_frames(path), strict=False))


def test_a_shot_of_a_picture_shows_its_subject(
    runway_server: RunwayServer, memory: Memory, tmp_path: Path
) -> None:
    """The picture goes as a JPEG of the shot's size, and its subject is whole in it."""
    entry = a_row("gen4_turbo", "image")
    shot = a_shot(entry, show="product", still="a", prompt="")

    frames = render(entry, shot, memory, Materials(still=a_still(tmp_path, (900, 200))))

    (asked,) = runway_server.creations
    assert asked["endpoint"] == "image_to_video"
    (sent,) = asked["promptImage"]
    picture = Image.open(BytesIO(base64.b64decode(sent["uri"].partition(",")[2])))
    assert (sent["position"], picture.size) == ("first", (160, 96))
    left, top, right, bottom = picture.convert("L").point([0] * 150 + [255] * 106).getbbox() or (0, 0, 0, 0)
    assert 0 < left < right < 160
    assert 0 < top < bottom < 96
    assert abs((right - left) - (bottom - top)) < 3
    assert len(frames) == 40


def test_first_and_last_picture_go_together(
    runway_server: RunwayServer, memory: Memory, tmp_path: Path
) -> None:
    """Veo takes both; it is told to make no sound, and what to avoid."""
    entry = a_row("veo3.1", "text", "image", "first_last")
    shot = a_shot(entry, show="image", still="a", given=Given(until="b"), negative="blur")
    materials = Materials(still=a_still(tmp_path), until=a_still(tmp_path, (200, 200)))

    render(entry, shot, memory, materials)

    (asked,) = runway_server.creations
    assert [picture["position"] for picture in asked["promptImage"]] == ["first", "last"]
    assert (asked["audio"], asked["negativePrompt"], asked["duration"]) == (False, "blur", 4)


def test_a_restyled_video_keeps_size_and_length(
    runway_server: RunwayServer, memory: Memory, tmp_path: Path
) -> None:
    """The input is fitted to size, rate and length of the shot before it is lent."""
    entry = a_row("aleph2", "restyle")
    shot = a_shot(entry, show="video", given=Given(video="v", task="restyle"))
    video = tmp_path / "given.mp4"
    video.write_bytes(make_clip((128, 128), 70, 30, 3))

    frames = render(entry, shot, memory, Materials(video=video))

    (lent,) = runway_server.uploads.values()
    assert facts(lent) == (160, 96, 48)
    assert len(frames) == 40


def test_a_video_that_is_too_short_is_not_sent(
    runway_server: RunwayServer, memory: Memory, tmp_path: Path
) -> None:
    """Nothing is paid for a clip that would be too short."""
    entry = a_row("aleph2", "restyle")
    shot = a_shot(entry, show="video", given=Given(video="v", task="restyle"))
    video = tmp_path / "given.mp4"
    video.write_bytes(make_clip((160, 96), 30, 30, 3))

    with pytest.raises(GenerationError, match=r"given.mp4: lasts 1.0 s where the shot takes 2.0 s"):
        render(entry, shot, memory, Materials(video=video))

    assert runway_server.heard == []


@pytest.mark.parametrize("fps", [12, 25, 30, 60])
def test_another_rate_is_retimed(runway_server: RunwayServer, memory: Memory, fps: int) -> None:
    """Frames are repeated or left out; there are as many as were asked for."""
    entry = a_row()
    runway_server.clip_fps = fps

    assert len(render(entry, a_shot(entry, frames=48), memory)) == 48


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_refused_creation_is_tried_again(runway_server: RunwayServer, memory: Memory, status: int) -> None:
    """The service began nothing; its wish for rest is heard."""
    entry = a_row()
    runway_server.faults.append(Fault(CREATE, status, headers={"retry-after": "0.1"}, times=2))

    render(entry, a_shot(entry), memory)

    assert runway_server.count(CREATE) == 3
    assert len(runway_server.creations) == 1


def test_a_service_that_wants_long_rest_is_left_alone(runway_server: RunwayServer, memory: Memory) -> None:
    """The day's quota is used up: the item goes back, and no worker sleeps on it."""
    entry = a_row()
    runway_server.faults.append(Fault(CREATE, 429, headers={"retry-after": "3600"}))

    with pytest.raises(ServiceError, match=r"429.*3600 s of rest"):
        render(entry, a_shot(entry), memory)

    assert runway_server.count(CREATE) == 1
    assert not any(memory.kept.values())


@pytest.mark.parametrize("place", [LOOK, OUTPUT, "POST /v1/uploads", "POST /lend/"])
def test_trouble_of_the_server_passes(
    runway_server: RunwayServer, memory: Memory, tmp_path: Path, place: str
) -> None:
    """Asking, lending and fetching cost nothing, so they are tried again."""
    entry = a_row("aleph2", "restyle")
    shot = a_shot(entry, show="video", given=Given(video="v", task="restyle"))
    video = tmp_path / "given.mp4"
    video.write_bytes(make_clip((160, 96), 70, 30, 3))
    runway_server.faults.append(Fault(place, 500, times=2))

    render(entry, shot, memory, Materials(video=video))

    assert len(runway_server.creations) == 1


def test_trouble_that_lasts_keeps_the_task(runway_server: RunwayServer, memory: Memory) -> None:
    """The next attempt follows it, and nothing is paid twice."""
    entry = a_row()
    shot = a_shot(entry)
    runway_server.faults.append(Fault(LOOK, 503, times=QUICK.tries))
    with pytest.raises(ServiceError, match="asking about task task-1"):
        render(entry, shot, memory)

    frames = render(entry, shot, memory)

    assert len(frames) == 40
    assert len(runway_server.creations) == 1


@pytest.mark.parametrize("status", [500, 504])
def test_an_answer_that_may_hide_a_task_is_not_asked_for_again(
    runway_server: RunwayServer, memory: Memory, status: int
) -> None:
    """Only another run, which a person starts, asks again."""
    entry = a_row()
    shot = a_shot(entry)
    runway_server.faults.append(Fault(CREATE, status))

    with pytest.raises(GenerationError, match=r"the answer was lost.*Another run asks"):
        render(entry, shot, memory)

    assert runway_server.count(CREATE) == 1
    assert len(render(entry, shot, memory)) == 40


def test_a_lost_answer_is_told(
    runway_server: RunwayServer, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task was created, but nobody knows its id: the shot fails instead of being paid for twice."""
    entry = a_row()
    with FaultProxy(runway_server.port) as proxy:
        monkeypatch.setenv("RUNWAYML_BASE_URL", f"http://127.0.0.1:{proxy.port}")
        proxy.inject(LineFault("lose", request=CREATE.encode(), times=1))

        with pytest.raises(GenerationError, match="the answer was lost"):
            render(entry, a_shot(entry), memory)

    assert len(runway_server.creations) == 1


def test_a_service_that_is_not_there_is_asked_later(
    runway_server: RunwayServer, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request has left, so a later attempt is safe."""
    entry = a_row()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    monkeypatch.setenv("RUNWAYML_BASE_URL", f"http://127.0.0.1:{free}")

    with pytest.raises(ServiceError, match="did not answer"):
        render(entry, a_shot(entry), memory)

    assert not any(memory.kept.values())
    assert runway_server.heard == []


def test_a_worker_that_died_is_followed_up(runway_server: RunwayServer, memory: Memory) -> None:
    """Between creation and first question it was killed; the next attempt finds the id.

    Before it asked it had noted that it would.
    """
    entry = a_row()
    shot = a_shot(entry)

    class KilledError(BaseException):
        pass

    def die() -> bool:
        if runway_server.creations:
            raise KilledError
        return False

    memory.stop = die
    with pytest.raises(KilledError):
        render(entry, shot, memory)
    memory.stop = lambda: False

    assert len(render(entry, shot, memory)) == 40
    assert len(runway_server.creations) == 1
    assert memory.texts == ["asked", "task-1"]


def test_a_worker_that_died_while_asking_pays_nothing_more(
    runway_server: RunwayServer, memory: Memory
) -> None:
    """It cannot be known whether the request was taken."""
    entry = a_row()
    shot = a_shot(entry)
    memory.keep(shot.key, "asked")

    with pytest.raises(GenerationError, match="the worker died meanwhile"):
        render(entry, shot, memory)

    assert runway_server.heard == []
    assert memory.kept == {shot.key: ""}


def test_a_task_whose_id_cannot_be_noted_is_cancelled(runway_server: RunwayServer, memory: Memory) -> None:
    """Nobody would find it again."""
    entry = a_row()

    def keep(key: str, text: str) -> None:
        if text == "task-1":
            raise StorageError("the store is away")
        memory.kept[key] = text

    memory.keep = keep  # type: ignore[method-assign]
    with pytest.raises(StorageError):
        render(entry, a_shot(entry), memory)

    assert runway_server.cancelled == ["task-1"]


@pytest.mark.parametrize("gone", ["removed", "cancelled"])
def test_a_task_that_is_gone_is_asked_for_anew(
    runway_server: RunwayServer, memory: Memory, gone: str
) -> None:
    """There is nothing to follow any more."""
    entry = a_row()
    shot = a_shot(entry)
    render(entry, shot, memory)
    runway_server.tasks["task-1"].cancelled = True
    if gone == "removed":
        runway_server.tasks["old"] = runway_server.tasks.pop("task-1")

    render(entry, shot, memory)

    assert memory.kept == {shot.key: "task-2"}


def test_a_stopped_shot_cancels_its_task(runway_server: RunwayServer, memory: Memory) -> None:
    """At the next step, however long the service would have taken; the next shot is none the worse."""
    entry = a_row()
    shot = a_shot(entry)
    runway_server.states = ["PENDING"] * 9
    memory.stop = lambda: len(memory.percents) > 3
    with pytest.raises(StoppedError):
        render(entry, shot, memory)
    memory.stop = lambda: False
    runway_server.states = ["SUCCEEDED"]

    other = render(entry, a_shot(entry, seed=8), memory)

    assert runway_server.cancelled == ["task-1"]
    assert memory.kept[shot.key] == ""
    assert len(other) == 40


def test_a_task_that_runs_is_paid_for_and_so_it_is_kept(runway_server: RunwayServer, memory: Memory) -> None:
    """The service refunds nothing once it has begun; the next attempt takes the same task's clip."""
    entry = a_row()
    shot = a_shot(entry)
    runway_server.states = ["PENDING", "RUNNING"]
    memory.stop = lambda: 50 in memory.percents
    with pytest.raises(StoppedError):
        render(entry, shot, memory)
    memory.stop = lambda: False
    runway_server.states = ["SUCCEEDED"]

    frames = render(entry, shot, memory)

    assert runway_server.cancelled == []
    assert len(runway_server.creations) == 1
    assert len(frames) == 40


def test_a_task_that_cannot_be_cancelled_is_kept(runway_server: RunwayServer, memory: Memory) -> None:
    """It will be charged, so the next attempt takes what comes of it."""
    entry = a_row()
    shot = a_shot(entry)
    runway_server.faults.append(Fault("DELETE", 503))
    memory.stop = lambda: bool(runway_server.creations)

    with pytest.raises(StoppedError):
        render(entry, shot, memory)

    assert memory.kept == {shot.key: "task-1"}


def test_a_stop_after_the_task_keeps_what_was_paid(runway_server: RunwayServer, memory: Memory) -> None:
    """The finished clip waits at the service for the next attempt."""
    entry = a_row()
    shot = a_shot(entry)
    runway_server.states = ["SUCCEEDED"]
    memory.stop = lambda: runway_server.count(LOOK) > 0

    with pytest.raises(StoppedError):
        render(entry, shot, memory)

    assert runway_server.cancelled == []
    assert memory.kept == {shot.key: "task-1"}


def test_moderation_is_final(runway_server: RunwayServer, memory: Memory) -> None:
    """The same request would be refused again; the code is told."""
    entry = a_row()
    runway_server.states = ["FAILED"]
    runway_server.failure_code = "SAFETY.INPUT.TEXT"

    with pytest.raises(GenerationError, match=r"SAFETY\.INPUT\.TEXT.*content moderation: change the prompt"):
        render(entry, a_shot(entry), memory)

    assert not any(memory.kept.values())


def test_a_failure_that_cost_nothing_is_tried_again(runway_server: RunwayServer, memory: Memory) -> None:
    """By the pool: the error is retryable, and the next attempt begins a new task."""
    entry = a_row()
    shot = a_shot(entry)
    runway_server.states = ["FAILED"]
    runway_server.failure_code = "INTERNAL.BAD_OUTPUT.CODE01"
    with pytest.raises(ServiceError, match="BAD_OUTPUT"):
        render(entry, shot, memory)
    runway_server.states = ["SUCCEEDED"]

    render(entry, shot, memory)

    assert memory.kept == {shot.key: "task-2"}


def test_a_failure_that_was_charged_is_not(runway_server: RunwayServer, memory: Memory) -> None:
    """Paying once more is for a person to decide."""
    entry = a_row()
    runway_server.states = ["FAILED"]
    runway_server.charged = 24

    with pytest.raises(GenerationError, match="charged 24 credits"):
        render(entry, a_shot(entry), memory)


def test_a_price_above_the_table_is_not_paid(runway_server: RunwayServer, memory: Memory) -> None:
    """The limit of a campaign is reckoned with the table's prices."""
    entry = a_row()
    runway_server.price_factor = 1.5

    with pytest.raises(GenerationError, match=r"up to 36 credits.*reckons with 24.*credits_per_second"):
        render(entry, a_shot(entry), memory)

    assert runway_server.cancelled == ["task-1"]


def test_an_address_that_expired_is_asked_for_anew(runway_server: RunwayServer, memory: Memory) -> None:
    """Each question gives a fresh one."""
    entry = a_row()
    runway_server.faults.append(Fault(OUTPUT, 403, "Request has expired", times=2))

    assert len(render(entry, a_shot(entry), memory)) == 40


def test_an_address_that_stays_expired_is_for_later(runway_server: RunwayServer, memory: Memory) -> None:
    """The task is kept."""
    entry = a_row()
    shot = a_shot(entry)
    runway_server.faults.append(Fault(OUTPUT, 403, times=99))

    with pytest.raises(ServiceError, match="does not lie where the service says"):
        render(entry, shot, memory)

    assert memory.kept == {shot.key: "task-1"}


def test_a_broken_transfer_is_tried_again(runway_server: RunwayServer, memory: Memory) -> None:
    """A file that does not come whole is not taken."""
    entry = a_row()
    runway_server.faults.append(Fault(OUTPUT, cut=1000))

    assert len(render(entry, a_shot(entry), memory)) == 40
    assert runway_server.count(OUTPUT) == 2


def test_a_clip_of_another_size_is_refused(runway_server: RunwayServer, memory: Memory) -> None:
    """Nothing is fitted silently."""
    entry = a_row()
    runway_server.clip_size = (96, 160)

    with pytest.raises(GenerationError, match="96x160 where 160x96 was asked for"):
        render(entry, a_shot(entry), memory)


def test_a_clip_that_is_too_short_is_refused(runway_server: RunwayServer, memory: Memory) -> None:
    """It would end before the shot does."""
    entry = a_row()
    runway_server.clip_frames = 39

    with pytest.raises(GenerationError, match=r"39 frames, 1.62 s, where 40 frames at 24 fps"):
        render(entry, a_shot(entry), memory)


@pytest.mark.parametrize("content", [b"", b"<html>", b"#EXTM3U\nhttp://127.0.0.1/\n", b"part"])
def test_what_is_no_video_is_refused(
    runway_server: RunwayServer,
    memory: Memory,
    content: bytes,
) -> None:
    """Pages and playlists are not opened; half a clip is not taken for a whole one."""
    entry = a_row()
    runway_server.clip_bytes = make_clip((160, 96), 48, FPS, 1)[:3000] if content == b"part" else content

    with pytest.raises(GenerationError, match="no video"):
        render(entry, a_shot(entry), memory)


@pytest.mark.parametrize("size", [(160, 96), (96, 160)])
def test_no_file_stays_behind(
    runway_server: RunwayServer,
    memory: Memory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    """Neither after the last frame, nor after a clip that is refused."""
    entry = a_row()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    runway_server.clip_size = size

    with suppress(GenerationError):
        render(entry, a_shot(entry), memory)

    assert runway_server.count(OUTPUT) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "where",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://localhost:1/",
        "http://example.com/",
        "file:///etc/passwd",
        "https://[::ffff:127.0.0.1]/",
    ],
)
def test_only_public_addresses_are_fetched_from(
    runway_server: RunwayServer, memory: Memory, where: str
) -> None:
    """The address is input from outside."""
    entry = a_row()
    runway_server.output_path = where

    with pytest.raises(GenerationError, match="no public https address"):
        render(entry, a_shot(entry), memory)


def test_a_redirect_is_held_to_the_same_rule(runway_server: RunwayServer, memory: Memory) -> None:
    """A public address could lead to a private one."""
    entry = a_row()
    headers = {"location": "http://127.0.0.2:1/secret"}
    runway_server.faults.append(Fault(OUTPUT, 302, headers=headers))

    with pytest.raises(GenerationError, match=r"no public https address.*127\.0\.0\.2"):
        render(entry, a_shot(entry), memory)


def test_redirects_come_to_an_end(runway_server: RunwayServer, memory: Memory) -> None:
    """A circle is left after four."""
    entry = a_row()
    runway_server.faults.append(Fault(OUTPUT, 302, headers={"location": "/output/again"}, times=9))

    with pytest.raises(GenerationError, match="more than 4 redirects"):
        render(entry, a_shot(entry), memory)


def test_a_video_without_end_is_not_kept(
    runway_server: RunwayServer, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a bound to what a service may send."""
    entry = a_row()
    runway_server.clip_bytes = bytes(3000)
    monkeypatch.setattr(downloads, "BYTES_MAX", 2000)

    with pytest.raises(GenerationError, match="more than 2000 bytes"):
        render(entry, a_shot(entry), memory)


@pytest.mark.parametrize("key", [None, " ", "key_of_somebody_else"])
def test_a_bad_key_is_named(
    runway_server: RunwayServer, memory: Memory, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    """With the variable, and the place where keys are made."""
    entry = a_row()
    if key is None:
        monkeypatch.delenv("RUNWAYML_API_SECRET")
    else:
        monkeypatch.setenv("RUNWAYML_API_SECRET", key)

    with pytest.raises(
        SettingsError, match=r"RUNWAYML_API_SECRET is .*make a key at https://dev.runwayml.com"
    ):
        render(entry, a_shot(entry), memory)

    assert runway_server.creations == []


def test_an_empty_account_is_named(runway_server: RunwayServer, memory: Memory) -> None:
    """A matter for a person, not for another attempt."""
    entry = a_row()
    words = "You do not have enough credits to run this task."
    runway_server.faults.append(Fault(CREATE, 400, words))

    with pytest.raises(SettingsError, match=r"lacks credits.*Billing"):
        render(entry, a_shot(entry), memory)

    assert not any(memory.kept.values())


def test_a_request_that_the_service_refuses_is_told(runway_server: RunwayServer, memory: Memory) -> None:
    """In its own words."""
    entry = a_row()

    with pytest.raises(GenerationError, match="400: promptText: 1 to 1000 characters"):
        render(entry, a_shot(entry, prompt=""), memory)

    assert runway_server.creations == []


def test_a_prompt_that_is_too_long_is_not_sent(runway_server: RunwayServer, memory: Memory) -> None:
    """The service counts UTF-16 code units."""
    entry = a_row()

    with pytest.raises(GenerationError, match="takes 1000"):
        render(entry, a_shot(entry, prompt="\N{HOT BEVERAGE}\N{GRINNING FACE}" * 334), memory)

    assert runway_server.heard == []


def test_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, memory: Memory) -> None:
    """The package is only for who uses a hosted model."""
    for name in [name for name in sys.modules if name.startswith("actors.backends.runway.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "runwayml", None)

    with pytest.raises(SettingsError, match=r"pip install 'reelmill\[hosted\]'"):
        Runway(a_row(), Site("cpu", None, memory))


def test_whole_seconds_are_paid_for() -> None:
    """And never fewer than the model makes at least."""
    entry = a_row()

    assert credits_of(a_shot(entry, frames=1), entry) == 24
    assert credits_of(a_shot(entry, frames=49), entry) == 36
    with pytest.raises(GenerationError, match="makes 240 at most"):
        credits_of(a_shot(entry, frames=241), entry)


def test_pictures_fit_into_a_request(tmp_path: Path) -> None:
    """Noise of 1080p is the worst that can come."""
    path = tmp_path / "noise.png"
    noise = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, compress_level=1)

    uri = as_data_uri(path, a_shot(a_row(), show="image", width=1920, height=1080))

    assert uri.startswith("data:image/jpeg;base64,")
    assert len(uri) < 5 * 1024 * 1024


def test_the_watch_is_asked_while_waiting(memory: Memory) -> None:
    """So a stop is heard long before the next question."""
    patience = Patience(Pace(listen=0.01), memory)
    memory.stop = lambda: len(memory.percents) > 3

    with pytest.raises(StoppedError):
        patience.rest(60)


def test_public_hosts_are_told_from_local_ones() -> None:
    """By how they are written; names are looked up when they are fetched from."""
    assert all(map(is_local, ["127.0.0.1", "localhost", "10.2.3.4", "::1", "169.254.169.254", "0.0.0.0"]))  # noqa: S104
    assert not any(map(is_local, ["api.dev.runwayml.com", "8.8.8.8", "2606:4700::1111"]))


@pytest.mark.parametrize("name", ROWS)
def test_each_line_of_the_table_declares_what_the_service_takes(name: str) -> None:
    """Sizes, lengths and prices."""
    entry = VIDEO_MODELS[name]
    rule, service = entry.frames, entry.service
    assert service is not None
    endpoints = {"text": "text_to_video", "restyle": "video_to_video"}
    ratios = [RATIOS[endpoints.get(task, "image_to_video"), service.model] for task in entry.tasks]
    lengths = {rule.legal(frames) / rule.fps for frames in range(1, rule.most + 1)}

    if entry.tasks != ("restyle",):
        assert {f"{width}:{height}" for width, height in entry.sizes} <= set.intersection(*ratios)
        assert lengths == set(SECONDS[service.model])
    assert service.credits_per_second == CREDITS[service.model]


@pytest.mark.parametrize("name", ROWS)
def test_each_line_of_the_table_makes_a_clip(
    runway_server: RunwayServer, memory: Memory, tmp_path: Path, name: str
) -> None:
    """The server holds requests to the SDK's declarations."""
    entry = VIDEO_MODELS[name].model_copy(update={"sizes": ((160, 96),)})
    runway_server.states = ["SUCCEEDED"]
    video = tmp_path / "given.mp4"
    video.write_bytes(make_clip((160, 96), 48, 24, 3))
    needs: dict[str, Any] = {
        "image": {"still": "a"},
        "first_last": {"still": "a", "given": Given(until="b")},
        "restyle": {"given": Given(video="v", task="restyle")},
    }[entry.tasks[-1]]
    materials = Materials(still=a_still(tmp_path), until=a_still(tmp_path), video=video)

    frames = render(entry, a_shot(entry, frames=5, **needs), memory, materials)

    assert len(frames) == 5
