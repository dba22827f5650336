"""Gives browsers the files of ads: videos in pieces, captions, posters, sidecars.

A request names an ad by its key and nothing else; the catalog says which file that is. Videos are read piece
by piece, each when the last has been sent, so a slow or a lost browser holds neither a thread nor memory.
Ranges are those of RFC 9110, section 14: one range is answered, several are answered with the whole.
"""

import re
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from typing import NamedTuple

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.datastructures import Headers

from flows.review.asked import read_key
from flows.review.desk import Desk, desk_of
from flows.review.trouble import PageError, no_such_ad
from schemas.errors import BlobDamagedError, BlobMissingError, MediaError, ReelmillError
from schemas.media import Asset, StoredFile
from storage.blobs import BlobStore

router = APIRouter(prefix="/media")

PIECE = 1 << 19
LINK_SECONDS = 4 * 3600
"""How long an address of S3 lasts: a review, and no longer."""
_KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}
"""Same key, same thing."""
_LINK_KEPT = {"Cache-Control": f"private, max-age={LINK_SECONDS // 2}"}
_METHODS = ["GET", "HEAD"]
_READERS = CapacityLimiter(16)
"""Threads that read pieces; pages have threads of their own, also while a store is slow."""
_DRAWERS = CapacityLimiter(2)
"""Threads that draw posters: a page asks for dozens, and each takes a decoder."""
_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*")


class CutShortError(Exception):
    """A file ended, or its store did, after its length had been promised; the connection ends too."""


class Span(NamedTuple):
    """A part of a file."""

    start: int
    length: int


@router.api_route("/ads/{key}.mp4", methods=_METHODS)
async def video(request: Request, key: str) -> Response:
    """Answer with the video of an ad, or a part of it, or where S3 has it."""
    desk, asset = await _asset(request, key)
    if not request.state.presigned:
        return await _answer(request, desk.blobs, asset.file, "video/mp4")
    try:
        called = f"{asset.ad[:16]}.mp4"
        link = await to_thread.run_sync(
            lambda: desk.blobs.link(asset.file.name, seconds=LINK_SECONDS, called=called), limiter=_READERS
        )
    except BlobMissingError as error:
        raise _lost(asset.file.name) from error
    return RedirectResponse(link, 307, _LINK_KEPT)


@router.api_route("/ads/{key}.vtt", methods=_METHODS)
async def captions(request: Request, key: str) -> Response:
    """Answer with the captions of an ad."""
    desk, asset = await _asset(request, key)
    file = next((one for one in asset.captions if one.name.endswith(".vtt")), None)
    if file is None:
        raise PageError(404, "This ad has no captions", "Nothing is said or written in it.")
    return await _answer(request, desk.blobs, file, "text/vtt; charset=utf-8")


@router.api_route("/ads/{key}.json", methods=_METHODS)
async def sidecar(request: Request, key: str) -> Response:
    """Answer with the sidecar of an ad, to be saved."""
    desk, asset = await _asset(request, key)
    name = str(PurePosixPath(asset.file.name).with_suffix(".json"))
    try:
        text = await to_thread.run_sync(desk.blobs.read_text, name, limiter=_READERS)
    except (BlobMissingError, BlobDamagedError) as error:
        raise _lost(name) from error
    headers = {"Content-Disposition": f'attachment; filename="{asset.ad[:16]}.json"'}
    return Response(text, media_type="application/json", headers=headers)


@router.api_route("/posters/{key}.jpg", methods=_METHODS)
async def poster(request: Request, key: str) -> Response:
    """Answer with the poster of an ad, drawn now if nobody has asked before."""
    desk, key = desk_of(request), read_key(key)
    try:
        path = await to_thread.run_sync(desk.posters.kept, key)
        if path is None:
            path = await to_thread.run_sync(desk.posters.draw, key, limiter=_DRAWERS)
    except (BlobMissingError, BlobDamagedError, MediaError) as error:
        raise _lost(f"ads/{key}.mp4") from error
    return FileResponse(path, media_type="image/jpeg", headers=_KEPT)


async def _asset(request: Request, key: str) -> tuple[Desk, Asset]:
    desk, key = desk_of(request), read_key(key)
    found = (await to_thread.run_sync(desk.catalog.assets_made, [key])).get(key)
    if found is None:
        raise no_such_ad(key)
    return desk, found


async def _answer(request: Request, blobs: BlobStore, file: StoredFile, kind: str) -> Response:
    """Return the part of *file* that is asked for, or the whole."""
    headers = _KEPT | {"ETag": f'"{file.sha256}"', "Accept-Ranges": "bytes"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    # A range is defined for GET alone (RFC 9110, section 14.2).
    asked = read_span(request.headers, file) if request.method == "GET" else None
    if asked is not None and not asked.length:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{file.bytes}"})
    span = asked or Span(0, file.bytes)
    first = await _first_piece(blobs, file, span)
    headers |= {"Content-Length": str(span.length), "Content-Type": kind}
    if asked:
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{file.bytes}"
    if request.method == "HEAD":
        return Response(headers=headers)
    return StreamingResponse(_pieces(blobs, file, span, first), 206 if asked else 200, headers)


def read_span(headers: Headers, file: StoredFile) -> Span | None:
    """Return the part of *file* that *headers* ask for, of length 0 for one beyond its end; None for all.

    What is no single range of bytes is passed over, as is one of another version (If-Range).
    """
    found = _RANGE.fullmatch(headers.get("range", ""))
    version = headers.get("if-range")
    if not found or not any(found.groups()) or version not in {None, f'"{file.sha256}"'}:
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), file.bytes)
        return Span(file.bytes - length, length)
    if last and int(last) < int(first):
        return None
    start, end = int(first), min(int(last or file.bytes), file.bytes - 1)
    return Span(start, max(0, end - start + 1))


async def _first_piece(blobs: BlobStore, file: StoredFile, span: Span) -> bytes:
    """Return the begin of *span*, before anything is promised. Raises PageError if it is not there."""
    wanted = min(span.length, PIECE)
    try:
        piece = await to_thread.run_sync(
            blobs.read_range, file.name, span.start, max(1, wanted), limiter=_READERS
        )
    except BlobMissingError as error:
        raise _lost(file.name) from error
    if len(piece) < wanted:
        raise _lost(file.name)
    return piece


async def _pieces(blobs: BlobStore, file: StoredFile, span: Span, piece: bytes) -> AsyncIterator[bytes]:
    """Yield *span*, of which *piece* is the begin. Raises CutShortError where it does not come whole."""
    yield piece
    at, end = span.start + len(piece), span.start + span.length
    while at < end:
        try:
            piece = await to_thread.run_sync(
                blobs.read_range, file.name, at, min(end - at, PIECE), limiter=_READERS
            )
        except ReelmillError as error:
            raise CutShortError(str(error)) from error
        if not piece:
            raise CutShortError(f"{file.name!r} is shorter than its row says; run `reelmill verify`")
        yield piece
        at += len(piece)


def _lost(name: str) -> PageError:
    cure = "`reelmill verify` says what is missing, and `reelmill run` makes it again."
    return PageError(404, f"The file {name} is not in the store, or not whole", cure)
