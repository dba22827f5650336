"""Plans the stills and shots of scenes: each once, in the order first wanted, shared wherever it can be."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from actors.backends import Entry
from flows.casting import Cast, cast_scenes
from flows.equipment import Equipment
from flows.ingest import Ingested
from flows.prompts import PromptFacts, Written, write_prompt
from flows.translator import untranslated
from schemas.brief import Camera, Product, Scene, in_locale
from schemas.media import Source
from schemas.placements import Placement
from schemas.plan import Drawing, Given, Shot, Show, Still

STILL_RECIPE = 2
"""Raise it when the code that prepares stills draws other pixels."""
ENLARGING_RECIPE = 2
"""Raise it when the code that enlarges clips draws other pixels."""
FRAMING_RECIPE = 1
"""Raise it when the code that finds a subject, or crops about it, comes to other results."""
_LARGE, _MEDIUM = 1080, 540
"""Shorter sides, in pixels, from which a picture needs no upscaling, or only twofold."""


class Showing(NamedTuple):
    """A scene as a placement shows it, for a product."""

    scene: Scene
    product: Product
    placement: Placement
    frames: int
    """Of delivery."""
    speech: str
    """What a presenter says; empty without one."""
    storyboard: tuple[Scene, ...]
    """All scenes of the ad, also those that the placement has no room for."""
    seed: int


class ShotList:
    """The stills and shots of a campaign."""

    def __init__(self, ingested: Ingested, equipment: Equipment) -> None:
        self.brief = ingested.brief
        self.sources = ingested.sources
        self.english = ingested.english
        self.equipment = equipment
        self.cast: Cast = cast_scenes(self.brief, equipment)
        self.stills: dict[str, Still] = {}
        self.shots: dict[str, Shot] = {}
        self._speaks = any(scene.show == "presenter" for scene in self.brief.storyboard)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know before the run."""
        cast = (*self.cast.models.values(), *self.cast.painters.values())
        prompted = any(not entry.any_size for entry in cast)
        return tuple(untranslated(self.brief)) if prompted and not self.english else ()

    def speech(self, fields: Mapping[str, str]) -> str:
        """Return what presenters say where texts are *fields*; ads that differ in it share no presenter."""
        return fields["voiceover"] if self._speaks else ""

    def shot(self, showing: Showing) -> Shot:
        """Return the shot that *showing* cuts to, at the size, rate and length of delivery."""
        generated = self._generated(showing)
        placement = showing.placement
        if self._is_ready(generated, showing):
            return generated
        changes = {
            "width": placement.width,
            "height": placement.height,
            "frames": showing.frames,
            "fps": placement.fps,
            "base": generated.key,
            "upscaler": self._clip_upscaler(generated, placement),
            "framing": self._framing()
            if generated.width * placement.height != generated.height * placement.width
            else "",
            "interpolator": "" if generated.fps == placement.fps else self._interpolator(),
        }
        shot = generated.model_copy(update=changes)
        return self.shots.setdefault(shot.key, shot)

    def _is_ready(self, shot: Shot, showing: Showing) -> bool:
        placement = showing.placement
        wanted = placement.width, placement.height, showing.frames, placement.fps
        return (shot.width, shot.height, shot.frames, shot.fps) == wanted

    def _generated(self, showing: Showing) -> Shot:
        """Return the shot as its model makes it: of its own size, rate and length, unless it has none.

        A model with a size of its own makes a scene once, as long as any ad shows it.
        """
        scene, placement = showing.scene, showing.placement
        entry = self._entry(scene)
        width, height = entry.own_size(placement.width, placement.height)
        written = self._written(showing, entry, width, height)
        longest = self.cast.roles[scene.id].frames if scene.id in self.cast.roles else showing.frames
        shot = Shot(
            show=_shown_by(scene),
            still=self._first_still(showing, entry),
            prompt=written.prompt,
            negative=written.negative,
            given=self._given(showing),
            camera=self._camera(showing),
            palette=self.brief.brand.colors,
            width=width,
            height=height,
            frames=showing.frames if entry.any_size else entry.frames.lasting(longest),
            seed=self._seed(showing),
            model=self.equipment.revision(entry.name) or entry.revision,
            fps=placement.fps if entry.any_size else entry.frames.fps,
            framing=self._framing() if scene.video else "",
        )
        return self.shots.setdefault(shot.key, shot)

    def _entry(self, scene: Scene) -> Entry:
        return self.cast.models.get(scene.id, self.cast.renderer)

    def _seed(self, showing: Showing) -> int:
        """Return the seed of the shot; closing cards look the same with any."""
        return self.brief.video.seed if showing.scene.show == "end_card" else showing.seed

    def _camera(self, showing: Showing) -> Camera:
        """Return how the camera moves.

        The built-in renderer draws photos the same with any seed, so another seed moves its camera otherwise.
        """
        scene, seed = showing.scene, self._seed(showing)
        same = seed == self.brief.video.seed or self._entry(scene) is not self.cast.renderer
        return scene.camera if same else _other_move(scene.camera, seed)

    def _given(self, showing: Showing) -> Given:
        scene = showing.scene
        given = Given(
            until=self._picture(scene.until) if scene.until else "",
            video=self.sources[scene.video].name if scene.video else "",
            task=scene.task or "",
            subjects=tuple(self._picture(path) for path in scene.subjects),
            follows=self._leader(showing),
            sound=scene.sound or scene.show == "presenter",
            speech=showing.speech if scene.show == "presenter" else "",
        )
        return _NOTHING if given == _NOTHING else given

    def _leader(self, showing: Showing) -> str:
        """Return the key of the shot whose look the scene keeps; it is made even where no ad shows it."""
        name = self.cast.leaders.get(showing.scene.id)
        if name is None:
            return ""
        leader = next(scene for scene in showing.storyboard if scene.id == name)
        return self._generated(showing._replace(scene=leader)).key

    def _first_still(self, showing: Showing, entry: Entry) -> str:
        scene, product = showing.scene, showing.product
        if scene.still:
            return self._drawn(showing, entry)
        shows_product = scene.show in {"product", "end_card"}
        path = scene.image or scene.portrait or (product.images[0] if shows_product else None)
        return self._picture(path) if path else ""

    def _drawn(self, showing: Showing, entry: Entry) -> str:
        """Return the key of the still that a model draws for the scene, of the ratio that the shot has."""
        painter = self.cast.painters[showing.scene.id]
        placement = showing.placement
        width, height = painter.own_size(*entry.own_size(placement.width, placement.height))
        written = self._written(showing, painter, width, height)
        drawing = Drawing(
            prompt=written.prompt,
            negative=written.negative,
            width=width,
            height=height,
            seed=showing.seed,
            model=self.equipment.revision(painter.name) or painter.revision,
        )
        still = Still(
            source="",
            source_sha256="",
            scale=1,
            upscaler="none",
            matte="",
            recipe=STILL_RECIPE,
            drawing=drawing,
        )
        return self.stills.setdefault(still.key, still).key

    def _written(self, showing: Showing, entry: Entry, width: int, height: int) -> Written:
        scene, brand = showing.scene, self.brief.brand
        # The built-in renderer takes moods from the author's own words.
        english = {} if entry is self.cast.renderer else self.english
        facts = PromptFacts(
            prompt=english.get(scene.prompt, scene.prompt),
            camera=scene.camera,
            show=_shown_by(scene),
            product=_english(showing.product.title),
            brand=brand.name,
            tone=english.get(brand.tone, brand.tone),
            subjects=len(scene.subjects),
            speech=showing.speech if scene.show == "presenter" else "",
            task=scene.task or "",
            aspect=width / height,
        )
        return write_prompt(entry, facts)

    def _picture(self, path: str) -> str:
        """Return the key of the still of the file *path*."""
        source = self.sources[path]
        scale, upscaler = self._upscaler(source)
        still = Still(
            source=source.name,
            source_sha256=source.sha256,
            scale=scale,
            upscaler=upscaler,
            matte=self.equipment.matte,
            faces=self.equipment.faces,
            recipe=STILL_RECIPE,
        )
        return self.stills.setdefault(still.key, still).key

    def _upscaler(self, source: Source) -> tuple[Literal[1, 2, 4], str]:
        wanted, there = self.brief.video.upscale, self.equipment
        short_side = min(source.width, source.height)
        if wanted == "none" or short_side >= _LARGE:
            return 1, "none"
        twice = short_side >= _MEDIUM
        if wanted == "lanczos":
            return (2 if twice else 4), "lanczos"
        if wanted == "anime4k" and there.anime4k:
            return 2, there.anime4k
        if wanted == "realesrgan" and there.realesrgan:
            return 4, there.realesrgan
        return (2, there.spanx2 or "lanczos") if twice else (4, there.spanx4 or "lanczos")

    def _clip_upscaler(self, base: Shot, placement: Placement) -> str:
        times = max(placement.width / base.width, placement.height / base.height)
        return f"{self._clip_model(times) or 'lanczos'}/{ENLARGING_RECIPE}"

    def _clip_model(self, times: float) -> str:
        """Return the revision of the model that enlarges clips *times* times; empty for none."""
        there = self.equipment
        match self.brief.video.upscale:
            case _ if times <= 1:
                return ""
            case "anime4k":
                return there.anime4k
            case "realesrgan":
                return there.realesrgan
            case "auto" | "span":
                spans = (there.spanx2, there.spanx4)
                return next(filter(None, spans if times <= 2 else reversed(spans)), "")  # noqa: PLR2004 (spanx2)
            case _:
                return ""

    def _framing(self) -> str:
        return f"{self.equipment.faces}/{FRAMING_RECIPE}"

    def _interpolator(self) -> str:
        return f"{self.equipment.rife or 'repeat'}/{ENLARGING_RECIPE}"


_MOVES: tuple[Camera, ...] = ("push_in", "pan", "pull_out", "orbit", "parallax")
_NOTHING = Given()
"""Shared by the many shots that are given nothing."""


def _other_move(camera: Camera, seed: int) -> Camera:
    """Return one of the four other moves; scenes with different moves get different ones."""
    turn = 1 + seed % (len(_MOVES) - 1)
    known = _MOVES.index(camera) if camera in _MOVES else 0
    return _MOVES[(known + turn) % len(_MOVES)]


def _shown_by(scene: Scene) -> Show:
    return scene.show or ("image" if scene.image else "video" if scene.video else "subjects")


def _english(text: dict[str, str]) -> str:
    """Return the English of *text*, else what serves all locales, else the first there is."""
    return in_locale(text, "en-US") or in_locale(text, "en-GB") or next(iter(text.values()), "")
