"""A small page behind the guard, the browsers that come to it, and what they send."""

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import SecretStr
from starlette.testclient import TestClient
from starlette.types import Message

from flows.review.access import Access
from flows.review.guard import Guard

HOST = "127.0.0.1:8321"
TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 (opens a page of a test)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def opened(way: Any = "alone", **changes: Any) -> Access:
    """Return an access for tests."""
    facts: dict[str, Any] = {"way": way, "port": 8321, "hosts": frozenset({HOST}), "person": ""}
    facts |= {"alone": {"person": "operator"}, "token": {"token": SecretStr(TOKEN)}, "proxy": {}}[way]
    return Access(**facts | changes)


def small_page(access: Access) -> FastAPI:
    """Return an application with a page that tells who comes, and an action that counts."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.done = []

    @app.get("/")
    def page(request: Request) -> Response:
        state = request.state
        return HTMLResponse(f"{state.person}|{state.csrf}")

    @app.post("/act")
    async def act(request: Request) -> Response:
        form = await request.form()
        app.state.done.append((request.state.person, len(form.multi_items())))
        return PlainTextResponse("done")

    @app.get("/picture")
    def picture() -> Response:
        return Response(b"", media_type="image/jpeg")

    @app.get("/broken")
    def broken() -> Response:
        raise RuntimeError("password=hunter2 at /srv/secret.py")

    app.add_middleware(Guard, access=access)
    return app


def browser(app: FastAPI, address: str = "127.0.0.1", scheme: str = "http") -> TestClient:
    """Return a browser on the machine *address* that follows no redirects."""
    return TestClient(
        app,
        base_url=f"{scheme}://{HOST}",
        client=(address, 50_000),
        follow_redirects=False,
        raise_server_exceptions=False,
    )


def csrf_of(visitor: TestClient, **headers: str) -> str:
    """Return the token that the forms of *visitor* carry."""
    return visitor.get("/", headers=headers).text.partition("|")[2]


def log_in(
    visitor: TestClient, token: str = TOKEN, name: str = "Mia", target: str = "/", **headers: str
) -> Any:
    """Have *visitor* fill in the login page; return the answer."""
    page = visitor.get("/login", headers=headers).text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    fields = {"csrf": csrf, "name": name, "token": token, "next": target}
    return visitor.post("/login", data=fields, headers=headers)


def ask(
    app: FastAPI, *, path: str = "/", method: str = "GET", headers: Any = (), peer: str = "127.0.0.1"
) -> tuple[int, bytes]:
    """Send a request just as it is written, which a client would mend; return status and body."""
    named = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": named,
        "client": (peer, 50_000),
        "server": ("127.0.0.1", 8321),
    }
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(app(scope, receive, send))
    return said[0]["status"], b"".join(message.get("body", b"") for message in said[1:])
