"""What was tried against the guard of the review page; docs/security.md lists it."""

import json
import time
from ipaddress import ip_network
from typing import Any

import pytest
from itsdangerous import TimestampSigner
from starlette.testclient import TestClient

from flows.review import login as login_module
from flows.review.forms import BYTES_MAX, FIELDS_MAX
from flows.review.login import FAILURES_MAX
from flows.review.sessions import LIFE_SECONDS
from tests.flows.review.guarded import (
    FORM,
    HOST,
    TOKEN,
    ask,
    browser,
    csrf_of,
    log_in,
    opened,
    small_page,
)

OURS = f"http://{HOST}"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have wrong tokens wait a moment only."""
    monkeypatch.setattr(login_module, "PAUSE_SECONDS", 0.01)


# Hosts, addresses, methods.


@pytest.mark.parametrize(
    "headers",
    [
        [("host", "evil.example:8321")],
        [("host", "evil.example")],
        [("host", "127.0.0.1")],
        [("host", "127.0.0.1:80")],
        [("host", "127.0.0.1:8321.evil.example")],
        [("host", "user@127.0.0.1:8321")],
        [("host", HOST), ("host", "evil.example")],
        [("host", "evil.example"), ("x-forwarded-host", HOST)],
        [("host", "")],
        [],
    ],
)
def test_another_host_is_refused(headers: Any) -> None:
    """A name that leads here is how another site's page becomes ours (DNS rebinding)."""
    status, body = ask(small_page(opened()), headers=headers)

    assert status == 421
    assert b"operator|" not in body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/../etc/passwd", 400),
        ("/media/ads/../../etc/passwd.mp4", 400),
        ("//evil.example/", 400),
        ("/a\\..\\b", 400),
        ("/a\0b", 400),
        ("/a\r\nSet-Cookie: x", 400),
        ("/\u202e", 400),
        ("/" + "a" * 9000, 414),
    ],
)
def test_an_address_that_no_page_has_is_refused(path: str, status: int) -> None:
    """Before any page, the database or a disk sees it."""
    assert ask(small_page(opened()), path=path, headers=[("host", HOST)])[0] == status


@pytest.mark.parametrize(
    "method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"]
)
def test_other_methods_are_refused(method: str) -> None:
    """Also those that only look like one of ours, and those that a header or a field asks for."""
    app = small_page(opened())
    tricks = [("host", HOST), ("x-http-method-override", "POST")]

    assert ask(app, method=method, path="/act", headers=tricks)[0] == 405
    assert ask(app, path="/act", headers=tricks)[0] == 405
    assert app.state.done == []


# Other sites.


def test_a_form_of_ours_is_taken() -> None:
    """The field or the header carries the token; a guard that refuses all would pass the tests below."""
    app = small_page(opened())
    visitor = browser(app)
    csrf = csrf_of(visitor)

    by_field = visitor.post("/act", data={"csrf": csrf, "ad": "a"}, headers={"Origin": OURS})
    by_header = visitor.post("/act", data={"ad": "a"}, headers={"X-CSRF-Token": csrf, "Origin": OURS})

    assert (by_field.text, by_header.text) == ("done", "done")
    assert app.state.done == [("operator", 2), ("operator", 1)]


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("ä", {}),
        ("foreign", {}),
        ("right", {"Origin": "https://evil.example"}),
        ("right", {"Origin": "null"}),
        ("right", {"Origin": ""}),
        ("right", {"Origin": "http://localhost:3000"}),
        ("right", {"Origin": f"{OURS}.evil.example"}),
        ("right", {"Sec-Fetch-Site": "cross-site"}),
        ("right", {"Sec-Fetch-Site": "same-site"}),
        (
            "right",
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        ),
    ],
)
def test_a_form_of_another_site_does_nothing(token: str, headers: dict[str, str]) -> None:
    """Without the token, with one of another session, or from a place that is not ours."""
    app = small_page(opened())
    visitor = browser(app)
    tokens = {"right": csrf_of(visitor), "foreign": csrf_of(browser(app))}

    answer = visitor.post("/act", data={"csrf": tokens.get(token, token)}, headers=headers)

    assert answer.status_code == 403
    assert "nothing was done" in answer.text
    assert app.state.done == []


def test_a_token_without_its_cookie_is_worth_nothing() -> None:
    """It is bound to the session."""
    app = small_page(opened())
    csrf = csrf_of(browser(app))

    assert browser(app).post("/act", data={"csrf": csrf}).status_code == 403


def test_a_token_of_before_a_restart_is_stale() -> None:
    """Without a login the key is new at every start; the page says to reload."""
    visitor = browser(small_page(opened()))
    csrf = csrf_of(visitor)
    again = browser(small_page(opened()))
    again.cookies = visitor.cookies

    answer = again.post("/act", data={"csrf": csrf})

    assert answer.status_code == 403
    assert "reload the page" in answer.text


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("cross-site", "navigate", "document", 200),
        ("none", "navigate", "document", 200),
        ("same-origin", "cors", "empty", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "no-cors", "image", 403),
        ("same-site", "no-cors", "script", 403),
        ("cross-site", "cors", "empty", 403),
    ],
)
def test_another_site_may_link_here_and_no_more(site: str, mode: str, dest: str, status: int) -> None:
    """What it embeds or fetches would tell it what is there, by size or by time."""
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}

    assert browser(small_page(opened())).get("/", headers=headers).status_code == status


def test_only_a_page_brings_a_new_session() -> None:
    """A picture that comes beside a page would replace the cookie that the page's forms hold to."""
    visitor = browser(small_page(opened()))

    assert "set-cookie" not in visitor.get("/picture").headers
    cookie = visitor.get("/").headers["set-cookie"]

    assert "HttpOnly; SameSite=Lax" in cookie
    assert "set-cookie" not in visitor.get("/").headers


# Forms.


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"a" * (BYTES_MAX + 1), FORM, 413),
        (b"&".join([b"a=b"] * (FIELDS_MAX + 1)), FORM, 413),
        (b"", {**FORM, "Content-Length": "9" * 40}, 413),
        (b"", {**FORM, "Content-Length": "-1"}, 413),
        (b"csrf=a%00b", FORM, 400),
        (b"csrf=%ff", FORM, 400),
        ("csrf=ä".encode(), FORM, 400),
        (b'{"csrf": "a"}', {"Content-Type": "application/json"}, 415),
        (b"csrf=a", {"Content-Type": "text/plain"}, 415),
        (b"--a\r\n\r\n--a--", {"Content-Type": "multipart/form-data; boundary=a"}, 415),
    ],
)
def test_a_form_is_bounded_and_a_form(body: bytes, headers: dict[str, str], status: int) -> None:
    """A page of ads fits, and nothing else is parsed."""
    app = small_page(opened())
    visitor = browser(app)
    right = {"X-CSRF-Token": csrf_of(visitor)}

    assert visitor.post("/act", content=body, headers=headers | right).status_code == status
    assert app.state.done == []


def test_a_form_without_a_length_is_bounded_too() -> None:
    """What comes in chunks is counted as it comes."""
    visitor = browser(small_page(opened()))
    right = {"X-CSRF-Token": csrf_of(visitor)}

    answer = visitor.post("/act", content=iter([b"a" * 10_000] * 8), headers=FORM | right)

    assert answer.status_code == 413


# Proxies.


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
def test_nobody_is_the_operator_through_a_proxy(name: str) -> None:
    """A proxy before a page without a login would make everybody who started it."""
    answer = browser(small_page(opened())).get("/", headers={name: "203.0.113.9"})

    assert answer.status_code == 403
    assert "REELMILL_REVIEW_TOKEN" in answer.text


@pytest.mark.parametrize(
    ("peer", "values", "status"),
    [
        ("10.1.2.3", ["Mia"], 200),
        ("::ffff:10.1.2.3", ["Mia"], 200),
        ("10.2.0.1", ["Mia"], 403),
        ("127.0.0.1", ["Mia"], 403),
        ("10.1.2.3", [], 403),
        ("10.1.2.3", [""], 403),
        ("10.1.2.3", ["Mia", "Eve"], 403),
        ("10.1.2.3", ["x" * 61], 403),
        ("10.1.2.3", ["a\u202eb".encode().decode("latin-1")], 403),
        ("10.1.2.3", ["\xff\xfe"], 403),
    ],
)
def test_a_person_is_named_by_the_proxy_alone(peer: str, values: list[str], status: int) -> None:
    """Whoever else writes the header is nobody, and so is an odd name."""
    access = opened("proxy", user_header="x-user", proxies=(ip_network("10.1.0.0/16"),))
    headers = [("host", HOST), *(("x-user", value) for value in values)]

    answered, body = ask(small_page(access), headers=headers, peer=peer)

    assert answered == status
    assert body.startswith(b"Mia|") == (status == 200)


def test_a_form_of_one_person_is_not_sent_by_another() -> None:
    """On a shared browser, the proxy's login may have changed in between."""
    app = small_page(opened("proxy", user_header="x-user", proxies=(ip_network("10.1.0.0/16"),)))
    visitor = browser(app, "10.1.2.3")
    csrf = csrf_of(visitor, **{"X-User": "Mia"})

    mias, eves = (
        visitor.post("/act", data={"csrf": csrf}, headers={"X-User": name}) for name in ("Mia", "Eve")
    )

    assert (mias.status_code, eves.status_code) == (200, 403)


def test_https_is_what_the_proxy_says_it_is() -> None:
    """The cookie is then kept from plain http; a stranger's word for it counts nothing."""
    app = small_page(opened("token", proxies=(ip_network("10.1.0.0/16"),)))
    said = {"X-Forwarded-Proto": "https"}

    trusted = log_in(browser(app, "10.1.2.3", "https"), **said).headers["set-cookie"]
    untrusted = log_in(browser(app, "10.9.2.3"), **said).headers["set-cookie"]

    assert trusted.startswith("__Host-reelmill-8321=")
    assert "; Secure" in trusted
    assert "Secure" not in untrusted


# Logins and cookies.


def test_nobody_sees_anything_before_the_login() -> None:
    """Pages lead to it, what stands on them is refused, and style sheets come."""
    visitor = browser(small_page(opened("token")))

    page = visitor.get("/?q=a&status=approved", headers={"Accept": "text/html"})

    assert page.status_code == 303
    assert page.headers["location"] == "/login?next=%2F%3Fq%3Da%26status%3Dapproved"
    assert visitor.get("/picture").status_code == 401
    assert visitor.get("/", headers={"HX-Request": "true"}).headers["hx-redirect"] == "/login"
    assert visitor.get("/static/nothing.css").status_code == 404
    assert visitor.get("/healthz").text == "ok\n"


def test_a_person_logs_in_and_out() -> None:
    """The name given is who decides; after logging out a copy of the cookie is worth nothing."""
    app = small_page(opened("token"))
    visitor = browser(app)

    assert log_in(visitor, name="Zoë").headers["location"] == "/"
    assert visitor.get("/").text.startswith("Zoë|")
    copied = dict(visitor.cookies)
    assert visitor.post("/logout", data={"csrf": csrf_of(visitor)}).headers["location"] == "/login"

    thief = browser(app)
    thief.cookies.update(copied)
    assert visitor.get("/").status_code == 401
    assert thief.get("/").status_code == 401


def test_a_login_begins_another_session() -> None:
    """A cookie that somebody planted before is not the one that is logged in."""
    app = small_page(opened("token"))
    visitor = browser(app)
    visitor.get("/login")
    planted = dict(visitor.cookies)
    log_in(visitor)

    thief = browser(app)
    thief.cookies.update(planted)

    assert visitor.get("/").status_code == 200
    assert thief.get("/").status_code == 401


def test_a_login_outlasts_a_restart_but_no_new_token() -> None:
    """The key comes from the token."""
    visitor = browser(small_page(opened("token")))
    log_in(visitor)
    restarted, changed = (browser(small_page(opened("token", **more))) for more in ({}, {"token": "x" * 40}))
    restarted.cookies, changed.cookies = visitor.cookies, visitor.cookies

    assert restarted.get("/").status_code == 200
    assert changed.get("/").status_code == 401


def _tampered(cookie: str) -> list[str]:
    person, at, signature = cookie.split(".")
    return [
        f"{person}.{at}.{signature[:-2]}AA",
        f"{person[:-2]}AA.{at}.{signature}",
        f"{person}.{at}",
        f"{json.dumps({'id': 'a', 'person': 'Eve'})}.{at}.{signature}",
        f".{person}.{at}.{signature}",
        "a" * 5000,
        "",
    ]


def test_a_cookie_that_somebody_changed_is_none() -> None:
    """Who, when and signature hold together."""
    app = small_page(opened("token"))
    visitor = browser(app)
    log_in(visitor)
    ((name, value),) = visitor.cookies.items()

    answers = [
        browser(app).get("/", headers={"Cookie": f"{name}={text}"}).status_code for text in _tampered(value)
    ]

    assert browser(app).get("/", headers={"Cookie": f"{name}={value}"}).status_code == 200
    assert set(answers) == {401}


def test_a_login_ends_after_a_day_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie that was copied is of no use for ever."""
    visitor = browser(small_page(opened("token")))
    log_in(visitor)
    later = int(time.time()) + LIFE_SECONDS + 1

    assert visitor.get("/").status_code == 200
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: later)

    assert visitor.get("/").status_code == 401


def test_tokens_are_not_tried_for_long() -> None:
    """After a few wrong ones the right one is not taken either, and others still log in."""
    app = small_page(opened("token"))
    visitor = browser(app, "203.0.113.9")

    wrong = [log_in(visitor, token).status_code for token in ("", "x" * 32, TOKEN[:-1], TOKEN.upper(), "ä")]
    wrong += [log_in(visitor, "guess").status_code for _ in range(FAILURES_MAX - len(wrong))]
    refused = log_in(visitor)

    assert set(wrong) == {403}
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
    assert visitor.get("/").status_code == 401
    assert log_in(browser(app, "203.0.113.10")).status_code == 303


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.1.2.3"])
def test_a_made_up_address_is_no_other_address(peer: str) -> None:
    """Of a stranger it counts nothing; of what a proxy sends on, the browser has written all but the end."""
    app = small_page(opened("token", proxies=(ip_network("10.1.0.0/16"),)))
    visitor = browser(app, peer)
    said = [{"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7, 10.1.9.9"} for n in range(FAILURES_MAX + 1)]

    answers = [log_in(visitor, "guess", **headers).status_code for headers in said]

    assert answers == [403] * FAILURES_MAX + [429]


def test_a_line_of_ipv6_is_one_address() -> None:
    """It has more addresses than anybody can count."""
    app = small_page(opened("token"))
    for n in range(FAILURES_MAX):
        log_in(browser(app, f"2001:db8:1:2::{n}"), "guess")

    assert log_in(browser(app, "2001:db8:1:2::ffff")).status_code == 429
    assert log_in(browser(app, "2001:db8:1:3::1")).status_code == 303


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\r\nSet-Cookie: b=c", "a\u202eb", "a\tb"])
def test_a_name_that_does_not_read_as_it_is_written_logs_nobody_in(name: str) -> None:
    """It stands in headers, logs and beside decisions."""
    visitor = browser(small_page(opened("token")))

    answer = log_in(visitor, name=name)

    assert answer.status_code == 422
    assert visitor.get("/").status_code == 401


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\n/a",
        "evil.example",
    ],
)
def test_a_login_leads_to_no_other_site(target: str) -> None:
    """Whoever sends a link to the login page chooses where it leads, but only in this site."""
    answer = log_in(browser(small_page(opened("token"))), target=target)

    assert answer.headers["location"] == "/"


def test_a_login_page_escapes_what_it_is_given() -> None:
    """Its fields keep what was typed."""
    visitor: TestClient = browser(small_page(opened("token")))

    page = visitor.get("/login", params={"next": '/"><script>'}).text
    wrong = log_in(visitor, "guess", name='"><script>alert(1)</script>').text

    assert "<script>" not in page + wrong
    assert "The token is wrong." in wrong


# What every answer has.


def test_every_answer_is_dressed() -> None:
    """Pages, pictures, refusals and faults."""
    visitor = browser(small_page(opened(media_origin="https://s3.example.com")))
    answers = [visitor.get(path) for path in ("/", "/picture", "/none", "/broken", "/healthz")] + [
        visitor.put("/"),
        visitor.post("/act"),
        visitor.get("/", headers={"Host": "evil.example"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 404, 500, 200, 405, 403, 421]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "media-src 'self' https://s3.example.com; " in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_refusal_leaves_the_part_of_a_page_that_asked_as_it_is() -> None:
    """What follows a run by htmx would end with the first refusal, were it replaced."""
    visitor = browser(small_page(opened()))
    polls = {"HX-Request": "true"}
    answers = [visitor.get("/broken", headers=polls), visitor.post("/act", headers=polls)]

    assert [(one.status_code, one.headers.get("hx-reswap")) for one in answers] == [
        (500, "none"),
        (403, "none"),
    ]
    assert "hx-reswap" not in visitor.get("/broken").headers


def test_a_fault_tells_nothing_of_the_inside() -> None:
    """The log has it; people learn that there was one."""
    answer = browser(small_page(opened())).get("/broken")

    assert answer.status_code == 500
    assert "nothing was lost" in answer.text
    assert not any(word in answer.text for word in ("hunter2", "Traceback", "/srv", "RuntimeError"))
