"""A line of the table of models: where its class is, what it can do, what it takes."""

import math

from schemas.placements import FPS
from schemas.plan import Task
from schemas.record import Record


class FrameRule(Record):
    """Which lengths and which rate a checkpoint makes."""

    fps: int = FPS
    step: int = 1
    offset: int = 0
    """Legal lengths are ``step * k + offset`` frames."""
    least: int = 1
    """Fewest frames."""
    most: int = 0
    """Most frames at once; 0 for no limit. What is longer is made in pieces, where the model does
    ``long``."""
    context: int = 0
    """Frames that a piece sees of the one before."""

    def legal(self, frames: int) -> int:
        """Return the least legal length that is not below *frames*."""
        wanted = max(frames, self.least)
        return math.ceil((wanted - self.offset) / self.step) * self.step + self.offset

    def lasting(self, frames: int) -> int:
        """Return the least legal length that lasts as long as *frames* frames of delivery."""
        return self.legal(math.ceil(frames * self.fps / FPS))


class Checkpoint(Record):
    """The weights of a model, and how they are run."""

    repo: str
    """Id on the Hugging Face hub."""
    commit: str
    """Revision there, 40 hex digits; empty where none was reviewed, so that who fetches has to name one."""
    gpu_bytes: dict[str, int]
    """GPU memory that a clip takes: ``bf16`` with all on the GPU, ``offload`` with the parts taking turns."""
    steps: int
    guidance: float
    load_seconds: float = 120.0
    """What loading takes from a local disk; the first deadline of a worker is so much later."""
    cache: str = ""
    """Step cache, ``first_block:THRESHOLD``; empty for none."""
    compile: bool = False
    """Whether the repeated blocks of the transformer are compiled."""


class Service(Record):
    """A model that somebody else runs."""

    key: str
    """Environment variable with the key of the account."""
    model: str
    """What the service calls it."""
    concurrency: int
    """Tasks at a time."""
    credits_per_second: float
    """Price of a second of video, in the service's credits."""
    credits_max: int
    """Most credits that one campaign may spend."""


class Entry(Record):
    """One model: where its class is, what it can do, what it takes."""

    path: str
    """``module:Class``; the class is a VideoModel, or an ImageModel where ``still`` is its task."""
    revision: str
    """Name and version of the code. It goes into every shot's key, so other pixels are another revision;
    plans write the fingerprint of the weights behind it, ``name/version@fingerprint``."""
    tasks: tuple[Task, ...]
    gpus: float
    cpus: float
    memory_bytes: int
    """Most main memory that one worker needs, weights included."""
    seconds: float
    """What a worker takes for a million pixels of one frame, on the reference machine; the first forecast.

    The reference for CPU models is two cores of an AMD EPYC (Zen 4) virtual machine, both busy; a model that
    needs GPUs says its own in *note*.
    """
    licence: str
    excludes: tuple[str, ...] = ()
    """Regions where the licence does not let its clips be shown, ISO 3166 codes and ``EU``."""
    any_size: bool = False
    """Whether it renders at the size, the rate and the length of delivery, so that its clips are ready."""
    short_side: int = 0
    """Pixels of the shorter side that it renders best; 0 for a model of any size."""
    multiple: int = 2
    """What both sides are a multiple of; even, as yuv420p asks."""
    sizes: tuple[tuple[int, int], ...] = ()
    """Widths and heights, where it makes no others."""
    frames: FrameRule = FrameRule()
    weights: Checkpoint | None = None
    """None for a model that needs none, and for a service."""
    service: Service | None = None
    note: str

    @property
    def name(self) -> str:
        """What briefs and the table call it."""
        return self.revision.partition("/")[0]

    def own_size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height that it renders for a clip of *width* x *height*.

        A model of any size renders just that; one of few sizes the one that is nearest in ratio; another its
        own shorter side, and of the longer one what keeps the ratio best.
        """
        if self.any_size:
            return width, height
        if self.sizes:
            return min(self.sizes, key=lambda size: abs(math.log(size[0] * height / (size[1] * width))))
        scale = self.short_side / min(width, height)
        return (
            round(width * scale / self.multiple) * self.multiple,
            round(height * scale / self.multiple) * self.multiple,
        )
