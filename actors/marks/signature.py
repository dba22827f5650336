"""Signs files with C2PA, and reads what was signed; the only place that knows c2pa-python.

The library takes a sixth of a second to load, so it waits until it is needed. It never fetches anything but
the time stamp that is asked for: no manifests from afar, no revocation lists.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.errors import MediaError, ServiceError, SettingsError
from schemas.marks import SOURCE_TYPES, Marks, Signing

if TYPE_CHECKING:
    from actors.marks.certificates import Credentials

_SETTINGS = {
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
_VIDEO = "video/mp4"
_KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".mp4": _VIDEO,
    ".mov": "video/quicktime",
}


_UNTRUSTED = "signingCredential.untrusted"
"""Says only that no list of trusted authorities was given."""
_TRIAL = b"".join(
    (8 + len(content)).to_bytes(4) + kind + content
    for kind, content in ((b"ftyp", b"isom\0\0\2\0isomiso2mp41"), (b"moov", b""), (b"mdat", b"trial"))
)
"""The least that is an MP4."""


class Ingredient(NamedTuple):
    """Something that an ad is made from."""

    title: str
    """What it is, without a word of prompts or file names."""
    sha256: str
    source: str = ""
    """The IPTC's term for it; empty where nobody says."""
    kept: Path | None = None
    """The file itself, where it carries a manifest that is kept."""


def sign(
    path: Path, key: str, marks: Marks, ingredients: Sequence[Ingredient], credentials: "Credentials"
) -> None:
    """Sign the MP4 at *path*, of the composition *key*, in place.

    Raises MediaError for what cannot be signed, ServiceError where the time-stamp service does not answer.
    """
    import c2pa  # noqa: PLC0415 (see above)

    named = {f"ingredient-{number}": one for number, one in enumerate(ingredients)}
    signed = path.with_suffix(".signed")
    try:
        with (
            c2pa.Context.from_dict(_SETTINGS) as context,
            _signer(credentials) as signer,
            c2pa.Builder(_manifest(key, marks, named), context=context) as builder,
        ):
            for label, one in named.items():
                if one.kept is not None:
                    with one.kept.open("rb") as file:
                        builder.add_ingredient(_told(label, one), _kind_of(one.kept), file)
            with path.open("rb") as source, signed.open("wb+") as to:
                builder.sign(signer, _VIDEO, source, to)
        signed.replace(path)
    except c2pa.C2paError as error:
        if credentials.timestamp:
            raise ServiceError(
                f"{path.name}: not signed, and perhaps {credentials.timestamp} gave no time stamp "
                f"(REELMILL_C2PA_TIMESTAMP): {error}"
            ) from error
        raise MediaError(f"{path.name}: C2PA cannot sign it: {error}") from error
    finally:
        signed.unlink(missing_ok=True)


@cache
def check_signing(signing: Signing) -> None:
    """Sign a few bytes with what *signing* names. Raises SettingsError for what C2PA does not take.

    No time stamp is asked for.
    """
    if signing.signer == "test":
        return
    from actors.marks.certificates import credentials_of  # noqa: PLC0415 (it loads cryptography)

    credentials = replace(credentials_of(signing), timestamp="")
    with TemporaryDirectory(prefix="reelmill-") as folder:
        path = Path(folder, "trial.mp4")
        path.write_bytes(_TRIAL)
        try:
            sign(path, "trial", Marks(source="algorithmicMedia", signer="own"), (), credentials)
            told = read_manifests(path) or {}
        except MediaError as error:
            problem = str(error)
        else:
            problem = ", ".join(failures(told))
    if problem:
        raise SettingsError(
            f"REELMILL_C2PA_CERTIFICATE={str(signing.certificate)!r}: C2PA does not take it: {problem}; "
            f"ask its authority for a certificate for C2PA, and give the whole chain"
        )


def failures(told: dict[str, Any]) -> Iterator[str]:
    """Yield the codes of what does not hold in the manifests *told*, but for a signer that nobody trusts."""
    codes = [str(one.get("code")) for one in told.get("validation_status") or ()]
    yield from dict.fromkeys(code for code in codes if code != _UNTRUSTED)


def read_manifests(path: Path) -> dict[str, Any] | None:
    """Return all that the C2PA manifests of the file at *path* tell, as the library writes it; None for none.

    Raises MediaError where there is a manifest that cannot be read.
    """
    import c2pa  # noqa: PLC0415 (see above)

    try:
        with (
            c2pa.Context.from_dict(_SETTINGS) as context,
            path.open("rb") as file,
            c2pa.Reader(_kind_of(path), file, context=context) as reader,
        ):
            told = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return None
    except (c2pa.C2paError, ValueError) as error:
        raise MediaError(f"{path.name}: its C2PA manifest cannot be read: {error}") from error
    return told if isinstance(told, dict) else None


def _signer(credentials: "Credentials") -> Any:  # noqa: ANN401 (c2pa-python ships no types)
    import c2pa  # noqa: PLC0415 (see above)

    return c2pa.Signer.from_info(
        c2pa.C2paSignerInfo(
            credentials.algorithm.encode(),
            credentials.chain,
            credentials.key,
            credentials.timestamp.encode() or None,
        )
    )


def _kind_of(path: Path) -> str:
    return _KINDS.get(path.suffix.lower(), _VIDEO)


def _manifest(key: str, marks: Marks, ingredients: Mapping[str, Ingredient]) -> dict[str, Any]:
    agent = {"name": "Reelmill", "version": version("reelmill")}
    created = {
        "action": "c2pa.created",
        "digitalSourceType": SOURCE_TYPES + marks.source,
        "softwareAgent": agent,
        "parameters": {"com.reelmill.models": list(marks.models)},
    }
    placed = {"action": "c2pa.placed", "parameters": {"ingredientIds": list(ingredients)}}
    return {
        "claim_generator_info": [agent],
        "title": f"{key}.mp4",
        "format": _VIDEO,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created, *([placed] if ingredients else [])]}}
        ],
        "ingredients": [_told(label, one) for label, one in ingredients.items() if one.kept is None],
    }


def _told(label: str, one: Ingredient) -> dict[str, Any]:
    told = {
        "title": one.title,
        "label": label,
        "instance_id": f"sha256:{one.sha256}",
        "relationship": "componentOf",
    }
    return told | ({"description": SOURCE_TYPES + one.source} if one.source else {})
