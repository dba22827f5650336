"""Reads what a file carries about how it was made, and says what does not hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from actors.marks.embedded import AIGC, key_in, source_in, tags_of
from actors.marks.mp4 import read_tags, read_xmp
from actors.marks.signature import failures, read_manifests
from schemas.errors import MediaError
from schemas.marks import SOURCE_TYPES, TEST_NAME
from schemas.plan import Ad
from schemas.record import Record

_HOLDS = {"Valid", "Trusted"}
_MOVED = "assertion.bmffHash.mismatch"


class Signature(Record):
    """What a C2PA manifest tells."""

    state: Literal["none", "holds", "broken"] = "none"
    reasons: tuple[str, ...] = ()
    """Why it is broken, by the codes of the C2PA specification."""
    signed_by: str = ""
    """Common name of the certificate, or its organisation."""
    test: bool = False
    """Whether it is Reelmill's test certificate."""
    time: str = ""
    """When it was signed, as a time-stamp service says; empty without one."""
    title: str = ""
    source: str = ""
    """The IPTC's term."""
    ingredients: int = 0


class FileMarks(Record):
    """What a file carries."""

    source: str = ""
    """The IPTC's term in XMP; empty for none."""
    key: str = ""
    """Key of the composition that XMP names; empty for none."""
    aigc: str = ""
    """The metadata key ``AIGC``; empty for none."""
    signature: Signature = Signature()


def read_marks(path: Path) -> FileMarks:
    """Read the marks of the MP4 at *path*. Raises MediaError for what is none, or breaks off."""
    xmp = read_xmp(path)
    return FileMarks(
        source=source_in(xmp),
        key=key_in(xmp),
        aigc=read_tags(path).get(AIGC, ""),
        signature=_signature(path),
    )


def file_problems(marks: FileMarks) -> Iterator[str]:
    """Yield what does not hold of *marks* by themselves."""
    signature = marks.signature
    if signature.state == "none":
        yield "it has no C2PA manifest: it was never signed, or was stripped or re-muxed since"
    elif signature.state == "broken":
        why = ", ".join(signature.reasons)
        what = "its bytes are not those that were signed" if _MOVED in why else "its signature does not hold"
        yield f"C2PA: {what} ({why})"
    if not marks.source:
        yield "it has no XMP with DigitalSourceType"
    elif signature.source not in {"", marks.source}:
        yield f"XMP says {marks.source}, and C2PA says {signature.source}"
    if marks.aigc and not _is_aigc(marks.aigc):
        yield f"its key {AIGC} is not as GB 45438-2025 asks"


def mark_problems(path: Path, ad: Ad) -> tuple[str, ...]:
    """Return what does not hold of the marks that *ad* should carry in its file *path*; empty where all does.

    The C2PA signature covers all but the boxes ``ftyp``, ``free`` and ``skip``, and padding in the manifest;
    a file that was stripped, re-muxed or changed anywhere else does not hold. (The SHA-256 of its row covers
    every byte.) Whether the label is seen in the frames is the gate's matter: the signature says that they
    are those which it looked at.
    """
    marks = ad.composition.marks
    if marks is None:
        return ("it was planned by an older Reelmill, without marks: run the campaign again",)
    try:
        found = read_marks(path)
    except MediaError as error:
        return (str(error),)
    problems = [*file_problems(found)]
    if found.source not in {"", marks.source}:
        problems.append(f"XMP says {found.source}, and its plan {marks.source}")
    if found.source and found.key != ad.composition.key:
        problems.append("XMP names another ad")
    if found.aigc != tags_of(ad.composition).get(AIGC, ""):
        problems.append(f"its key {AIGC} is {'another' if found.aigc else 'missing'} (GB 45438-2025)")
    if found.signature.title not in {"", f"{ad.composition.key}.mp4"}:
        problems.append("C2PA names another ad")
    if found.signature.test and marks.signer == "own":
        problems.append("it is signed with a test certificate, not with the one of the settings")
    return tuple(problems)


def _signature(path: Path) -> Signature:
    try:
        told = read_manifests(path)
    except MediaError as error:
        return Signature(state="broken", reasons=(str(error),))
    if told is None:
        return Signature()
    active = told.get("manifests", {}).get(told.get("active_manifest"), {})
    signer = active.get("signature_info") or {}
    holds = told.get("validation_state") in _HOLDS
    name = str(signer.get("common_name") or signer.get("issuer") or "")
    return Signature(
        state="holds" if holds else "broken",
        reasons=() if holds else tuple(failures(told)),
        signed_by=name,
        test=name == TEST_NAME,
        time=str(signer.get("time") or ""),
        title=str(active.get("title") or ""),
        source=_source(active),
        ingredients=len(active.get("ingredients") or ()),
    )


def _source(active: dict[str, Any]) -> str:
    """Return the IPTC's term of the action that created the file; empty for none."""
    for assertion in active.get("assertions") or ():
        for action in (assertion.get("data") or {}).get("actions") or ():
            if action.get("action") == "c2pa.created":
                return str(action.get("digitalSourceType") or "").removeprefix(SOURCE_TYPES)
    return ""


def _is_aigc(text: str) -> bool:
    try:
        told = json.loads(text)
    except ValueError:
        return False
    return isinstance(told, dict) and bool(told.get("Label") and told.get("ContentProducer"))
