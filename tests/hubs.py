"""A hub on loopback: as much of the Hugging Face hub's API as a download of one repository asks for."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.checkpoints import COMMIT, REPO

LARGE = ".safetensors"
"""What goes through git lfs, with a SHA-256 in the hub's listing."""


@dataclass
class Hub:
    """What the hub has, what it sends in place of it, and what it was asked for."""

    files: dict[str, bytes]
    lies: dict[str, bytes] = field(default_factory=dict)
    """Other bytes for some paths than those that the listing tells of."""
    status: int = 0
    """Answer all with this, as a hub does that is away (503), or guards the repository (403)."""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def tree(self) -> list[dict[str, Any]]:
        """Return the listing, as the hub writes it."""
        return [self._leaf(path, content) for path, content in sorted(self.files.items())]

    def _leaf(self, path: str, content: bytes) -> dict[str, Any]:
        blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
        leaf: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": blob}
        if path.endswith(LARGE):
            oid = hashlib.sha256(content).hexdigest()
            leaf |= {"oid": "0" * 40, "lfs": {"oid": oid, "size": len(content), "pointerSize": 134}}
        return leaf


@contextmanager
def serve_hub(hub: Hub) -> Iterator[Hub]:
    """Let *hub* answer under its url."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.hub.asked.append(path)
        if self.hub.status:
            reason = {"X-Error-Code": "GatedRepo"} if self.hub.status == 403 else {}
            self._send(self.hub.status, b"{}", reason, body=body)
        elif not path.startswith((f"{REPO}/", f"api/models/{REPO}/")):
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body=body)
        elif COMMIT not in path:
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"}, body=body)
        elif path == f"api/models/{REPO}/tree/{COMMIT}":
            self._send(200, json.dumps(self.hub.tree()).encode(), {}, body=body)
        else:
            self._send_file(path.removeprefix(f"{REPO}/resolve/{COMMIT}/"), body=body)

    def _send_file(self, path: str, *, body: bool) -> None:
        if path not in self.hub.files:
            self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"}, body=body)
            return
        content = self.hub.lies.get(path, self.hub.files[path])
        etag = hashlib.sha256(self.hub.files[path]).hexdigest()
        self._send(200, content, {"X-Repo-Commit": COMMIT, "ETag": f'"{etag}"'}, body=body)

    def _send(self, status: int, content: bytes, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)
