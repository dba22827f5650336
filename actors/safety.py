"""Looks at generated pictures, and stops what a policy does not let pass.

The classifier is Yahoo's open_nsfw (2016, a small ResNet): one score from 0, harmless, to 1. It was trained
on photographs, sees nakedness and little else, and takes no notice of violence, of age or of whose face it
is. Its input, from the code released with it: R'G'B' squeezed to 256 x 256, the middle 224 x 224 of it, in
the order blue, green, red, less the mean of ImageNet.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from actors.sessions import open_session
from actors.video import Frame
from schemas.errors import GenerationError
from schemas.plan import Drawing, Shot
from schemas.policy import Gate

Picture = NDArray[np.uint8]

_SQUEEZED, _SIDE = 256, 224
_MEAN = np.array([104, 117, 123], np.float32)
"""Blue, green and red."""
_SHOWN_MAX = 40
"""Characters of a prompt that a message repeats."""


class FrameGate:
    """Looks at pictures; one instance holds one classifier, on one thread of the CPU."""

    def __init__(self, network: Path, gate: Gate) -> None:
        """Load *network*. Raises GenerationError for a file that is no such classifier."""
        self._gate = gate
        self._session = open_session(network)
        shapes = [one.shape[1:] for one in (*self._session.get_inputs(), *self._session.get_outputs())]
        if shapes != [[_SIDE, _SIDE, 3], [2]]:
            raise GenerationError(
                f"{network.name}: is no open_nsfw, it takes and gives {shapes}; fetch it again"
            )

    def score(self, picture: Picture) -> float:
        """Return how much *picture*, RGB ``uint8 [H, W, 3]``, is not safe for work, 0 to 1."""
        squeezed = Image.fromarray(picture).resize((_SQUEEZED, _SQUEEZED), Image.Resampling.BILINEAR)
        edge = (_SQUEEZED - _SIDE) // 2
        middle = np.asarray(squeezed, np.float32)[edge : edge + _SIDE, edge : edge + _SIDE]
        feed = np.ascontiguousarray((middle[..., ::-1] - _MEAN)[None])
        (answer,) = self._session.run(None, {self._session.get_inputs()[0].name: feed})
        return float(answer[0, 1])

    def look(self, picture: Picture, what: str) -> None:
        """Raise GenerationError if *picture*, RGB ``uint8 [H, W, 3]``, of *what*, is over the limit."""
        self._refuse(picture, what, "it")

    @property
    def revision(self) -> str:
        """Policy and classifier, as what was looked at names them."""
        return self._gate.revision

    def look_at_drawing(self, picture: Picture, drawing: Drawing) -> None:
        """Raise GenerationError if the *picture* of *drawing* is over the limit."""
        self.look(picture, f"the drawing ({_words('still', drawing.prompt)})")

    def watched(self, frames: Iterable[Frame], shot: Shot) -> Iterator[Frame]:
        """Yield the frames of *shot* through, and look at the first, one in so many seconds, and the last.

        Only one frame is held. Raises GenerationError at the first that is over the limit, at the latest when
        the last was taken; so whoever stores a clip once its frames have ended stores no such clip.
        """
        step = max(1, round(self._gate.every_seconds * shot.fps))
        last: Frame | None = None
        number = -1
        for number, frame in enumerate(frames):
            if number % step == 0:
                self._look_at(frame, shot, number)
            last = frame
            yield frame
        if last is not None and number % step:
            self._look_at(last, shot, number)

    def _look_at(self, frame: Frame, shot: Shot, number: int) -> None:
        from actors.colors import to_picture  # noqa: PLC0415 (torch; a drawing needs none)

        picture = to_picture(frame, shot.width, shot.height, "cpu").numpy()
        what = f"shot {shot.key[:12]} ({_words(shot.show, shot.prompt)})"
        self._refuse(picture, what, f"the frame at {number / shot.fps:.1f} s")

    def _refuse(self, picture: Picture, what: str, part: str) -> None:
        score = self.score(picture)
        if score > self._gate.limit:
            raise GenerationError(
                f"{what} is refused by policy {self._gate.policy}: {part} scores {score:.2f} for nsfw, "
                f"the limit is {self._gate.limit:.2f}; change the prompt or the seed, or raise frames.limit "
                "in a policy of your own (REELMILL_POLICY)"
            )


def _words(show: str, prompt: str) -> str:
    """Return what is shown, with the start of its prompt."""
    line = " ".join(prompt.split())
    return f"{show}, {line if len(line) <= _SHOWN_MAX else line[: _SHOWN_MAX - 1] + '…'!r}" if line else show
