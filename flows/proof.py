"""What the sidecar beside an ad proves."""

import json

from schemas.errors import BlobDamagedError, BlobMissingError
from schemas.media import Asset
from schemas.record import content_key
from storage.blobs import BlobStore

CAPTION_SUFFIXES = (".srt", ".vtt")


def caption_names(key: str) -> tuple[str, ...]:
    """Return the names that the captions of the ad *key* have in the store, if it has any."""
    return tuple(f"ads/{key}{suffix}" for suffix in CAPTION_SUFFIXES)


def read_proof(blobs: BlobStore, key: str) -> Asset | None:
    """Return the ad *key* as its sidecar tells of it; None where that is missing, damaged or another's.

    Only what proves the file is read, so a sidecar that an older version wrote is as good. Raises
    StorageError if the store does not answer.
    """
    try:
        told = json.loads(blobs.read_text(f"ads/{key}.json"))
        asset = Asset.model_validate(told["asset"])
        own = content_key(told["recipe"]["ad"]) == key == asset.ad and asset.file.name == f"ads/{key}.mp4"
        own = own and {file.name for file in asset.captions} <= {*caption_names(key)}
    except (BlobMissingError, BlobDamagedError, ValueError, KeyError, TypeError):
        return None
    return asset if own else None
