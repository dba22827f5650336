"""What a person is told on the page that follows an action, once: carried in a signed cookie.

Cookies do not know ports (RFC 6265, section 8.5), so the name holds it: two pages on one machine do not
overwrite what the other tells.
"""

import secrets

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import ValidationError

from schemas.record import Record

_SECONDS = 60
_WORDS_MAX = 600


class Telling(Record):
    """A sentence about what was done."""

    words: str
    undo: bool = False
    """Whether it can be undone from there."""


class Told:
    """Carries a Telling from an action to the next page; no one else can write such a cookie."""

    def __init__(self, port: int, key: str = "", *, secure: bool = False) -> None:
        self._port, self._key, self._secure = port, key or secrets.token_hex(32), secure
        self._name = f"reelmill-told-{port}"
        self._signed = URLSafeSerializer(self._key, salt="told")

    def to(self, *, secure: bool) -> "Told":
        """Return this for a browser that speaks https, if *secure*, and sends the cookie by that alone."""
        return Told(self._port, self._key, secure=secure)

    def lead(self, to: str, words: str, *, undo: bool = False) -> RedirectResponse:
        """Return the way to the page *to*, which says *words*."""
        answer = RedirectResponse(to, status_code=303)
        telling = Telling(words=words[:_WORDS_MAX], undo=undo)
        text = self._signed.dumps(telling.model_dump())
        answer.set_cookie(
            self._name, str(text), max_age=_SECONDS, secure=self._secure, httponly=True, samesite="lax"
        )
        return answer

    def take(self, request: Request) -> Telling | None:
        """Return what there is to tell; None where there is nothing, or it is not ours."""
        text = request.cookies.get(self._name)
        try:
            return Telling.model_validate(self._signed.loads(text)) if text else None
        except (BadSignature, ValidationError):
            return None

    def forget(self, answer: Response) -> None:
        """Have the browser drop what is told on *answer*."""
        answer.delete_cookie(self._name, secure=self._secure, httponly=True, samesite="lax")
