"""Nobody gets past the wall or the guard who should not: every route is asked."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute

from accessctl.console.app import Console, page_modules
from accessctl.console.capabilities import ALL, Capability
from accessctl.console.guard import own_path
from accessctl.console.wall import CONTENT_POLICY, COOKIE, MAX_BYTES, hostname
from tests.clocks import HandClock
from tests.console.site_console import ORIGIN, SignIn, client_of, journal

SOMEBODY = "00" * 16
CARRIED = re.compile(r"\b[0-9a-f]{128}\b")
OPEN = {
    "/sign-in",
    "/sign-in/passkey/options",
    "/sign-in/passkey",
    "/sign-in/provider",
    "/sign-in/provider/back",
    "/invitation",
    "/trust",
    "/trust/accessctl-hub.crt",
    f"/phone/{SOMEBODY}",
    f"/phone/{SOMEBODY}/consent",
    f"/phone/{SOMEBODY}/photo",
}
"""For those who are not signed in."""
OF_ONES_OWN = {
    "/",
    "/account",
    "/account/passkeys/remove",
    "/account/sessions/end",
    "/here",
    "/prove",
    "/prove/passkey/options",
    "/prove/passkey",
    "/set-up",
    "/set-up/password",
    "/set-up/passkey/options",
    "/set-up/passkey",
    "/sign-out",
}
"""For everybody who is signed in, whatever they may do."""
ALL_BELOW = {
    "/operators": Capability.OPERATORS,
    "/people/camera": Capability.ENROL,
    "/people/phone": Capability.ENROL,
    "/rules": Capability.RULES,
    "/site": Capability.SITE,
}
"""By how a path begins, what it needs."""
NEEDED = {
    "/doors": Capability.LOOK,
    "/doors/cards": Capability.LOOK,
    f"/doors/{SOMEBODY}/commands": Capability.COMMAND,
    "/events": Capability.LOOK,
    "/figures": Capability.LOOK,
    "/events/list": Capability.LOOK,
    "/events/new": Capability.LOOK,
    "/events/export.csv": Capability.LOOK,
    f"/events/{SOMEBODY}/1": Capability.LOOK,
    f"/events/{SOMEBODY}/1/picture": Capability.PRIVACY,
    "/held": Capability.ENROL,
    "/held/1/picture": Capability.ENROL,
    "/held/1/other": Capability.PRIVACY,
    "/held/1/take": Capability.ENROL,
    "/held/1/add": Capability.ENROL,
    "/held/1/drop": Capability.ENROL,
    f"/events/{SOMEBODY}/1/name": Capability.PRIVACY,
    "/people": Capability.LOOK,
    "/people/new": Capability.ENROL,
    "/people/new/folder": Capability.ENROL,
    f"/people/{SOMEBODY}": Capability.LOOK,
    f"/people/{SOMEBODY}/name": Capability.ENROL,
    f"/people/{SOMEBODY}/rules": Capability.RULES,
    f"/people/{SOMEBODY}/badges": Capability.ENROL,
    f"/people/{SOMEBODY}/badges/remove": Capability.ENROL,
    f"/people/{SOMEBODY}/pin": Capability.ENROL,
    f"/people/{SOMEBODY}/pin/clear": Capability.ENROL,
    f"/people/{SOMEBODY}/passes": Capability.ENROL,
    f"/people/{SOMEBODY}/passes/1": Capability.ENROL,
    f"/people/{SOMEBODY}/passes/1/withdraw": Capability.ENROL,
    f"/people/{SOMEBODY}/photos/remove": Capability.ENROL,
    f"/people/{SOMEBODY}/portrait": Capability.PRIVACY,
    f"/people/{SOMEBODY}/photos/1": Capability.PRIVACY,
    f"/people/{SOMEBODY}/remove": Capability.PRIVACY,
    f"/people/{SOMEBODY}/consent": Capability.ENROL,
    f"/people/{SOMEBODY}/consent/withdraw": Capability.PRIVACY,
    f"/people/{SOMEBODY}/consent/1": Capability.PRIVACY,
    f"/people/{SOMEBODY}/export": Capability.PRIVACY,
    f"/people/{SOMEBODY}/keep": Capability.RULES,
    "/consent": Capability.PRIVACY,
    "/consent/expiry": Capability.PRIVACY,
    "/consent/expiry/try": Capability.PRIVACY,
    "/removals": Capability.LOOK,
    f"/removals/{SOMEBODY}/certificate": Capability.PRIVACY,
}
"""By the path, what it needs."""
SOCKETS = {"/doors/live"}
"""Admitted by accessctl.console.sockets, see test_sockets.py."""
FILLED_IN = {"number": "1", "form": "csv"} | dict.fromkeys(
    ("whose", "person", "door", "token", "which"), SOMEBODY
)


def every_route(console: Console) -> Iterator[tuple[str, str]]:
    """Method and path, each parameter filled in."""
    for routes in page_modules():
        for route in routes(console).routes:
            if isinstance(route, APIWebSocketRoute):
                assert route.path in SOCKETS
                continue
            assert isinstance(route, APIRoute)
            for method in route.methods:
                yield method, route.path.format(**FILLED_IN)


def needed(path: str) -> Capability | None:
    for beginning, capability in ALL_BELOW.items():
        if path == beginning or path.startswith(f"{beginning}/"):
            return capability
    return NEEDED.get(path)


def test_every_route_is_open_or_ones_own_or_needs_a_capability(console: Console) -> None:
    paths = {path for _, path in every_route(console)}
    assert len(paths) > 25
    assert {path for path in paths if needed(path) is None} == OPEN | OF_ONES_OWN


def test_whoever_is_not_signed_in_gets_to_the_open_routes_alone(console: Console) -> None:
    client = client_of(console)
    for method, path in every_route(console):
        if path not in OPEN:
            answer = client.request(method, path)
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/sign-in?then="), (method, path)


def test_whoever_lacks_the_capability_is_refused_and_that_is_on_record(
    console: Console, signed_in: SignIn
) -> None:
    clients = {one: signed_in(*(ALL - {one})) for one in {*NEEDED.values(), *ALL_BELOW.values()}}
    asked = 0
    for method, path in every_route(console):
        capability = needed(path)
        if capability is None:
            continue
        client = clients[capability]
        before = len(journal(console))
        assert client.request(method, path).status_code == 403, (method, path)
        new = journal(console)[before:]
        assert [kind for kind, _ in new] == ["refused"]
        assert (new[0][1]["needs"], new[0][1]["path"]) == (capability, path)
        asked += 1
    assert asked > 25


def test_nothing_changes_without_the_sessions_own_token(
    console: Console, signed_in: SignIn
) -> None:
    client = signed_in()
    other = signed_in()
    browser = plain(console, client)
    asked = 0
    for method, path in every_route(console):
        if method in ("GET", "HEAD"):
            continue
        for token in (None, "", "x", other.headers["x-csrf"]):
            headers = dict(client.headers) | ({} if token is None else {"x-csrf": token})
            if token is None:
                del headers["x-csrf"]
            answer = browser.request(method, path, headers=headers)
            assert answer.status_code == 403, (method, path, token)
            asked += 1
    assert asked > 30


def test_no_two_pages_carry_the_token_alike(console: Console, signed_in: SignIn) -> None:
    """They are sent compressed: what recurs would show in their lengths."""
    client = signed_in()
    carried = [CARRIED.findall(client.get("/rules").text) for _ in range(2)]
    assert all(len(set(tokens)) == 1 for tokens in carried)
    (one, *_), (other, *_) = carried
    assert not {one[at : at + 16] for at in range(len(one) - 15)} & {
        other[at : at + 16] for at in range(len(other) - 15)
    }
    mine, others = plain(console, client), plain(console, signed_in())
    for token in (one, other):
        # Without what is to be saved: the token alone is looked at first.
        assert mine.post("/rules/save", data={"csrf": token}).status_code == 400
        assert others.post("/rules/save", data={"csrf": token}).status_code == 403


def plain(console: Console, client: httpx.Client) -> httpx.Client:
    """The same browser without what every request of it carries."""
    same = client_of(console)
    same.cookies.set(COOKIE, client.cookies[COOKIE])
    return same


@pytest.mark.parametrize(
    "sent",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost"},
        {"origin": f"{ORIGIN}:8444"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
        {},
    ],
    ids=lambda sent: "-".join(sent.values()) or "nothing",
)
def test_nothing_changes_on_behalf_of_another_page(
    console: Console, signed_in: SignIn, sent: dict[str, str]
) -> None:
    client = signed_in()
    del client.headers["origin"]
    answer = client.post("/sign-out", headers=sent)
    assert answer.status_code == 403
    assert console.sessions.find(client.cookies[COOKIE]) is not None


def test_only_the_consoles_own_names_are_answered(console: Console) -> None:
    client = client_of(console)
    assert client.get("/trust").status_code == 200
    # What stands before an @ is a user to a parser of URLs, and leads elsewhere in a link.
    others = ("localhost@evil.example", "evil.example@localhost", "evil.example:@localhost:8444")
    for host in ("evil.example", "localhost.evil.example", "", *others):
        assert client.get("/trust", headers={"host": host}).status_code == 421, host


def test_every_answer_carries_the_policy(console: Console, signed_in: SignIn) -> None:
    client = signed_in()
    for path in ("/trust", "/account", "/nowhere", "/static/style.css", "/static/nothing", "/"):
        answer = client.get(path)
        assert answer.headers["content-security-policy"] == CONTENT_POLICY, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        stored = "no-cache" if answer.request.url.path.startswith("/static") else "no-store"
        assert answer.headers["cache-control"] == stored


def test_a_stranger_may_send_little(console: Console, signed_in: SignIn) -> None:
    much = b"x" * 40000
    assert client_of(console).post("/sign-in", content=much).status_code == 413
    assert signed_in().post("/operators/invite", content=much).status_code == 400


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "too much at once: 33.55 MB"), ("de", "zu viel auf einmal: 33,55 MB")],
)
def test_whoever_sends_too_much_is_told_on_a_page_of_their_language(
    console: Console, signed_in: SignIn, language: str, said: str
) -> None:
    sent = {"accept-language": language, "content-length": str(MAX_BYTES + 1)}
    answer = signed_in().post("/people/new", content=b"x", headers=sent)
    assert answer.status_code == 413
    assert said in answer.text
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["connection"] == "close"


def test_a_page_may_be_asked_for_in_part(console: Console, signed_in: SignIn) -> None:
    client = signed_in()
    part = client.get("/account", headers={"hx-request": "true"}).text
    assert "<h1>" in part
    assert "<html" not in part


def test_a_script_is_led_to_the_sign_in_by_a_header_of_its_own(console: Console) -> None:
    answer = client_of(console).get("/account", headers={"hx-request": "true"})
    assert answer.headers["hx-redirect"].startswith("/sign-in?then=")


def test_sessions_end_by_themselves(console: Console, clock: HandClock, signed_in: SignIn) -> None:
    client = signed_in()
    for _ in range(23):
        clock.time += 1799
        assert client.get("/account").status_code == 200
    clock.time += 1800
    assert client.get("/account").headers["location"].startswith("/sign-in")
    client = signed_in()
    for _ in range(24):
        clock.time += 1799
        assert client.get("/account").status_code == 200
    # 12 hours after it began it is over, though it was used all the time.
    clock.time += 24
    assert client.get("/account").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("hub.example:8444", "hub.example"),
        ("HUB.example", "hub.example"),
        ("[::1]:8444", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("[", ""),
        ("evil.example@hub.example", ""),
        ("hub.example/evil", ""),
        ("hub.example?evil", ""),
        ("hub.example:8444x", ""),
        ("", ""),
    ],
)
def test_the_name_in_a_host_header(host: str, name: str) -> None:
    assert hostname(host) == name


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/site?x=1", "/site?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\nb", "/"),
        ("", "/"),
        ("/" + "x" * 500, "/"),
    ],
)
def test_only_a_path_of_ones_own_is_gone_to(path: str, own: str) -> None:
    assert own_path(path) == own


def test_without_a_database_nobody_is_let_in(
    console: Console, signed_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = signed_in()
    with console.hub.database.writing() as db:
        db.exec_driver_sql("DROP TABLE operator_session")
    answer = client.get("/account")
    assert answer.status_code == 503
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert "Nobody can be let into the console" in caplog.text
