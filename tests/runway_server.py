"""A local server that speaks Runway's documented API, and makes real clips: small, and drawn from the seed.

It holds requests to what runwayml 5.24.0 declares, keeps all that it heard, and goes wrong on demand.
"""

import base64
import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from actors.backends.runway import Runway
from actors.backends.runway.patience import Pace

KEY = "key_" + 128 * "0"
QUICK = Pace(poll=0.01, poll_max=0.02, back_off=0.01, back_off_max=0.5, tries=3, listen=0.01)
DATA_URI_MAX = 5 * 1024 * 1024
WIDE = {"1280:720", "720:1280"}
RATIOS = {
    ("text_to_video", "gen4.5"): WIDE,
    ("text_to_video", "veo3.1"): {*WIDE, "1080:1920", "1920:1080"},
    ("text_to_video", "veo3.1_fast"): {*WIDE, "1080:1920", "1920:1080"},
    ("image_to_video", "gen4.5"): {*WIDE, "1104:832", "960:960", "832:1104", "1584:672"},
    ("image_to_video", "gen4_turbo"): {*WIDE, "1104:832", "832:1104", "960:960", "1584:672"},
    ("image_to_video", "veo3.1"): {*WIDE, "1080:1920", "1920:1080"},
    ("image_to_video", "veo3.1_fast"): {*WIDE, "1080:1920", "1920:1080"},
    ("video_to_video", "aleph2"): set[str](),
}
SECONDS = {"gen4.5": range(2, 11), "gen4_turbo": range(2, 11), "veo3.1": (4, 6, 8), "veo3.1_fast": (4, 6, 8)}
CREDITS = {"gen4.5": 12, "gen4_turbo": 5, "veo3.1": 20, "veo3.1_fast": 10, "aleph2": 28}
WORDLESS = {place for place in RATIOS if place[0] != "text_to_video" and place[1] != "gen4.5"}
"""Where a request may go without a prompt."""
LASTS = {"veo3.1", "veo3.1_fast"}
"""Models that take a last picture too."""
FPS = 24


@dataclass
class Fault:
    """An answer in place of the right one, to the next request whose method and path begin with *to*."""

    to: str
    status: int = 500
    words: str = "out of order"
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    cut: int = 0
    """So many bytes of the right answer come, then the line breaks; 0 for none of this."""


@dataclass
class Task:
    """One task, as the server keeps it."""

    id: str
    request: dict[str, Any]
    clip: bytes
    looks: int = 0
    cancelled: bool = False


class RunwayServer:
    """The account and its tasks; tests read what was asked, and set what shall go wrong."""

    def __init__(self, *, sizes: tuple[str, ...] = ()) -> None:
        """Take the ratios *sizes* too, which the real service does not: small clips are quick."""
        self.sizes = set(sizes)
        self.states = ["PENDING", "RUNNING", "SUCCEEDED"]
        """What a task says each time; the last one for good."""
        self.failure_code = "INTERNAL"
        self.charged = 0
        self.price_factor = 1.0
        self.clip_size: tuple[int, int] | None = None
        """Makes clips of this size, whatever is asked for."""
        self.clip_frames: int | None = None
        self.clip_fps = FPS
        self.clip_bytes: bytes | None = None
        self.output_path = "/output/"
        """Where the videos are said to lie; another host where it is a whole address."""
        self.faults: deque[Fault] = deque()
        self.heard: list[str] = []
        """Method and path of every request."""
        self.tasks: dict[str, Task] = {}
        self.uploads: dict[str, bytes] = {}
        self.problems: list[str] = []
        """What was wrong with requests."""
        self.lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=[0.01])

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The SDK's variables that lead here."""
        return {"RUNWAYML_BASE_URL": self.url, "RUNWAYML_API_SECRET": KEY}

    @property
    def creations(self) -> list[dict[str, Any]]:
        """The requests of all tasks, in order."""
        return [task.request for task in self.tasks.values()]

    @property
    def cancelled(self) -> list[str]:
        """The ids of tasks that were cancelled."""
        return [task.id for task in self.tasks.values() if task.cancelled]

    def count(self, start: str) -> int:
        """Return how many requests had a method and path that begin with *start*."""
        return sum(heard.startswith(start) for heard in self.heard)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def end(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def begin(self, endpoint: str, asked: dict[str, Any]) -> Task:
        """Create a task. Raises ValueError for what the API would refuse."""
        self._check(endpoint, asked)
        task = Task(f"task-{len(self.tasks) + 1}", {"endpoint": endpoint, **asked}, self._clip(asked))
        self.tasks[task.id] = task
        return task

    def price(self, asked: dict[str, Any]) -> float:
        """Return the credits that a task costs at most."""
        seconds = asked.get("duration") or facts(self._uploaded(asked))[2] / FPS
        return CREDITS[asked["model"]] * float(seconds) * self.price_factor

    def look(self, task: Task) -> dict[str, Any]:
        """Say how *task* is, one state further than the last time."""
        status = "CANCELLED" if task.cancelled else self.states[min(task.looks, len(self.states) - 1)]
        task.looks += 1
        about: dict[str, Any] = {"id": task.id, "createdAt": "2026-11-22T12:00:00Z", "status": status}
        if status == "RUNNING":
            about["progress"] = 0.5
        if status == "SUCCEEDED":
            where = self.output_path if "://" in self.output_path else self.url + self.output_path
            about["output"] = [f"{where}{task.id}.mp4?look={task.looks}"]
        if status == "FAILED":
            about |= {"failure": "It did not work out.", "failureCode": self.failure_code}
        ended = status in {"SUCCEEDED", "FAILED", "CANCELLED"}
        return about | ({"cost": {"credits": self.charged}} if ended else {"estimatedCost": {"credits": 1}})

    def _check(self, endpoint: str, asked: dict[str, Any]) -> None:
        model = asked.get("model", "")
        if (endpoint, model) not in RATIOS:
            raise ValueError(f"model {model!r} is not for {endpoint}")
        words = asked.get("promptText")
        if not 1 <= len("?" if words is None and (endpoint, model) in WORDLESS else words or "") <= 1000:
            raise ValueError("promptText: 1 to 1000 characters")
        if not 0 <= asked.get("seed", 0) < 2**32:
            raise ValueError("seed: 0 to 4294967295")
        if endpoint == "video_to_video":
            self._uploaded(asked)
            return
        if asked.get("ratio") not in RATIOS[endpoint, model] | self.sizes:
            raise ValueError(f"ratio: {asked.get('ratio')!r}")
        if asked.get("duration") not in SECONDS[model]:
            raise ValueError(f"duration: {asked.get('duration')!r}")
        if endpoint == "image_to_video":
            positions = [_check_picture(picture) for picture in asked["promptImage"]]
            if positions not in ([["first"], ["first", "last"]] if model in LASTS else [["first"]]):
                raise ValueError(f"promptImage: {positions}")

    def _uploaded(self, asked: dict[str, Any]) -> bytes:
        uri = str(asked.get("videoUri"))
        if uri not in self.uploads:
            raise ValueError(f"videoUri: {uri!r} was not uploaded")
        return self.uploads[uri]

    def _clip(self, asked: dict[str, Any]) -> bytes:
        if self.clip_bytes is not None:
            return self.clip_bytes
        if asked["model"] == "aleph2":
            width, height, frames = facts(self._uploaded(asked))
        else:
            width, height = map(int, asked["ratio"].split(":"))
            frames = asked["duration"] * self.clip_fps
        size = self.clip_size or (width, height)
        return make_clip(size, self.clip_frames or frames, self.clip_fps, asked.get("seed", 0))


def _check_picture(picture: dict[str, str]) -> str:
    head, _, data = picture["uri"].partition(",")
    if head != "data:image/jpeg;base64" or len(picture["uri"]) >= DATA_URI_MAX:
        raise ValueError(f"promptImage: {head[:60]}, {len(picture['uri'])} characters")
    width, height = Image.open(BytesIO(base64.b64decode(data))).size
    if not 0.4 <= width / height <= 2.5:
        raise ValueError(f"promptImage: {width}x{height}")
    return picture["position"]


@cache
def make_clip(size: tuple[int, int], frames: int, fps: int, seed: int) -> bytes:
    """Draw an MP4: colours and a bar that moves, both of *seed*; the same arguments give the same bytes."""
    width, height = size
    rng = np.random.default_rng(seed)
    ground = np.linspace(*rng.integers(40, 210, (2, 3)), width).astype(np.uint8)
    file = BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.thread_count = 1
        stream.options = {"preset": "ultrafast", "crf": "20", "g": str(fps)}
        for number in range(frames):
            picture = np.repeat(ground[None], height, axis=0)
            left = (int(rng.integers(0, 2)) + number * 3) % (width - 4)
            picture[:, left : left + 4] = 255 - picture[:, left : left + 4]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def facts(clip: bytes) -> tuple[int, int, int]:
    """Return width, height and the number of frames of *clip*."""
    with av.open(BytesIO(clip)) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height, sum(1 for _ in container.decode(stream))


def _handler_of(server: RunwayServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        runway = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    """The HTTP side."""

    runway: RunwayServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.runway.lock:
            self.runway.heard.append(f"{method} {self.path}")
            fault = self._fault(f"{method} {self.path}")
            if fault and not fault.cut:
                self._answer(fault.status, {"error": fault.words}, fault.headers)
                return
            status, content = self._right_answer(method, body)
            if fault:
                self._cut(content, fault.cut)
            else:
                self._answer(status, content)

    def _fault(self, asked: str) -> Fault | None:
        for fault in self.runway.faults:
            if asked.startswith(fault.to):
                fault.times -= 1
                if not fault.times:
                    self.runway.faults.remove(fault)
                return fault
        return None

    def _right_answer(self, method: str, body: bytes) -> tuple[int, Any]:
        path = self.path.partition("?")[0]
        if path.startswith("/output/"):
            return self._output(path)
        if path.startswith("/lend/"):
            return self._keep(path, body)
        if (
            self.headers["authorization"] != f"Bearer {KEY}"
            or self.headers["x-runway-version"] != "2024-11-06"
        ):
            return 401, {"error": "The provided API key is not valid."}
        if path == "/v1/uploads":
            place = f"{len(self.runway.heard)}"
            where = f"{self.runway.url}/lend/{place}"
            return 200, {"uploadUrl": where, "fields": {"key": place}, "runwayUri": f"runway://{place}"}
        if path.startswith("/v1/tasks/"):
            return self._task(method, path.removeprefix("/v1/tasks/"))
        return self._create(path.removeprefix("/v1/"), body)

    def _output(self, path: str) -> tuple[int, Any]:
        task = self.runway.tasks.get(path.removeprefix("/output/").removesuffix(".mp4"))
        return (200, task.clip) if task else (404, {"error": "no such file"})

    def _keep(self, path: str, body: bytes) -> tuple[int, Any]:
        found = re.search(rb'name="file"; filename="[^"]+"\r\n(?:[^\r]+\r\n)*\r\n(.*)\r\n--', body, re.DOTALL)
        if not found:
            return 400, {"error": "no file in the form"}
        self.runway.uploads[f"runway://{path.removeprefix('/lend/')}"] = found[1]
        return 204, None

    def _task(self, method: str, name: str) -> tuple[int, Any]:
        task = self.runway.tasks.get(name)
        if task is None:
            return 404, {"error": "Task not found."}
        if method == "DELETE":
            task.cancelled = True
            return 204, None
        return 200, self.runway.look(task)

    def _create(self, endpoint: str, body: bytes) -> tuple[int, Any]:
        asked = json.loads(body)
        try:
            task = self.runway.begin(endpoint, asked)
        except ValueError as error:
            self.runway.problems.append(str(error))
            return 400, {"error": str(error)}
        return 200, {"id": task.id, "estimatedCost": {"credits": self.runway.price(asked)}}

    def _answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        data = b"" if content is None else content if isinstance(content, bytes) else _json(content)
        self.send_response(status)
        self.send_header("content-type", "video/mp4" if isinstance(content, bytes) else "application/json")
        if status != 204:
            self.send_header("content-length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _cut(self, content: Any, length: int) -> None:
        data = content if isinstance(content, bytes) else _json(content)
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:length])
        self.close_connection = True


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


@contextmanager
def serve_runway(*, sizes: tuple[str, ...] = ()) -> Iterator[RunwayServer]:
    """Run the server until the block ends; *sizes* are ratios that it takes beside the documented ones."""
    server = RunwayServer(sizes=sizes)
    server.start()
    try:
        yield server
    finally:
        server.end()


@pytest.fixture
def runway_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunwayServer]:
    """The server, with the SDK's variables leading to it, and back-ends that do not wait for long.

    Other processes inherit the variables but not the pace: let `states` be SUCCEEDED at once there.
    """
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Runway, "pace", QUICK)
    with serve_runway(sizes=("160:96",)) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server
