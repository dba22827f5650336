"""A campaign that is made, with small files in the place of pictures and sound."""

import hashlib

from schemas.media import Asset, StoredFile
from schemas.plan import Ad, Plan
from schemas.settings import Settings
from schemas.sidecar import Recipe, Sidecar
from storage.blobs import BlobStore, open_blobs
from storage.catalog import Catalog
from tests.catalogs import copy_catalog
from tests.storage import drawn


class House:
    """A finished campaign of two ads with a voice, the second rejected, with its store and its catalog."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.blobs: BlobStore = open_blobs(settings.blobs)
        if settings.database_url.startswith("sqlite"):
            copy_catalog(settings.home / "catalog.sqlite")
        self.catalog = Catalog(settings.database_url)
        self.plan: Plan = drawn.draw_plan("one", "two", voiced=True)
        self.input = f"inputs/{hashlib.sha256(b'a picture').hexdigest()}.png"
        self.store(self.input, "a picture")
        (still,), (shot,) = self.plan.stills, self.plan.shots
        self.still = drawn.still_file(still).model_copy(
            update={"file": self.file("stills", still.key, "png")}
        )
        self.clip = drawn.clip(shot).model_copy(update={"file": self.file("clips", shot.key, "mp4")})
        (narration,) = self.plan.narrations
        self.voice = drawn.voice_file(narration).model_copy(
            update={"file": self.file("voices", narration.key, "flac")}
        )
        self.ads = [self._asset(ad) for ad in self.plan.ads]
        for asset in self.ads:
            self.store(f"ads/{asset.ad}.json", self.sidecar(asset))
        self._note_all()

    @property
    def ad(self) -> Asset:
        """The first ad."""
        return self.ads[0]

    @property
    def names(self) -> set[str]:
        """The names of all files."""
        return set(self.blobs.names(""))

    def store(self, name: str, text: str) -> StoredFile:
        """Store *text*, whatever is there."""
        return self.blobs.put_text(name, text, replace=True)

    def file(self, folder: str, key: str, suffix: str) -> StoredFile:
        """Store a file of this name."""
        return self.store(f"{folder}/{key}.{suffix}", f"the {folder} of {key}")

    def sidecar(self, asset: Asset) -> str:
        """Return what the sidecar of *asset* says."""
        (ad,) = (ad for ad in self.plan.ads if ad.key == asset.ad)
        shots, stills = self.plan.shots, self.plan.stills
        recipe = Recipe(
            brief_sha256="b",
            ad=ad,
            shots=shots,
            clips=(self.clip,),
            stills=stills,
            still_files=(self.still,),
            narration=self.plan.narrations[0],
            voice_file=self.voice,
        )
        return Sidecar(
            recipe=recipe, asset=asset, composed_from="", versions={}, made_at="now"
        ).model_dump_json(indent=1)

    def _asset(self, ad: Ad) -> Asset:
        captions = (self.file("ads", ad.key, suffix) for suffix in ("srt", "vtt"))
        files = {"file": self.file("ads", ad.key, "mp4"), "captions": tuple(captions)}
        findings = (drawn.TOO_LOUD,) if ad.product == "two" else ()
        return drawn.asset(ad).model_copy(update={**files, "findings": findings})

    def _note_all(self) -> None:
        run = self.catalog.start_run(self.plan, "{}")
        self.catalog.finish(self.catalog.claim("still", self.still.still, run).attempt, self.still)
        self.catalog.finish(self.catalog.claim("voice", self.voice.narration, run).attempt, self.voice)
        self.catalog.finish(self.catalog.claim("shot", self.clip.shot, run).attempt, self.clip)
        for asset in self.ads:
            self.catalog.finish(self.catalog.claim("ad", asset.ad, run).attempt, asset)
        self.catalog.end_run(run, "failed")
