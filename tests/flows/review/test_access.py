"""Who may come to the review page, as host and settings say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.review.access import Access, decide_access, good_name, is_loopback
from schemas.errors import SettingsError
from schemas.settings import read_settings

TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 (opens a page of a test)

Decide = Callable[..., Access]


@pytest.fixture
def decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Decide:
    """Decide for a host and the variables of the environment."""

    def decided(host: str, *, presigned: bool = False, **environ: str) -> Access:
        monkeypatch.delenv("REELMILL_REVIEW_TOKEN", raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(f"REELMILL_REVIEW_{name}", value)
        named = {f"REELMILL_REVIEW_{name}": value for name, value in environ.items()}
        settings = read_settings({"REELMILL_HOME": str(tmp_path), **named})
        return decide_access(host, 8321, settings, presigned=presigned)

    return decided


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "review.lan", "127.1", "0x7f000001"])  # noqa: S104 (refused)
def test_others_come_only_where_somebody_says_who_may(decide: Decide, host: str) -> None:
    """Also what only looks like this machine."""
    with pytest.raises(SettingsError, match=r"others could come.*REELMILL_REVIEW_TOKEN.*openssl rand"):
        decide(host)

    assert decide(host, TOKEN=TOKEN).way == "token"
    assert decide(host, TOKEN="", USER_HEADER="X-User", PROXIES="10.0.0.0/8").way == "proxy"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"])
def test_this_machine_needs_no_login(decide: Decide, host: str) -> None:
    """Whoever started the page is who decides."""
    access = decide(host)

    assert access.way == "alone"
    assert access.person
    assert {"localhost:8321", "127.0.0.1:8321", "[::1]:8321"} <= access.hosts


def test_a_token_asks_for_a_login_on_this_machine_too(decide: Decide) -> None:
    """A proxy may stand before it, or others may work here."""
    assert decide("127.0.0.1", TOKEN=TOKEN).way == "token"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TOKEN": "short"}, "less than 32"),
        ({"TOKEN": TOKEN, "USER_HEADER": "X-User"}, "both set"),
        ({"USER_HEADER": "X-User"}, "anybody could write"),
        ({"USER_HEADER": "X User", "PROXIES": "10.0.0.1"}, "X-Forwarded-User"),
        ({"PROXIES": "10.0.0.0/33"}, "10.0.0.0/33.*is none"),
        ({"PROXIES": "0.0.0.0/0"}, "everybody"),
        ({"HOSTS": "https://review.example.com/"}, "is none"),
        ({"HOSTS": "review.example.com"}, "nobody says who may"),
    ],
)
def test_a_setting_that_would_let_strangers_in_is_refused(
    decide: Decide, environ: dict[str, str], words: str
) -> None:
    """At the start, with the cure."""
    with pytest.raises(SettingsError, match=words):
        decide("127.0.0.1", **environ)


def test_a_folder_gives_out_no_addresses(decide: Decide) -> None:
    """`--presigned` is for S3."""
    with pytest.raises(SettingsError, match=r"--presigned.*REELMILL_BLOBS"):
        decide("127.0.0.1", presigned=True)


def test_the_token_stands_in_no_print(decide: Decide) -> None:
    """Settings are logged."""
    assert TOKEN not in repr(decide("127.0.0.1", TOKEN=TOKEN))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("  Zoë   O'Brien ", "Zoë O'Brien"),
        ("中村 さくら", "中村 さくら"),
        ("", ""),
        ("x" * 61, ""),
        ("a\r\nSet-Cookie: b", ""),
        ("a\u202eb", ""),
        ("a\u2066b", ""),
        ("a\0", ""),
        ("a\ud800", ""),
    ],
)
def test_a_name_is_one_line_that_reads_as_it_is_written(written: str, name: str) -> None:
    """It stands beside what somebody decided, for ever."""
    assert good_name(written) == name


@pytest.mark.parametrize("host", ["", "localhost.evil.example", "127.0.0.1.evil.example", "::ffff:127.0.0.1"])
def test_what_only_looks_like_loopback_is_not(host: str) -> None:
    """When in doubt, a login is asked for."""
    assert not is_loopback(host)
