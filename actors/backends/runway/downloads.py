"""Fetches what a service made: from a public https address only, whole or not at all.

The address stands in an answer, so it is input from outside: it must not lead to what only this machine can
reach. The name is looked up once, all its addresses must be public, and the connection goes to one of these;
redirects are followed by the same rule.
"""

import socket
from ipaddress import ip_address
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import httpx

from actors.backends.runway.patience import Patience, Trouble
from schemas.errors import GenerationError, ServiceError

BYTES_MAX = 500_000_000
REDIRECTS_MAX = 3
_TIMEOUT = httpx.Timeout(60, connect=10)
_PIECE = 1 << 18
_TOO_MANY_REQUESTS = 429
_BROKEN = 500
"""Answers from here on tell of the server's trouble."""


class _BusyError(Exception):
    """The server has trouble that may pass."""


def fetch(url: str, to: Path, *, trusted: str, patience: Patience) -> bool:
    """Write what lies at *url* to the file *to*; return False where it is not there (any more).

    *trusted* is a host that may be private and without TLS, as one is that stands in for the service; empty
    for none. Raises GenerationError for an address that is not public, for too many redirects and for more
    than BYTES_MAX, and ServiceError if the file does not come whole.
    """
    try:
        return patience.insist(lambda: _fetch(url, to, trusted), _passing)
    except (httpx.HTTPError, _BusyError, OSError) as error:
        host = httpx.URL(url).host
        raise ServiceError(f"the finished video cannot be fetched from {host}: {_told(error)}") from error


def is_local(host: str) -> bool:
    """Return whether *host* is written as an address that is not public, or ``localhost``."""
    try:
        return not _is_public(host)
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def _passing(error: Exception) -> Trouble | None:
    return Trouble() if isinstance(error, httpx.HTTPError | _BusyError | OSError) else None


def _fetch(url: str, to: Path, trusted: str) -> bool:
    with httpx.Client(timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"}) as client:
        for _ in range(REDIRECTS_MAX + 1):
            response = client.send(_request(client, httpx.URL(url), trusted), stream=True)
            try:
                if not response.is_redirect:
                    return _save(response, to)
                url = str(httpx.URL(url).join(response.headers["location"]))
            finally:
                response.close()
    raise GenerationError(
        f"the finished video is behind more than {REDIRECTS_MAX} redirects; try again later"
    )


def _request(client: httpx.Client, url: httpx.URL, trusted: str) -> httpx.Request:
    if trusted and url.host == trusted and url.scheme in {"http", "https"}:
        return client.build_request("GET", url)
    if url.scheme != "https" or not url.host or is_local(url.host):
        raise _refusal(url)
    if getproxies().get("https") and not proxy_bypass(url.host):
        return client.build_request("GET", url)  # the name is the proxy's to look up, and to refuse
    return client.build_request(
        "GET",
        url.copy_with(host=_public_address(url)),
        headers={"Host": url.netloc.decode("ascii")},
        extensions={"sni_hostname": url.host},
    )


def _public_address(url: httpx.URL) -> str:
    """Look the host of *url* up; return an address of it, of IPv4 where there is one."""
    found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    addresses = [str(address[0]) for *_, address in sorted(found, key=lambda one: one[0] != socket.AF_INET)]
    if not all(_is_public(address) for address in addresses):
        raise _refusal(url)
    return addresses[0]


def _is_public(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0].strip("[]"))
    return parsed.is_global and not parsed.is_multicast


def _refusal(url: httpx.URL) -> GenerationError:
    return GenerationError(
        f"the service says that the video lies at {url.scheme}://{url.host}, which is no public https "
        "address: nothing is fetched from there; check RUNWAYML_BASE_URL"
    )


def _save(response: httpx.Response, to: Path) -> bool:
    if response.status_code == _TOO_MANY_REQUESTS or response.status_code >= _BROKEN:
        raise _BusyError(f"it answers {response.status_code}")
    if not response.is_success:
        return False
    length = response.headers.get("content-length", "")
    written = 0
    with to.open("wb") as file:
        for piece in response.iter_raw(_PIECE):
            written += len(piece)
            if written > BYTES_MAX:
                raise GenerationError(
                    f"the finished video has more than {BYTES_MAX} bytes; nothing is kept of it"
                )
            file.write(piece)
    if length.isdigit() and written != int(length):
        raise _BusyError(f"{written} of {length} bytes came")
    return True


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
