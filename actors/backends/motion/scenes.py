"""Stages the shots: a photo before a moving camera, the closing card, the moving colours behind a text."""

import math
from typing import Protocol

import torch

from actors.backends.motion.cameras import MOVES, Pose
from actors.backends.motion.canvas import Area, Canvas
from actors.backends.motion.cutouts import Shadow, cutout_layer
from actors.backends.motion.framing import Photo, Placed, place
from actors.backends.motion.lights import Light, mix, shade, shine
from actors.backends.motion.moods import Mood, read_mood
from actors.backends.motion.plates import background_plate
from schemas.layout import Box, subject_box
from schemas.plan import Shot

_MOMENTS = 24
"""So many times of a shot tell what the camera sees in all."""

_PHOTO_SHADOWS = (Shadow(sigma=0.02, drop=0.012, strength=0.28),)
_CARD_SHADOWS = (
    Shadow(sigma=0.012, drop=0.008, strength=0.35),
    Shadow(sigma=0.045, drop=0.04, strength=0.45),
)
_ENTRANCE_SECONDS = 0.5
_FLOAT_SECONDS = 4.0
_TURN_SECONDS = 12.0
_TEXT_LIGHTS = (
    ("ink", 0.42, 0.60),
    ("accent", 0.28, 0.34),
    ("paper", 0.24, 0.22),
    ("accent", 0.36, 0.26),
    ("paper", 0.32, 0.16),
    ("ink", 0.38, 0.60),
)
"""Colour, size and strength of each light."""


class Scene(Protocol):
    """What one shot shows."""

    grain: float
    """Levels of noise; see make_dither."""

    def paint(self, canvas: Canvas, frame: int) -> None:
        """Paint frame number *frame* over the whole *canvas*."""


class PhotoScene:
    """A photo whose subject and background move apart; without a matte they move as one."""

    grain = 0.0

    def __init__(self, shot: Shot, photo: Photo, device: str) -> None:
        self._frames = shot.frames
        self._move = MOVES[shot.camera]
        size = (shot.width, shot.height)
        placed = place(photo, subject_box(*size, end_card=False), size)
        self._cut = photo.matte is not None
        path = [self._pose(n / _MOMENTS) for n in range(_MOMENTS + 1)]
        self._background = background_plate(placed, path, size, self._move.defocus, device)
        if self._cut:
            self._subject = cutout_layer(placed, _PHOTO_SHADOWS, min(size), device)

    def paint(self, canvas: Canvas, frame: int) -> None:
        """Paint frame number *frame*."""
        t = frame / max(1, self._frames - 1)
        canvas.cover(self._background, self._pose(t))
        if self._cut:
            canvas.draw(self._subject, self._move.poses(t).foreground)

    def _pose(self, t: float) -> Pose:
        poses = self._move.poses(t)
        return poses.background if self._cut else poses.foreground


class CardScene:
    """The closing card: the product before a glow in the brand's colours, and room for text."""

    grain = 1.0

    def __init__(self, shot: Shot, photo: Photo | None, device: str) -> None:
        self._fps, self._palette = shot.fps, shot.palette
        width, height = shot.width, shot.height
        box = subject_box(width, height, end_card=True)
        self._center = (box.center[0] / width, box.center[1] / height)
        self._reach = min(box.width, box.height)
        self._product = None
        if photo:
            placed = _widened(place(photo, box, None), box)
            self._product = cutout_layer(placed, _CARD_SHADOWS, min(width, height), device)

    def paint(self, canvas: Canvas, frame: int) -> None:
        """Paint frame number *frame*."""
        seconds = frame / self._fps
        arrived = _arrival(seconds / _ENTRANCE_SECONDS)
        shine(canvas, self._palette.primary, self._lights(canvas, seconds, arrived))
        if self._product:
            drift = math.sin(2 * math.pi * seconds / _FLOAT_SECONDS)
            pose = Pose(
                zoom=0.9 + 0.1 * arrived + 0.008 * seconds / (1 + 0.1 * seconds),
                dy=0.035 * (1 - arrived) - 0.005 * drift,
            )
            canvas.draw(self._product, pose, opacity=min(1.0, 1.25 * arrived))

    def _lights(self, canvas: Canvas, seconds: float, arrived: float) -> list[Light]:
        ground, accent, paper = self._palette.primary, self._palette.accent, self._palette.background
        x, y = self._center
        across, down = self._reach / canvas.width, self._reach / canvas.height
        breath = 1 + 0.03 * math.sin(2 * math.pi * seconds / _FLOAT_SECONDS)
        sway = 0.03 * math.sin(2 * math.pi * seconds / (2 * _FLOAT_SECONDS))
        core = 0.5 if self._product else 0.12
        glow = (0.55 + 0.45 * arrived) * breath
        return [
            Light(0.12 + sway, 0.0, 0.55, 0.42, mix(mix(ground, accent, 0.45), paper, 0.2), 0.42),
            Light(0.5 - sway, 1.12, 0.9, 0.33, shade(ground), 0.8),
            Light(x, y, 0.85 * across, 0.85 * down, mix(ground, accent, 0.7), 0.5 * glow),
            Light(x, y, 0.42 * across, 0.42 * down, mix(accent, paper, 0.5), core * glow),
        ]


def _widened(placed: Placed, box: Box) -> Placed:
    """Show as much of a photo without matte as *box* has room for: what may be cut off need not be."""
    if placed.photo.matte is not None:
        return placed
    edges, (scale, left, top) = placed.edges, placed[1:]
    shown = (
        max(edges.left, box.left) - left,
        max(edges.top, box.top) - top,
        min(edges.right, box.right) - left,
        min(edges.bottom, box.bottom) - top,
    )
    return placed._replace(photo=placed.photo._replace(subject=Area(*(side / scale for side in shown))))


class TextScene:
    """Large soft lights in the brand's colours that move as the prompt's mood asks, below a text."""

    grain = 1.0

    def __init__(self, shot: Shot) -> None:
        self._fps = shot.fps
        self._mood = read_mood(shot.prompt)
        self._ground = _tempered(shot.palette.primary, self._mood, 0.15)
        random = torch.Generator().manual_seed(shot.seed)
        self._places = torch.rand(len(_TEXT_LIGHTS), 4, generator=random).tolist()
        primary, accent, paper = shot.palette.primary, shot.palette.accent, shot.palette.background
        paints = {"accent": accent, "paper": mix(primary, paper, 0.5), "ink": shade(primary)}
        self._colors = [_tempered(paints[name], self._mood, 0.35) for name, _, _ in _TEXT_LIGHTS]

    def paint(self, canvas: Canvas, frame: int) -> None:
        """Paint frame number *frame*."""
        turns = self._mood.speed * frame / self._fps / _TURN_SECONDS
        shine(canvas, self._ground, [self._light(n, turns) for n in range(len(_TEXT_LIGHTS))])

    def _light(self, n: int, turns: float) -> Light:
        x, y, phase, pace = self._places[n]
        _, size, strength = _TEXT_LIGHTS[n]
        angle = 2 * math.pi * (turns * (0.7 + 0.6 * pace) + phase)
        return Light(
            x=(n % 2 + x) / 2 + 0.22 * math.cos(angle),
            y=(n // 2 + y) / 3 + 0.14 * math.sin(angle),
            width=size,
            height=size * 0.65,
            color=self._colors[n],
            strength=strength * self._mood.contrast,
        )


def _arrival(t: float) -> float:
    """Go from 0 to 1, fast first and then settling, without overshoot."""
    return 1 - (1 - min(1.0, t)) ** 4


def _tempered(color: str, mood: Mood, share: float) -> str:
    """Turn a colour as the mood asks, by *share* at most."""
    toned = mix(color, "#FF9A3C" if mood.warmth > 0 else "#2F7BFF", abs(mood.warmth) * share)
    return mix(toned, "#FFFFFF" if mood.light > 0 else "#000000", abs(mood.light) * share)
