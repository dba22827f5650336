"""Stands before every page: lets in whoever may come, and dresses each answer so that browsers keep it safe.

Pages read ``request.state.person`` (who decides), ``.csrf`` (for the hidden field ``csrf`` of every form, or
the header ``X-CSRF-Token``), ``.may_log_out``, ``.secure`` (whether the browser speaks https) and
``.presigned`` (whether S3 itself gives out videos).
Refusals are plain pages; of an error inside, people learn that there was one, and the log learns the rest.
"""

import logging
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.review.access import Access, good_name
from flows.review.entrance import (
    Caller,
    caller_of,
    check_headers,
    check_host,
    check_method,
    check_site,
    check_target,
    check_unproxied,
)
from flows.review.forms import CSRF_FIELD, Form, again, read_form
from flows.review.login import Logins, logged_in, login_page
from flows.review.plain import RefusedError
from flows.review.sessions import Session, Sessions

CSRF_HEADER = "x-csrf-token"
HEALTH, LOGIN, LOGOUT = "/healthz", "/login", "/logout"
_OPEN = ("/static/", "/favicon.ico")
"""What a browser gets without a login: what is the same for every Reelmill."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""``no-referrer`` would have browsers send ``Origin: null`` with our own forms (Fetch, "serialize a request
origin")."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src {media}; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_log = logging.getLogger("reelmill.review")


class Guard:
    """ASGI middleware around the whole *app*."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access
        self._sessions, self._logins = Sessions(access), Logins(access)
        media = f"'self' {access.media_origin}".strip()
        self._headers = _HEADERS | {"Content-Security-Policy": _POLICY.format(media=media)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or have the app do so."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = _Visit(scope, send, self._headers)
        try:
            await self._admit(visit, receive)
        except RefusedError as refused:
            await visit.refuse(refused, receive)
        except Exception:
            if visit.begun:
                raise
            _log.exception("%s %s failed", scope["method"], scope["path"])
            why = "The page could not be made; nothing was lost."
            broken = RefusedError(500, "Something went wrong", why, "Reload it in a moment.")
            await visit.refuse(broken, receive)

    async def _admit(self, visit: "_Visit", receive: Receive) -> None:
        scope, headers, access = visit.scope, visit.caller_headers, self._access
        check_method(scope["method"])
        check_target(scope)
        check_headers(headers)
        if scope["path"] == HEALTH:  # asked by address, by whoever watches over containers
            await PlainTextResponse("ok\n")(scope, receive, visit.send)
            return
        check_host(headers, access)
        check_unproxied(headers, access)
        caller = caller_of(scope, headers, access)
        check_site(scope["method"], headers, caller)
        session = self._session(visit, caller)
        if scope["method"] == "POST":
            form = await read_form(headers, receive)
            self._check_csrf(headers, form, session)
            receive = again(form.body, receive)
        else:
            form = Form(b"", ())
        answer = await self._at_the_door(visit, form, session, caller)
        await (answer or self._app)(scope, receive, visit.send)

    def _session(self, visit: "_Visit", caller: Caller) -> Session:
        """Return the session of the browser, a new one where it has none that fits the person."""
        person = self._person(visit.caller_headers, caller)
        cookies = visit.caller_headers.get("cookie", "")
        session = self._sessions.read(cookies, secure=caller.secure)
        if session is None or (self._access.way != "token" and session.person != person):
            session = self._sessions.begin(person)
            visit.cookie = self._sessions.cookie(session, secure=caller.secure)
        state = visit.scope.setdefault("state", {})
        state["person"], state["csrf"] = session.person, self._sessions.csrf(session)
        state["secure"] = caller.secure
        state["presigned"] = bool(self._access.media_origin)
        state["may_log_out"] = self._access.way == "token" and bool(session.person)
        return session

    def _person(self, headers: Headers, caller: Caller) -> str:
        """Return who comes, as far as that is known without a login. Raises RefusedError."""
        if self._access.way != "proxy":
            return self._access.person
        if not caller.is_proxy:
            raise RefusedError(
                403, "Not by this way", "This page is reached through its proxy.", "Use the proxy's address."
            )
        given = headers.getlist(self._access.user_header)
        name = good_name(_decoded(given[0])) if len(given) == 1 else ""
        if not name:
            raise RefusedError(
                403,
                "Nobody",
                "The proxy does not say who you are.",
                f"Whoever runs it has it set {self._access.user_header} to a name of 60 characters at most.",
            )
        return name

    def _check_csrf(self, headers: Headers, form: Form, session: Session) -> None:
        token = headers.get(CSRF_HEADER) or form.get(CSRF_FIELD)
        if not self._sessions.is_csrf(token, session):
            raise RefusedError(
                403,
                "This page is stale",
                "The form comes from an older session, or from another site; nothing was done.",
                "Go back, reload the page, and do it again.",
            )

    async def _at_the_door(
        self, visit: "_Visit", form: Form, session: Session, caller: Caller
    ) -> Response | None:
        """Return the answer to whoever logs in, out, or has not done so; None for whoever may go on."""
        path, method = visit.scope["path"], visit.scope["method"]
        if self._access.way != "token":
            return None
        if path == LOGIN:
            return await self._log_in(visit, form, session, caller)
        if session.person and (path, method) == (LOGOUT, "POST"):
            self._sessions.end(session)
            visit.cookie = self._sessions.cookie(self._sessions.begin(), secure=caller.secure)
            return RedirectResponse(LOGIN, 303)
        return None if session.person or path.startswith(_OPEN) else _to_login(visit)

    async def _log_in(self, visit: "_Visit", form: Form, session: Session, caller: Caller) -> Response:
        csrf = self._sessions.csrf(session)
        if visit.scope["method"] != "POST":
            target = Request(visit.scope).query_params.get("next", "/")
            return login_page(csrf, target)
        target, name = form.get("next"), form.get("name")
        try:
            person = await self._logins.check(form, caller.address)
        except RefusedError as refused:
            page = login_page(csrf, target, name=name, trouble=str(refused), status=refused.status)
            page.headers.update(refused.headers)
            return page
        if not person:
            trouble = "The name is to be 1 to 60 characters on one line."
            return login_page(csrf, target, name=name, trouble=trouble, status=422)
        self._sessions.end(session)
        visit.cookie = self._sessions.cookie(self._sessions.begin(person), secure=caller.secure)
        return logged_in(form)


class _Visit:
    """One request: what it says, and how its answer is dressed."""

    def __init__(self, scope: Scope, send: Send, dress: dict[str, str]) -> None:
        self.scope, self.caller_headers = scope, Headers(scope=scope)
        self.cookie = ""
        self.begun = False
        self._send, self._dress = send, dress

    async def refuse(self, refused: RefusedError, receive: Receive) -> None:
        """Answer with the page of *refused*; a part of a page that asks by htmx stays as it is."""
        page = refused.page()
        if self.caller_headers.get("hx-request") == "true":
            page.headers["HX-Reswap"] = "none"
        await page(self.scope, receive, self.send)

    async def send(self, message: Message) -> None:
        """Send *message*, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._dress.items():
                headers.setdefault(name, value)
            # Only pages carry the cookie: a picture that comes beside one would replace what its forms hold.
            if self.cookie and (_is_page(headers) or "location" in headers):
                headers.append("Set-Cookie", self.cookie)
        await self._send(message)


def _is_page(headers: MutableHeaders) -> bool:
    return headers.get("content-type", "").startswith("text/html")


def _to_login(visit: _Visit) -> Response:
    """Return the way to the login for a page, a plain refusal for what stands on one."""
    scope, headers = visit.scope, visit.caller_headers
    if headers.get("hx-request") == "true":
        return PlainTextResponse("log in\n", 401, {"HX-Redirect": LOGIN})
    if scope["method"] == "POST" or "text/html" not in headers.get("accept", ""):
        raise RefusedError(401, "Log in", "Nobody is logged in here.", "Open the page, and log in.")
    query = scope.get("query_string", b"").decode("ascii", "replace")
    target = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"{LOGIN}?next={quote(target, safe='')}", 303)


def _decoded(text: str) -> str:
    """Return the header value *text*, which comes as Latin-1, as the UTF-8 that it is; empty for neither."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return ""
