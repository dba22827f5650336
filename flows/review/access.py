"""Who may come to the review page, and who they are: decided once, when it starts.

Without a word from the operator only this machine's own browsers come, as the user who started the page.
With a token, or behind a reverse proxy that names people, others may.
"""

import getpass
import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal

from pydantic import SecretStr

from schemas.errors import SettingsError
from schemas.record import Record
from schemas.settings import Settings, secret
from schemas.wording import shown
from storage.blobs import open_blobs

Way = Literal["alone", "token", "proxy"]
"""``alone``: whoever reaches this machine's loopback is the user who started the page."""
Network = IPv4Network | IPv6Network

TOKEN = "REELMILL_REVIEW_TOKEN"  # noqa: S105 (the name of a variable)
TOKEN_CHARACTERS_MIN = 32
"""`openssl rand -hex 32` gives twice as many; 32 of hexadecimal digits hold 128 bits."""
NAME_CHARACTERS_MAX = 60

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_DEFAULT_PORTS = ("80", "443")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_CURE = (
    f"set {TOKEN} to {TOKEN_CHARACTERS_MIN} characters or more (`openssl rand -hex 32`), or "
    f"REELMILL_REVIEW_USER_HEADER and REELMILL_REVIEW_PROXIES for a reverse proxy that names people"
)


class Access(Record):
    """Who may come, under which names browsers find the page, and whence it plays videos."""

    way: Way
    port: int
    person: str = ""
    """Who everybody is, where they come ``alone``."""
    hosts: frozenset[str]
    """What a request may name as its host, lower case, each as browsers send it: with its port, unless that
    is the default one."""
    token: SecretStr = SecretStr("")
    user_header: str = ""
    """Lower case."""
    proxies: tuple[Network, ...] = ()
    """Whose requests are believed about the person, https and whence they come."""
    media_origin: str = ""
    """Where videos come from by addresses that last a short while, such as ``https://s3.example.com``; empty
    where they come from here."""

    def is_proxy(self, address: str) -> bool:
        """Tell whether the peer at *address* is a proxy that is believed."""
        return is_in(address, self.proxies)


def decide_access(host: str, port: int, settings: Settings, *, presigned: bool = False) -> Access:
    """Return who may come where the page listens on *host* and *port*.

    *presigned* has S3 give out videos itself. Raises SettingsError where others than this machine could come
    and nobody says who they are, and for a setting that cannot be used.
    """
    token, header = secret(TOKEN), settings.review_user_header
    _check_token(token, header)
    proxies = _networks(settings.review_proxies)
    _check_header(header, proxies)
    way: Way = "token" if token else "proxy" if header else "alone"
    if way == "alone":
        _refuse_strangers(host, settings.review_hosts)
    return Access(
        way=way,
        port=port,
        person=os_user() if way == "alone" else "",
        hosts=frozenset(_hosts(host, port, settings.review_hosts)),
        token=SecretStr(token),
        user_header=header.lower(),
        proxies=proxies,
        media_origin=_media_origin(settings) if presigned else "",
    )


def is_loopback(host: str) -> bool:
    """Tell whether nobody but this machine reaches what listens on *host*, ``localhost`` or an address."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether the IP *address* lies in one of *networks*; what is no address lies in none."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any(one in network for network in networks for one in (parsed, mapped) if one is not None)


def os_user() -> str:
    """Return the name of the user who runs this process; their number where they have no name."""
    try:
        return good_name(getpass.getuser()) or "operator"
    except (OSError, KeyError):
        return "operator"


def good_name(text: str) -> str:
    """Return *text* as the name of a person: one printable line, single spaces; empty where it is none.

    What is not printable includes the characters that turn the direction of text around.
    """
    name = re.sub(" +", " ", text.strip())
    return name if len(name) <= NAME_CHARACTERS_MAX and name.isprintable() else ""


def read_host(text: str) -> tuple[str, str] | None:
    """Return name and port (empty for none) of the Host header *text*, lower case; None if it is none."""
    found = _HOST.fullmatch(text.lower())
    return (found["name"], found["port"] or "") if found else None


def _check_token(token: str, header: str) -> None:
    if token and header:
        raise SettingsError(f"{TOKEN} and REELMILL_REVIEW_USER_HEADER are both set: unset one of them")
    if token and len(token) < TOKEN_CHARACTERS_MIN:
        cure = "make one with `openssl rand -hex 32`"
        raise SettingsError(f"{TOKEN} has less than {TOKEN_CHARACTERS_MIN} characters: {cure}")


def _check_header(header: str, proxies: tuple[Network, ...]) -> None:
    if not header:
        return
    if not _HEADER.fullmatch(header):
        raise SettingsError(f"REELMILL_REVIEW_USER_HEADER={header!r}: use a name such as X-Forwarded-User")
    if not proxies:
        raise SettingsError(
            "REELMILL_REVIEW_USER_HEADER is set, and REELMILL_REVIEW_PROXIES is not: anybody could write "
            "that header; name the proxy's addresses, such as 127.0.0.1 or 10.1.0.0/16"
        )


def _networks(written: Iterable[str]) -> tuple[Network, ...]:
    found: list[Network] = []
    for text in written:
        try:
            network = ip_network(text, strict=False)
        except ValueError as error:
            cure = "use addresses and networks, such as 127.0.0.1 or 10.1.0.0/16"
            raise SettingsError(f"REELMILL_REVIEW_PROXIES: {shown(text)} is none; {cure}") from error
        if not network.prefixlen:
            raise SettingsError(f"REELMILL_REVIEW_PROXIES: {text} is everybody; name the proxy's addresses")
        found.append(network)
    return tuple(found)


def _media_origin(settings: Settings) -> str:
    origin = open_blobs(settings.blobs).origin
    if not origin:
        raise SettingsError(
            f"--presigned: {settings.blobs} is a folder; set REELMILL_BLOBS to s3://bucket/prefix"
        )
    return origin


def _refuse_strangers(host: str, hosts: Iterable[str]) -> None:
    """Raise SettingsError unless only this machine can come."""
    if not is_loopback(host):
        raise SettingsError(f"--host {shown(host)}: others could come, and nobody says who may; {_CURE}")
    others = [name for name in hosts if (found := read_host(name)) and found[0] not in _LOOPBACK_NAMES]
    if others:
        raise SettingsError(
            f"REELMILL_REVIEW_HOSTS={','.join(others)}: others would come by these names, and nobody says "
            f"who may; {_CURE}"
        )


def _hosts(host: str, port: int, named: Iterable[str]) -> Iterable[str]:
    """Yield what a request may name as its host: loopback, the bound *host*, and what is *named*."""
    bare = host.strip("[]").lower()
    own = f"[{bare}]" if ":" in bare else bare
    wildcard = {"", "0.0.0.0", "[::]"}  # noqa: S104 (compared, not bound)
    for name in (*_LOOPBACK_NAMES, *({own} - wildcard)):
        yield f"{name}:{port}"
        if str(port) in _DEFAULT_PORTS:
            yield name
    for text in named:
        found = read_host(text)
        if found is None:
            cure = "use names such as review.example.com or localhost:9000"
            raise SettingsError(f"REELMILL_REVIEW_HOSTS: {shown(text)} is none; {cure}")
        yield text.lower()
