"""Sessions of browsers: a signed cookie, and the token that tells a form of ours from another site's.

The cookie holds who the person is and a random number; nothing is kept here but which sessions have been
ended, and that until this process ends. Forms carry an HMAC of that number (OWASP, Cross-Site Request Forgery
Prevention, 2025: signed double-submit cookie, bound to the session).
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from threading import Lock

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import ValidationError
from starlette.requests import cookie_parser

from flows.review.access import Access
from schemas.record import Record

LIFE_SECONDS = 12 * 3600
"""A working day; then people log in again."""
_ENDED_MAX = 10_000
_COOKIE_CHARACTERS_MAX = 1000


class Session(Record):
    """One browser of one person."""

    id: str
    """Random, 128 bits."""
    person: str = ""
    """Empty before a login."""


class Sessions:
    """Reads and writes the cookie of the page that *access* opens; for many threads.

    Cookies do not know ports (RFC 6265, section 8.5), so the name holds it: two pages on one machine do not
    end each other's sessions.
    """

    def __init__(self, access: Access) -> None:
        key = _key(access.token.get_secret_value())
        self._plain_name = f"reelmill-{access.port}"
        self._csrf_key = hmac.digest(key, b"csrf", "sha256")
        self._signer = URLSafeTimedSerializer(
            key, salt="session", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def read(self, cookies: str, *, secure: bool) -> Session | None:
        """Return the session in the header *cookies*; None where it has none, or none that holds now."""
        value = cookie_parser(cookies).get(self._name(secure=secure), "")
        if not 0 < len(value) <= _COOKIE_CHARACTERS_MAX:
            return None
        try:
            session = Session.model_validate(self._signer.loads(value, max_age=LIFE_SECONDS))
        except (BadData, ValidationError):
            return None
        return None if session.id in self._ended else session

    def begin(self, person: str = "") -> Session:
        """Return a new session."""
        return Session(id=secrets.token_hex(16), person=person)

    def end(self, session: Session) -> None:
        """Have *session* hold no more in this process, though a copy of its cookie is somewhere.

        A restart forgets it: a copy then holds until it is LIFE_SECONDS old, where a token signs the cookies.
        """
        with self._lock:
            self._ended[session.id] = None
            while len(self._ended) > _ENDED_MAX:
                self._ended.popitem(last=False)

    def cookie(self, session: Session, *, secure: bool) -> str:
        """Return the Set-Cookie header for *session*; without a script to read it, and not for other sites.

        ``Lax``, not ``Strict``: a link in a chat then opens the page instead of the login. A GET changes
        nothing here, and a POST from elsewhere has neither the cookie nor the token.
        """
        value = self._signer.dumps(session.model_dump())
        ending = "; Secure" if secure else ""
        name = self._name(secure=secure)
        return f"{name}={value}; Path=/; Max-Age={LIFE_SECONDS}; HttpOnly; SameSite=Lax{ending}"

    def csrf(self, session: Session) -> str:
        """Return the token for the forms of *session*."""
        return hmac.digest(self._csrf_key, session.id.encode(), "sha256").hex()

    def is_csrf(self, token: str, session: Session) -> bool:
        """Tell whether *token* is that of *session*."""
        return hmac.compare_digest(token.encode(), self.csrf(session).encode())

    def _name(self, *, secure: bool) -> str:
        # The prefix has browsers refuse the cookie from plain http and from other hosts of the domain.
        return f"__Host-{self._plain_name}" if secure else self._plain_name


def _key(token: str) -> bytes:
    """Derive the signing key from *token*, so that logins outlast a restart; without one, a random key.

    By scrypt, so that nobody tries tokens quickly on a cookie.
    """
    if not token:
        return secrets.token_bytes(32)
    return hashlib.scrypt(token.encode(), salt=b"reelmill review", n=1 << 14, r=8, p=1, dklen=32)
