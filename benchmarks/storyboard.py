"""The ad that is measured: its clips, its compositions, and the same story told to the peers."""

import json
from pathlib import Path

import skia
import torch

from actors.backends import VIDEO_MODELS
from actors.composer import Composer
from actors.generator import Generator
from actors.models import Means
from actors.upscaler import Upscaler
from actors.video import Encoding, ffmpeg_path
from actors.watch import CallWatch
from schemas.brief import Palette
from schemas.placements import PLACEMENTS
from schemas.plan import TRANSITION_FRAMES, Ad, BrandKit, Composition, Cut, Shot, Sound, Still
from storage.blobs import BlobStore, open_blobs

ROOT = Path(__file__).parent.parent
MEDIA = ROOT / "examples" / "kaffi" / "media"
PALETTE = Palette(primary="#5B2A1E", accent="#FF6A3D", background="#FFF6EC", text="#2B1A12")
PLACE = PLACEMENTS["meta_reels"]
CAMERAS = ("push_in", "orbit", "pan")
TEXTS = {
    "en-US": ("Wake up to better coffee", "Freshly roasted every morning", "Only now", "Shop now"),
    "de-DE": ("Wach auf mit besserem Kaffee", "Jeden Morgen frisch geröstet", "Nur jetzt", "Jetzt kaufen"),
    "fr-FR": ("Réveillez-vous autrement", "Torréfié chaque matin", "Maintenant", "Acheter"),
    "es-ES": ("Despierta con mejor café", "Tostado cada mañana", "Solo ahora", "Comprar"),
    "it-IT": ("Svegliati con un caffè migliore", "Tostato ogni mattina", "Solo ora", "Acquista"),
    "pt-PT": ("Acorde com melhor café", "Torrado todas as manhãs", "Só agora", "Comprar"),
    "nl-NL": ("Word wakker met betere koffie", "Elke ochtend vers gebrand", "Alleen nu", "Koop nu"),
    "pl-PL": ("Obudź się z lepszą kawą", "Palona co rano", "Tylko teraz", "Kup teraz"),
    "sv-SE": ("Vakna till bättre kaffe", "Nyrostat varje morgon", "Bara nu", "Köp nu"),
    "da-DK": ("Vågn op til bedre kaffe", "Friskristet hver morgen", "Kun nu", "Køb nu"),
    "fi-FI": ("Herää parempaan kahviin", "Paahdettu joka aamu", "Vain nyt", "Osta nyt"),
    "cs-CZ": ("Probuďte se s lepší kávou", "Každé ráno čerstvě pražená", "Jen teď", "Koupit"),
}
PRICE, OLD_PRICE, DISCLAIMER, TITLE = "€8.90", "€12.90", "While stocks last.", "House Blend 250 g"


class Storyboard:
    """Three scenes and an end card, whose clips are made once in a folder that the caller removes."""

    def __init__(self, folder: Path, seconds: float) -> None:
        torch.set_num_threads(1)
        self.folder = folder
        self.exe = ffmpeg_path(None)
        self.blobs: BlobStore = open_blobs(str(folder / "blobs"))
        self._still = self._make_still()
        self.frames = round(seconds * 30 / (len(CAMERAS) + 1))
        shots = [self._shot(camera, "product", self.frames + TRANSITION_FRAMES) for camera in CAMERAS]
        self.shots = [*shots, self._shot("push_in", "end_card", self.frames)]
        generator = Generator(self.blobs, folder, self.exe, Means())
        self.clips = {shot.key: generator.generate(shot, 0, CallWatch()).file.name for shot in self.shots}
        self.ad = self.composition("en-US")

    def composer(self) -> Composer:
        """Return a composer that has not made anything yet."""
        return Composer(self.blobs, self.folder, self.exe)

    def composition(self, locale: str, **changes: object) -> Composition:
        """Return the ad in one of the languages of TEXTS."""
        *captions, button = TEXTS[locale]
        cuts = tuple(
            Cut(shot=shot.key, frames=self.frames, caption=caption, end_card=shot.show == "end_card")
            for shot, caption in zip(self.shots, [*captions, TITLE], strict=True)
        )
        kit = BrandKit(
            name="Kaffi", palette=PALETTE, heading="Noto Sans", body="Noto Sans", logo="inputs/logo.svg"
        )
        whole = Composition(
            width=PLACE.width,
            height=PLACE.height,
            safe=PLACE.safe,
            locale=locale,
            cuts=cuts,
            kit=kit,
            price=PRICE,
            old_price=OLD_PRICE,
            button=button,
            disclaimer=DISCLAIMER,
            sound=Sound(music="synth:upbeat", lufs=-14.0, true_peak_max=-1.0),
            fonts="bench",
            recipe=1,
        )
        return whole.model_copy(update=changes)

    @property
    def delivered(self) -> Ad:
        """The ad as the gate sees it."""
        return Ad(
            campaign="kaffi/bench",
            product="HB-250",
            locale=self.ad.locale,
            placement="meta_reels",
            variant="a",
            composition=self.ad,
        )

    def paths(self) -> list[Path]:
        """Return the clip of each cut."""
        return [self.blobs.local(self.clips[cut.shot], self.folder) for cut in self.ad.cuts]

    def told(self, encoding: Encoding, sound: Path) -> Path:
        """Write the same story as peers are told it: JSON, with a logo of pixels."""
        logo = self.folder / "logo.png"
        dom = skia.SVGDOM.MakeFromStream(skia.MemoryStream(bytes((MEDIA / "kaffi-logo.svg").read_bytes())))
        side = round(PLACE.width * 0.22)
        surface = skia.Surface(side, side // 2)
        dom.setContainerSize(skia.Size(side, side // 2))
        dom.render(surface.getCanvas())
        surface.makeImageSnapshot().save(str(logo), skia.kPNG)
        story = {
            "width": PLACE.width,
            "height": PLACE.height,
            "fps": self.ad.fps,
            "transition": TRANSITION_FRAMES,
            "cuts": [
                {"clip": str(path), "frames": cut.frames, "caption": cut.caption, "card": cut.end_card}
                for path, cut in zip(self.paths(), self.ad.cuts, strict=True)
            ],
            "logo": str(logo),
            "price": PRICE,
            "old_price": OLD_PRICE,
            "button": self.ad.button,
            "disclaimer": DISCLAIMER,
            "primary": PALETTE.primary,
            "accent": PALETTE.accent,
            "light": PALETTE.background,
            "sound": str(sound),
            "preset": encoding.preset,
            "crf": encoding.crf,
        }
        told = self.folder / "story.json"
        told.write_text(json.dumps(story))
        return told

    def _make_still(self) -> Still:
        source = self.blobs.put("inputs/coffee.png", MEDIA / "coffee.png")
        self.blobs.put("inputs/logo.svg", MEDIA / "kaffi-logo.svg")
        still = Still(
            source=source.name, source_sha256=source.sha256, scale=4, upscaler="lanczos", matte="", recipe=1
        )
        Upscaler(self.blobs, self.folder, self.exe).prepare(still, 0)
        return still

    def _shot(self, camera: str, show: str, frames: int) -> Shot:
        return Shot.model_validate(
            {
                "show": show,
                "still": self._still.key,
                "prompt": "",
                "camera": camera,
                "palette": PALETTE,
                "width": PLACE.width,
                "height": PLACE.height,
                "frames": frames,
                "seed": 7,
                "model": VIDEO_MODELS["motion"].revision,
            }
        )
