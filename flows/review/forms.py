"""Reads the form of a POST: whole, bounded in bytes, fields and time, and of one kind."""

import asyncio
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from flows.review.plain import RefusedError

BYTES_MAX = 64_000
"""A page of ads named one by one, with a comment, has some 15 kB; more go by their filters."""
FIELDS_MAX = 1_000
"""As many as Starlette reads."""
SECONDS_MAX = 20.0
CSRF_FIELD = "csrf"
_KIND = "application/x-www-form-urlencoded"
_TOO_LARGE = RefusedError(413, "Too large", "The form is too large.", "Choose fewer ads at a time.")


class Form(NamedTuple):
    """What a form holds."""

    body: bytes
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return the first value of *name*; empty where there is none."""
        return next((value for field, value in self.fields if field == name), "")


async def read_form(headers: Headers, receive: Receive) -> Form:
    """Return the form that comes. Raises RefusedError for what is no form, too large or too slow."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:10]) > BYTES_MAX:
        raise _TOO_LARGE
    try:
        async with asyncio.timeout(SECONDS_MAX):
            body = await _body(receive)
    except TimeoutError:
        raise RefusedError(408, "Too slow", "The form did not come in time.", "Send it again.") from None
    if body and headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise RefusedError(415, "No form", f"What comes here is a form ({_KIND}).")
    return Form(body, _fields(body))


def again(body: bytes, receive: Receive) -> Receive:
    """Return a way to receive *body* once more; after it, what *receive* tells."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "Cut short", "The form did not come whole.")
        body += message.get("body", b"")
        if len(body) > BYTES_MAX:
            raise _TOO_LARGE
        more = message.get("more_body", False)
    return bytes(body)


def _fields(body: bytes) -> tuple[tuple[str, str], ...]:
    if body.count(b"&") >= FIELDS_MAX:
        raise _TOO_LARGE
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise RefusedError(400, "No form", "The form is not written as browsers write forms.") from None
    if any("\0" in text for field in fields for text in field):
        raise RefusedError(400, "No form", "A field holds a character that cannot be kept.")
    return tuple(fields)
