"""Marks finished files: XMP and metadata keys first, the signature last."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from actors.marks.embedded import tags_of, xmp_of
from actors.marks.mp4 import add_marks
from actors.marks.signature import Ingredient, sign
from schemas.marks import Incoming, Signing
from schemas.plan import Composition
from schemas.sidecar import Recipe
from storage.blobs import BlobStore

if TYPE_CHECKING:
    from actors.marks.certificates import Credentials


class Marker:
    """Marks ads; loads its key when it first signs, from the path on its own machine."""

    def __init__(self, signing: Signing, blobs: BlobStore, scratch: Path) -> None:
        self._signing = signing
        self._blobs = blobs
        self._scratch = scratch

    def embed(self, path: Path, composition: Composition) -> None:
        """Write XMP, and the metadata keys of the market, into the MP4 at *path*; the same every time.

        Raises MediaError.
        """
        add_marks(path, xmp_of(composition), tags_of(composition))

    def sign(self, path: Path, recipe: Recipe) -> None:
        """Sign the MP4 at *path*, made from *recipe*, which has marks; no two signatures are the same.

        Raises MediaError, ServiceError where no time stamp is to be had, SettingsError for a key that this
        machine cannot read.
        """
        composition = recipe.ad.composition
        assert composition.marks is not None  # noqa: S101 (who signs has looked)
        made_from = tuple(self._ingredients(recipe))
        sign(path, composition.key, composition.marks, made_from, self._credentials)

    @cached_property
    def _credentials(self) -> "Credentials":
        from actors.marks.certificates import credentials_of  # noqa: PLC0415 (it loads cryptography)

        return credentials_of(self._signing)

    def _ingredients(self, recipe: Recipe) -> Iterator[Ingredient]:
        """Yield what the ad is made from: pictures given, shots, the logo, the voice, each by its hash."""
        composition = recipe.ad.composition
        came = {one.name: one for one in composition.marks.incoming} if composition.marks else {}
        given = [shot.given.video for shot in recipe.shots] + [composition.kit.logo]
        pictures = [still.source for still in recipe.stills]
        for name in dict.fromkeys(filter(None, (*pictures, *given))):
            kind = "logo" if name == composition.kit.logo else "given picture or video"
            yield self._given(kind, name, came.get(name))
        shown = {clip.shot: clip for clip in recipe.clips}
        for number, key in enumerate(dict.fromkeys(recipe.ad.shots), 1):
            yield Ingredient(f"shot {number}", shown[key].file.sha256)
        if recipe.voice_file is not None:
            yield Ingredient("voice", recipe.voice_file.file.sha256)

    def _given(self, kind: str, name: str, came: Incoming | None) -> Ingredient:
        """Return an input of the brief; its name in the store is its hash."""
        sha256 = name.removeprefix("inputs/").partition(".")[0]
        kept = self._blobs.local(name, self._scratch) if came and came.manifest else None
        return Ingredient(kind, sha256, came.source if came else "", kept)
