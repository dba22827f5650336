"""What all open-weights models have in common: a diffusers pipeline, run take by take on one device.

A family says which pipeline it is and what it is called with; all else is here: words are encoded once and
the text encoder leaves the GPU, seeds are the shot's, every step is watched, what a stopped call leaves
behind is freed, and pictures are counted, not believed.
"""

import gc
import hashlib
from collections import OrderedDict, deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from actors.backends import Entry, Materials, Rendering, Site, Watch
from actors.backends.diffusion.loading import compile_blocks, load_pipeline, quicken
from actors.backends.diffusion.room import Level, below, free_bytes, level_for, lowest, settle, size_of, tile
from actors.backends.diffusion.takes import Picture, Take, cut, joined
from actors.colors import to_frame
from actors.footage import covering, pictures
from schemas.errors import GenerationError
from schemas.layout import Box
from schemas.plan import Drawing, Shot

Words = dict[str, Any]
"""What a prompt became: arguments of a pipeline, tensors on the CPU."""

_WORDS_KEPT = 64
_SMALLER_TAKES = 3
"""After so many attempts that did not fit, takes are half as long, where they join."""


class Diffusion:
    """One pipeline on one device; it makes one clip at a time."""

    pipeline: ClassVar[str]
    """Class in diffusers."""
    full: ClassVar[tuple[str, ...]] = ()
    """Parts that stay fp32 on a GPU."""
    readers: ClassVar[tuple[str, ...]] = ("text_encoder",)
    """Parts that only turn words into tensors."""
    words_max: ClassVar[int] = 226
    """Tokens to which a prompt is filled or cut, as the checkpoint was taught: others make another clip."""
    denoisers: ClassVar[tuple[str, ...]] = ("transformer", "transformer_2")

    def __init__(self, entry: Entry, site: Site) -> None:
        if entry.weights is None:
            raise GenerationError(f"{entry.name}: its table line names no checkpoint")
        self.entry, self.weights = entry, entry.weights
        self._site = site
        self._level: Level | None = None
        self._free = 0
        """Bytes that were free before the pipeline was loaded."""
        self.reading = torch.device(site.device)
        """Where the readers are while they read."""
        self._words: OrderedDict[tuple[str, str], Words] = OrderedDict()
        self._prepare(0)

    def __reduce__(self) -> tuple[type[Self], tuple[Entry, Site]]:
        """Travel as what it was loaded from: weights are read where it arrives."""
        return type(self), (self.entry, self._site)

    @property
    def device(self) -> str:
        """Where it denoises, ``cpu`` or ``cuda``."""
        return self._site.device

    def render(self, shot: Shot, materials: Materials, *, shrink: int, watch: Watch) -> Rendering:
        """Make *shot*: the pipeline runs as its frames are asked for; as VideoModel says."""
        self._refuse(shot)
        self._prepare(shrink)
        return Rendering(map(to_frame, map(torch.tensor, self._pictures(shot, materials, shrink, watch))))

    # What a family says.

    def inputs(self, shot: Shot, materials: Materials, take: Take, before: list[Picture]) -> dict[str, Any]:
        """Return what the pipeline is called with for *take* beside words, size, length, steps and seed.

        *before* are the pictures that the take begins with. Raises GenerationError for what it cannot do.
        """
        raise NotImplementedError

    def encode(self, prompt: str, negative: str) -> Words:
        """Return what the pipeline takes in place of the words; the *readers* are there, on the device."""
        guided = self.weights.guidance > 1
        embeds, unwanted = self.pipe.encode_prompt(
            prompt,
            negative,
            do_classifier_free_guidance=guided,
            max_sequence_length=self.words_max,
            device=self.reading,
        )
        return {"prompt_embeds": embeds, "negative_prompt_embeds": unwanted if guided else None}

    def call(self, arguments: dict[str, Any]) -> Tensor:
        """Run the pipeline and return its pictures, float ``[F, 3, H, W]`` in 0..1."""
        made: Tensor = self.pipe(**arguments, output_type="pt").frames[0]
        return made

    # What is the same for all.

    def _pictures(
        self, shot: Shot, materials: Materials, shrink: int, watch: Watch
    ) -> Iterator[NDArray[np.uint8]]:
        rule = self.entry.frames
        backwards = shot.given.task == "extend_back"
        given = self._given(shot, materials, backwards=backwards)
        smaller = shrink >= _SMALLER_TAKES and rule.context > 0 and not backwards
        most = rule.legal(max(rule.context + 1, rule.most // 2)) if smaller else 0
        takes = list(cut(shot.frames, rule, most=most, given=len(given)))
        if backwards and len(takes) > 1:
            raise GenerationError(
                f"{self.entry.name} extends backward by {rule.most} frames at once, not more"
            )

        def make(take: Take, before: list[Picture]) -> list[Picture]:
            made = self._make(shot, materials, take, before, watch, len(takes))
            return made[::-1] if backwards else made

        made = joined(iter(takes), make, shot.frames, given, rule.context)
        return iter(list(made)[::-1]) if backwards else made

    def _make(
        self,
        shot: Shot,
        materials: Materials,
        take: Take,
        before: list[Picture],
        watch: Watch,
        takes: int,
    ) -> list[Picture]:
        """Run the pipeline for one take."""
        steps = self.weights.steps
        done, of = take.number * steps, takes * steps
        watch.step(done, of)
        made = self.run(
            shot,
            watch,
            done=done,
            of=of,
            generator=torch.Generator("cpu").manual_seed(seed_of(shot.seed, take)),
            num_frames=take.frames,
            **self.inputs(shot, materials, take, before),
        )
        return self._read(made, shot)

    def run(
        self,
        asked: Shot | Drawing,
        watch: Watch,
        *,
        done: int,
        of: int,
        generator: torch.Generator,
        kept: dict[str, Any] | None = None,
        **inputs: Any,  # noqa: ANN401 (a pipeline's arguments)
    ) -> Tensor:
        """Run the pipeline for words and size of *asked*, with *inputs* beside; return what `call` does.

        *watch* hears of every step, of which *done* of *of* were done before; *kept* gets what the last one
        ended with. What a stopped run leaves behind is freed.
        """

        def told(_: Any, step: int, __: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 (diffusers)
            if kept is not None:
                kept.update(values)
            watch.step(done + step + 1, of)
            return values

        arguments = {
            **self.words(asked.prompt, asked.negative),
            "width": asked.width,
            "height": asked.height,
            "num_inference_steps": self.weights.steps,
            "guidance_scale": self.weights.guidance,
            "generator": generator,
            "callback_on_step_end": told,
            **inputs,
        }
        try:
            return self.call(arguments)
        finally:
            self.pipe.maybe_free_model_hooks()

    def _read(self, made: Tensor, asked: Shot | Drawing) -> list[Picture]:
        """Return the pictures that came, if they are of the size that was *asked* for."""
        wide, tall = made.shape[-1], made.shape[-2]
        if (wide, tall) != (asked.width, asked.height):
            size = f"{asked.width}x{asked.height}"
            raise GenerationError(f"{self.entry.name} made {wide}x{tall} where {size} was asked for")
        if not torch.isfinite(made).all():
            raise GenerationError(f"{self.entry.name} made pixels that are no numbers")
        whole = (made.float().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu()
        return list(whole.contiguous().numpy())

    def words(self, prompt: str, negative: str) -> Words:
        """Return *prompt* and *negative* encoded, on the device; the last that were asked for are kept."""
        key = prompt, negative
        if key not in self._words:
            self._words[key] = {name: _on(value, "cpu") for name, value in self._encoded(*key).items()}
        self._words.move_to_end(key)
        if len(self._words) > _WORDS_KEPT:
            self._words.popitem(last=False)
        return {name: _on(value, self.device) for name, value in self._words[key].items()}

    def _encoded(self, prompt: str, negative: str) -> Words:
        """Encode with the readers, which are on the device, if there is room, only as long as that takes."""
        if not self.readers:
            return self.encode(prompt, negative)
        room = sum(map(size_of, self._read_by.values())) < free_bytes(self.device)
        self.reading = torch.device(self.device if room else "cpu")
        try:
            for name, reader in self._read_by.items():
                setattr(self.pipe, name, reader.to(self.reading))
            with torch.inference_mode():
                return self.encode(prompt, negative)
        finally:
            for name, reader in self._read_by.items():
                setattr(self.pipe, name, None)
                reader.to("cpu")
            empty(self.device)

    def _given(self, shot: Shot, materials: Materials, *, backwards: bool) -> list[Picture]:
        """Return the pictures that an extension begins with, in the order of making."""
        if shot.given.task not in {"extend", "extend_back"}:
            return []
        rule = self.entry.frames
        count = min(max(1, rule.context), shot.frames // 2)
        seen = self.footage(materials.video, shot, materials.video_subject)
        found = list(islice(seen, count)) if backwards else list(deque(seen, maxlen=count))
        if len(found) < count:
            raise GenerationError(f"the video has {len(found)} frames, {count} are needed to go on from")
        return found[::-1] if backwards else found

    def footage(self, path: Path | None, shot: Shot, subject: Box | None = None) -> Iterator[Picture]:
        """Yield the pictures of the video *path*, which is of *subject*, in the frame and rate of *shot*."""
        if path is None:
            raise GenerationError(f"shot {shot.key[:12]} needs a video")
        found = pictures(path, fps=Fraction(shot.fps))
        return (covering(picture, shot.width, shot.height, subject) for picture in found)

    def _refuse(self, shot: Shot) -> None:
        """Refuse what the checkpoint would change without a word."""
        entry, rule = self.entry, self.entry.frames
        asked = f"{shot.width}x{shot.height}, {shot.frames} frames at {shot.fps} fps"
        self._refuse_sides(shot, asked)
        if shot.fps != rule.fps or rule.legal(shot.frames) != shot.frames:
            lengths = f"{rule.step} k + {rule.offset} frames at {rule.fps} fps"
            raise GenerationError(f"{entry.name} makes {lengths}: {asked}; plan again")

    def _refuse_sides(self, asked: Shot | Drawing, told: str) -> None:
        multiple = self.entry.multiple
        if asked.width % multiple or asked.height % multiple:
            raise GenerationError(f"{self.entry.name} makes sides that are a multiple of {multiple}: {told}")

    def _prepare(self, shrink: int) -> None:
        """Load or place the pipeline for an attempt after *shrink* that did not fit."""
        level = self._level_after(shrink)
        if level != self._level:
            if self._level is not None:
                self._drop()
            self._place(level)
        if shrink:
            empty(self.device)
        tile(self.pipe.vae, on=shrink > 0)

    def _level_after(self, shrink: int) -> Level:
        """Return where the pipeline is to be; once it is there, it goes down and never up again."""
        if self._level is None:
            self._drop()
            self._free = free_bytes(self.device)
            return level_for(self.weights, self._free, shrink)
        return lowest(self._level, level_for(self.weights, self._free, shrink))

    def _place(self, level: Level) -> None:
        """Load the pipeline for *level*, or for the first one below at which its weights fit at all."""
        while True:
            try:
                self._load(level)
            except torch.OutOfMemoryError:
                if (lower := below(level)) is None:
                    raise
            else:
                return
            self._drop()
            level = lower

    def _load(self, level: Level) -> None:
        pipe = load_pipeline(self.entry, self._site.folder, self.pipeline, device=self.device, full=self.full)
        self._read_by = {name: getattr(pipe, name) for name in self.readers}
        for name in self.readers:
            setattr(pipe, name, None)
        for name in self.denoisers:
            if (denoiser := getattr(pipe, name, None)) is not None:
                quicken(denoiser, self.weights)
        settle(pipe, level, self.device, self.denoisers)
        for name in self.denoisers:
            if (denoiser := getattr(pipe, name, None)) is not None:
                compile_blocks(denoiser, self.weights)
        self.pipe: Any = pipe
        self._level = level

    def _drop(self) -> None:
        """Forget the pipeline before another is loaded; hooks point back at it, so it is no garbage yet."""
        self._level = None
        self.pipe, self._read_by = None, {}
        gc.collect()
        empty(self.device)


def seed_of(seed: int, take: Take) -> int:
    """Return the seed of *take*: the shot's own at first, then others that follow from it."""
    if take.number == take.attempt == 0:
        return seed
    text = f"{seed}/{take.number}/{take.attempt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _on(value: Any, device: str) -> Any:  # noqa: ANN401 (tensors, and whatever stands between them)
    return value.to(device) if isinstance(value, Tensor) else value


def empty(device: str) -> None:
    """Give memory back that torch keeps for later."""
    if device != "cpu":
        torch.cuda.empty_cache()
