"""What a request must be like before any page sees it; each check raises RefusedError.

Sources: Fetch (WHATWG, 2025) on Origin; Fetch Metadata Request Headers (W3C, 2025) on Sec-Fetch-*; OWASP,
DNS rebinding and Cross-Site Request Forgery Prevention, 2025.
"""

from ipaddress import ip_address
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

from flows.review.access import Access
from flows.review.plain import RefusedError
from schemas.wording import shown

METHODS = ("GET", "HEAD", "POST")
TARGET_CHARACTERS_MAX = 8_000
"""Of path and query: filters name products and locales, a few hundred at most."""
HEADER_BYTES_MAX = 32_768
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_OWN_SITES = ("same-origin", "none")
"""``none`` is an address that the person typed or a bookmark."""


class Caller(NamedTuple):
    """Whence a request comes."""

    address: str
    """Of the person as far as it is known, else of the peer."""
    secure: bool
    """Whether the browser speaks https."""
    is_proxy: bool
    """Whether the peer is a proxy that is believed."""


def caller_of(scope: Scope, headers: Headers, access: Access) -> Caller:
    """Return whence the request comes; what it says of that itself counts only from a believed proxy."""
    peer = (scope.get("client") or ("", 0))[0]
    if not access.is_proxy(peer):
        return Caller(peer, scope.get("scheme") == "https", is_proxy=False)
    protocols = ",".join(headers.getlist("x-forwarded-proto")).split(",")
    hops = [hop.strip() for hop in ",".join(headers.getlist("x-forwarded-for")).split(",")]
    before = [hop for hop in hops if not access.is_proxy(hop)]
    address = before[-1] if before and _is_address(before[-1]) else peer
    return Caller(address, protocols[-1].strip().lower() == "https", is_proxy=True)


def check_host(headers: Headers, access: Access) -> None:
    """Refuse a host that is not ours: another site's name may be made to lead here (DNS rebinding)."""
    named = headers.getlist("host")
    if len(named) == 1 and named[0].lower() in access.hosts:
        return
    there = shown(named[0]) if len(named) == 1 else "none, or several"
    raise RefusedError(
        421,
        "Another host",
        f"This page does not go by the name {there}.",
        "Whoever runs it can name further hosts in REELMILL_REVIEW_HOSTS, as the browser's address line "
        "shows them, with the port where there is one.",
    )


def check_method(method: str) -> None:
    """Refuse what no page answers."""
    if method in METHODS:
        return
    refused = RefusedError(405, "Not here", "This page answers GET, HEAD and POST.")
    refused.headers = {"Allow": ", ".join(METHODS)}
    raise refused


def check_target(scope: Scope) -> None:
    """Refuse an address that no page has, and characters that no database takes."""
    path, query = scope["path"], scope.get("query_string", b"")
    if len(path) + len(query) > TARGET_CHARACTERS_MAX:
        raise RefusedError(414, "Too long", "The address is too long.", "Choose fewer filters.")
    odd = not path.isprintable() or "\\" in path or ".." in path.split("/") or "//" in path
    if odd or b"%00" in query or b"\0" in query:
        raise RefusedError(400, "No such address", "No page of this site has such an address.")


def check_headers(headers: Headers) -> None:
    """Refuse more than browsers send; the server bounds only what comes in pieces."""
    if sum(len(name) + len(value) for name, value in headers.raw) > HEADER_BYTES_MAX:
        cure = "Delete the cookies of this site."
        raise RefusedError(431, "Too much", "The browser sends too many headers, or cookies.", cure)


def check_unproxied(headers: Headers, access: Access) -> None:
    """Refuse what came through a proxy where everybody is taken for the operator."""
    if access.way == "alone" and any(name in headers for name in _FORWARDED):
        raise RefusedError(
            403,
            "Through a proxy",
            "This request came through a proxy, and nobody says who may come.",
            "Whoever runs this page sets REELMILL_REVIEW_TOKEN, or REELMILL_REVIEW_USER_HEADER and "
            "REELMILL_REVIEW_PROXIES.",
        )


def check_site(method: str, headers: Headers, caller: Caller) -> None:
    """Refuse what another site has a browser send, but for a link that the person follows."""
    site = headers.get("sec-fetch-site", "none")
    opened = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    if site not in _OWN_SITES and not (opened and method != "POST"):
        raise _foreign()
    if method == "POST" and not _is_own_origin(headers, caller):
        raise _foreign()


def _is_own_origin(headers: Headers, caller: Caller) -> bool:
    """Tell whether the Origin, which browsers send with every POST, is ours; others send none.

    Behind a proxy that is not believed nobody knows whether the browser speaks https, so either will do.
    """
    origins = headers.getlist("origin")
    if not origins:
        return True
    schemes = ("https",) if caller.secure else ("http", "https")
    return len(origins) == 1 and origins[0].lower() in {
        f"{scheme}://{headers['host'].lower()}" for scheme in schemes
    }


def _foreign() -> RefusedError:
    why = "Another site has sent this request; nothing was done."
    return RefusedError(403, "From another site", why, "Open this page itself.")


def safe_next(target: str) -> str:
    """Return *target* if it is an address of this site, else that of its first page."""
    whole = target.isprintable() and len(target) <= TARGET_CHARACTERS_MAX
    # Browsers take "//host" and "/\\host" for another site.
    return target if whole and target.startswith("/") and target[1:2] not in {"/", "\\"} else "/"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
