"""The login by token: a name and the token, tried slowly and a few times only."""

import asyncio
import hmac
import logging
import time
from collections import OrderedDict
from html import escape
from ipaddress import ip_address, ip_network

from starlette.responses import RedirectResponse, Response

from flows.review.access import NAME_CHARACTERS_MAX, Access, good_name
from flows.review.entrance import safe_next
from flows.review.forms import CSRF_FIELD, Form
from flows.review.plain import RefusedError, plain_page

FAILURES_MAX = 10
FORGIVEN_SECONDS = 600.0
PAUSE_SECONDS = 1.0
"""How long a wrong token waits for its answer."""
_WAITING_MAX = 32
_ADDRESSES_MAX = 10_000
_TOKEN_CHARACTERS_MAX = 1000
_log = logging.getLogger("reelmill.review")

_FORM = """{trouble}
<form method="post" action="/login">
<input type="hidden" name="{csrf_field}" value="{csrf}">
<input type="hidden" name="next" value="{next}">
<p><label>Your name, as others see it beside what you decide<br>
<input name="name" value="{name}" maxlength="{name_max}" required autocomplete="name"></label></p>
<p><label>Token of this page<br>
<input name="token" type="password" maxlength="{token_max}" required autocomplete="current-password">
</label></p>
<p><button>Log in</button></p>
</form>"""


class Logins:
    """Checks tokens; an address that fails FAILURES_MAX times waits FORGIVEN_SECONDS for the next try."""

    def __init__(self, access: Access) -> None:
        self._token = access.token.get_secret_value().encode()
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._waiting = 0

    async def check(self, form: Form, address: str) -> str:
        """Return the name of the person who gives the right token in *form*; empty for a bad name.

        Raises RefusedError for a wrong token, after a pause, and for too many.
        """
        seen = self._seen(address)
        if len(seen) >= FAILURES_MAX or self._waiting >= _WAITING_MAX:
            raise _too_many()
        given = form.get("token").strip().encode()[:_TOKEN_CHARACTERS_MAX]
        if hmac.compare_digest(given, self._token):
            return good_name(form.get("name"))
        seen.append(time.monotonic())
        _log.warning("a wrong token came from %s", address or "nowhere")
        self._waiting += 1
        try:
            await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._waiting -= 1
        raise RefusedError(403, "Log in", "The token is wrong.")

    def _seen(self, address: str) -> list[float]:
        """Return when *address* failed lately; of IPv6 a whole /64 is one, for that is what a line gets."""
        place = _place(address)
        since = time.monotonic() - FORGIVEN_SECONDS
        seen = [at for at in self._failures.pop(place, []) if at > since]
        self._failures[place] = seen
        while len(self._failures) > _ADDRESSES_MAX:
            self._failures.popitem(last=False)
        return seen


def login_page(csrf: str, target: str, *, name: str = "", trouble: str = "", status: int = 200) -> Response:
    """Return the page with the form; *trouble* is what was wrong with the last try."""
    body = _FORM.format(
        trouble=f'<p role="alert">{escape(trouble)}</p>' if trouble else "",
        csrf_field=CSRF_FIELD,
        csrf=csrf,
        next=escape(safe_next(target)),
        name=escape(name[:NAME_CHARACTERS_MAX]),
        name_max=NAME_CHARACTERS_MAX,
        token_max=_TOKEN_CHARACTERS_MAX,
    )
    return plain_page("Log in", body, status=status)


def logged_in(form: Form) -> Response:
    """Return the way to where the person wanted to go."""
    return RedirectResponse(safe_next(form.get("next")), 303)


def _too_many() -> RefusedError:
    refused = RefusedError(429, "Too many tries", "Too many wrong tokens came.", "Wait ten minutes.")
    refused.headers = {"Retry-After": f"{FORGIVEN_SECONDS:.0f}"}
    return refused


def _place(address: str) -> str:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    return str(parsed if parsed.version == 4 else ip_network((parsed, 64), strict=False))  # noqa: PLR2004 (IPv4)
