"""Makes clips with the models behind Runway's API: of words, of pictures and of video, all for one key.

Sizes, lengths and parameters are those of runwayml 5.24.0; the table's lines say where their prices are from.
"""

import math
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from actors.backends import Entry, Materials, Rendering, Service, Site, Watch, tasks_of
from actors.backends.runway.patience import Pace, Patience
from schemas.errors import GenerationError, MediaError, SettingsError
from schemas.plan import Shot

if TYPE_CHECKING:
    from actors.backends.runway.tasks import Request

_PROMPT_MAX = 1000
"""UTF-16 code units."""
_BESIDES: dict[str, dict[str, Any]] = {"veo3.1": {"audio": False}, "veo3.1_fast": {"audio": False}}
"""What a model is told besides; Veo makes sound unless told not to, at twice the price."""
_AVOIDING = ("veo3.1", "veo3.1_fast")
"""Models that take a negative prompt; the others are sent none."""


def credits_of(shot: Shot, entry: Entry) -> int:
    """Return what *shot* costs at the service of *entry*, in its credits: whole seconds, as it sells them."""
    return math.ceil(_seconds(shot, entry) * _service(entry).credits_per_second)


class Runway:
    """One model of the service; it works elsewhere, so that this takes a connection and little else."""

    pace: ClassVar[Pace] = Pace()

    def __init__(self, entry: Entry, site: Site) -> None:
        """Raises SettingsError without the SDK, or without a key."""
        try:
            from actors.backends.runway.tasks import Tasks  # noqa: PLC0415 (the SDK is an extra)
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"{entry.name} needs the package {error.name!r}: pip install 'reelmill[hosted]'"
            ) from error
        self._entry, self._site = entry, site
        self._notes = site.notes
        self._tasks = Tasks(_service(entry).key)

    def __reduce__(self) -> "tuple[type[Runway], tuple[Entry, Site]]":
        """Travel as what it was made from: a connection cannot."""
        return type(self), (self._entry, self._site)

    def render(
        self,
        shot: Shot,
        materials: Materials,
        *,
        shrink: int,  # noqa: ARG002 (the work is done elsewhere)
        watch: Watch,
    ) -> Rendering:
        """Have *shot* made, or fetch what was made for it before.

        The clip is trimmed to the shot's length; where it comes at another rate, frames are repeated or left
        out. Raises GenerationError where the service refuses, or sends something else than was asked for;
        ServiceError where it does not answer, and a next attempt follows the same task; SettingsError for a
        bad key or an empty account; StoppedError, with the task cancelled unless it runs: that is paid for,
        and the next attempt takes what comes of it.
        """
        from actors.backends.runway.orders import Order  # noqa: PLC0415 (needs the SDK)

        patience = Patience(self.pace, watch)
        order = Order(shot.key, self._notes, self._tasks, patience)
        with ExitStack() as stack, order.kept():
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="reelmill-runway-")))
            clip = folder / "clip.mp4"
            order.settle(lambda: self._request(shot, materials, patience, folder), clip)
            frames = self._checked(shot, clip)
            return Rendering(_lasting(frames, stack.pop_all()))

    def _request(self, shot: Shot, materials: Materials, patience: Patience, folder: Path) -> "Request":
        from actors.backends.runway.tasks import Request  # noqa: PLC0415 (needs the SDK)

        task = tasks_of(shot, self._entry)[0]
        asks = self._words(shot)
        if task == "restyle":
            asks["video_uri"] = self._lend(shot, materials, patience, folder)
        else:
            asks |= {"ratio": f"{shot.width}:{shot.height}", "duration": _seconds(shot, self._entry)}
        if task in {"image", "first_last"}:
            last = [("last", materials.until)] if task == "first_last" else []
            asks["prompt_image"] = _pictures(shot, [("first", materials.still), *last])
        endpoint = {"restyle": "video_to_video", "text": "text_to_video"}.get(task, "image_to_video")
        return Request(endpoint, _service(self._entry).model, asks, credits_of(shot, self._entry))

    def _words(self, shot: Shot) -> dict[str, Any]:
        model = _service(self._entry).model
        if len(shot.prompt.encode("utf-16-le")) // 2 > _PROMPT_MAX:
            raise GenerationError(
                f"a prompt of {len(shot.prompt)} characters: {self._entry.name} takes {_PROMPT_MAX}"
            )
        avoid = {"negative_prompt": shot.negative} if shot.negative and model in _AVOIDING else {}
        said = {"prompt_text": shot.prompt} if shot.prompt else {}
        return {**said, "seed": shot.seed, **avoid, **_BESIDES.get(model, {})}

    def _lend(self, shot: Shot, materials: Materials, patience: Patience, folder: Path) -> str:
        from actors.backends.runway.exchange import write_part  # noqa: PLC0415 (torch waits until it is wanted)

        if materials.video is None:
            raise GenerationError("a shot that restyles needs a video")
        path = folder / "input.mp4"
        write_part(
            materials.video,
            path,
            shot,
            _seconds(shot, self._entry) * shot.fps,
            patience,
            materials.video_subject,
        )
        return self._tasks.upload(path, patience)

    def _checked(self, shot: Shot, path: Path) -> Iterator[NDArray[np.uint8]]:
        from actors.backends.runway.exchange import measure, retimed  # noqa: PLC0415 (as above)

        sent = f"{self._entry.name} sent"
        try:
            clip = measure(path)
        except MediaError as error:
            raise GenerationError(f"{sent} a file that is no video: {error}") from error
        if (clip.width, clip.height) != (shot.width, shot.height):
            raise GenerationError(
                f"{sent} {clip.width}x{clip.height} where {shot.width}x{shot.height} was asked for"
            )
        if clip.seconds * shot.fps < shot.frames - 0.01:
            raise GenerationError(
                f"{sent} {clip.frames} frames, {clip.seconds:.2f} s, where {shot.frames} frames at "
                f"{shot.fps} fps were asked for"
            )
        return retimed(clip, fps=shot.fps, frames=shot.frames)


def _pictures(shot: Shot, given: list[tuple[str, Path | None]]) -> list[dict[str, str]]:
    from actors.backends.runway.exchange import as_data_uri  # noqa: PLC0415 (torch waits until it is wanted)

    pictures = []
    for position, path in given:
        if path is None:
            raise GenerationError(f"a shot of pictures needs its {position} one")
        pictures.append({"position": position, "uri": as_data_uri(path, shot)})
    return pictures


def _service(entry: Entry) -> Service:
    if entry.service is None:
        raise GenerationError(f"the table's line of {entry.name} names no service")
    return entry.service


def _seconds(shot: Shot, entry: Entry) -> int:
    """Return for how many whole seconds the service is asked."""
    rule = entry.frames
    frames = rule.legal(shot.frames)
    if rule.most and frames > rule.most:
        raise GenerationError(f"{shot.frames} frames are asked for, {entry.name} makes {rule.most} at most")
    return math.ceil(frames / rule.fps)


def _lasting(frames: Iterator[NDArray[np.uint8]], stack: ExitStack) -> Iterator[NDArray[np.uint8]]:
    """Yield *frames*, and close what they come from with the last."""
    with stack:
        yield from frames
