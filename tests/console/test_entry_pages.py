from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import ALL, Capability
from accessctl.console.guessing import MustWaitError, by_name
from accessctl.console.passwords import Given
from accessctl.console.sessions import CSRF_BYTES, Visitor
from accessctl.console.wall import COOKIE
from tests.clocks import HandClock
from tests.console.site_console import PASSWORD, Enrolled, SignIn, client_of, enrolled, journal


@pytest.fixture
def ada(console: Console, clock: HandClock) -> Enrolled:
    return enrolled(console, clock)


def sign_in(client: httpx.Client, name: str, password: str, code: str) -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password, "code": code})


def test_a_password_and_a_code_sign_in(console: Console, clock: HandClock, ada: Enrolled) -> None:
    client = client_of(console)
    answer = sign_in(client, "ada", PASSWORD, ada.code(clock()))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=strict", "secure"}
    page = client.get("/account")
    assert page.status_code == 200
    assert "<h1>Ada</h1>" in page.text
    assert journal(console)[-1][0] == "signed_in"
    assert journal(console)[-1][1]["operator"] == "Ada"


@pytest.mark.parametrize("wrong", ["name", "password", "code"])
def test_whatever_is_wrong_is_answered_alike(
    console: Console, clock: HandClock, ada: Enrolled, wrong: str
) -> None:
    given = {"name": "Ada", "password": PASSWORD, "code": ada.code(clock())}
    given[wrong] = {"name": "Nobody", "password": "x" * 20, "code": "000000"}[wrong]
    client = client_of(console)
    answer = client.post("/sign-in", data=given)
    assert answer.status_code == 403
    assert "something of what you gave is not right" in answer.text
    assert COOKIE not in answer.headers.get("set-cookie", "")
    kind, told = journal(console)[-1]
    # What was typed as a name is not kept: it may have been a password.
    assert (kind, told["operator"]) == ("refused", None if wrong == "name" else "Ada")


def test_a_code_counts_once(console: Console, clock: HandClock, ada: Enrolled) -> None:
    code = ada.code(clock())
    assert sign_in(client_of(console), "Ada", PASSWORD, code).status_code == 303
    assert sign_in(client_of(console), "Ada", PASSWORD, code).status_code == 403
    clock.time += 30
    assert sign_in(client_of(console), "Ada", PASSWORD, ada.code(clock())).status_code == 303


def test_whoever_guesses_waits_and_an_unknown_name_waits_alike(
    console: Console, clock: HandClock, ada: Enrolled
) -> None:
    for name in ("Ada", "Nobody"):
        client = client_of(console)
        answers = [sign_in(client, name, "wrong password!", "123456") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [403] * 5 + [429]
        assert "Wait 5 s" in answers[-1].text
    # The right one waits, too, and then is let in.
    client = client_of(console)
    assert sign_in(client, "Ada", PASSWORD, ada.code(clock())).status_code == 429
    clock.time += 6
    assert sign_in(client, "Ada", PASSWORD, ada.code(clock())).status_code == 303


def test_no_stranger_keeps_an_operator_from_a_proof(
    console: Console, clock: HandClock, ada: Enrolled
) -> None:
    visitor = Visitor("192.0.2.1", "tests")
    token = console.passwords.sign_in(Given("Ada", PASSWORD, ada.code(clock())), visitor)
    session = console.sessions.find(token)
    assert session is not None
    for _ in range(5):
        console.guesses.begin(by_name("Ada"))
    with pytest.raises(MustWaitError):
        console.guesses.begin(by_name("Ada"))
    clock.time += 1
    console.passwords.prove(session, pyotp.TOTP(ada.secret).at(int(clock()) + 30), visitor)
    assert journal(console)[-1][0] == "proved"


def test_proofs_cannot_be_tried_out(console: Console, clock: HandClock, ada: Enrolled) -> None:
    client = client_of(console)
    sign_in(client, "Ada", PASSWORD, ada.code(clock()))
    session = console.sessions.find(client.cookies[COOKIE])
    assert session is not None
    client.headers["x-csrf"] = session.csrf_under(bytes(CSRF_BYTES))
    answers = [client.post("/prove", data={"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]


@pytest.mark.parametrize(
    ("capability", "page"), [(Capability.LOOK, "/doors"), (Capability.OPERATORS, "/account")]
)
def test_the_first_page_is_one_that_the_operator_may_see(
    console: Console, signed_in: SignIn, capability: Capability, page: str
) -> None:
    assert signed_in(capability).get("/").headers["location"] == page
    assert "refused" not in {kind for kind, _ in journal(console)}


def test_signing_in_takes_no_token_that_was_planted(
    console: Console, clock: HandClock, ada: Enrolled
) -> None:
    planted = "ab" * 32
    client = client_of(console)
    client.cookies.set(COOKIE, planted)
    answer = sign_in(client, "Ada", PASSWORD, ada.code(clock()))
    token = answer.headers["set-cookie"].split(";")[0].split("=")[1]
    assert token != planted
    assert console.sessions.find(planted) is None
    assert console.sessions.find(token) is not None


def test_signing_in_anew_ends_the_session_before(
    console: Console, clock: HandClock, ada: Enrolled
) -> None:
    client = client_of(console)
    sign_in(client, "Ada", PASSWORD, ada.code(clock()))
    first = client.cookies[COOKIE]
    session = console.sessions.find(first)
    assert session is not None
    clock.time += 30
    given = {"name": "Ada", "password": PASSWORD, "code": ada.code(clock())}
    given["csrf"] = session.csrf_under(bytes(CSRF_BYTES))
    assert client.post("/sign-in", data=given).status_code == 303
    assert console.sessions.find(first) is None


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb"]
)
def test_nobody_is_led_elsewhere(
    console: Console, clock: HandClock, ada: Enrolled, elsewhere: str
) -> None:
    given = {"name": "Ada", "password": PASSWORD, "code": ada.code(clock()), "then": elsewhere}
    answer = client_of(console).post("/sign-in", data=given)
    assert answer.headers["location"] == "/"


def test_an_invitation_is_taken_once(console: Console, clock: HandClock) -> None:
    made = console.operators.invite(None, "Grace", ALL)
    client = client_of(console)
    assert made.code in client.get(f"/invitation?code={made.code}").text
    answer = client.post("/invitation", data={"code": made.code.lower().replace("-", " ")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/set-up")
    again = client_of(console).post("/invitation", data={"code": made.code})
    assert again.status_code == 403
    assert COOKIE not in client_of(console).cookies
    # Until there is a way to sign in, it opens nothing else.
    assert client.get("/operators").headers["location"] == "/set-up"
    assert client.get("/account").headers["location"] == "/set-up"


def test_an_invitation_runs_out(console: Console, clock: HandClock) -> None:
    made = console.operators.invite(None, "Grace", ALL)
    clock.time += 900
    assert client_of(console).post("/invitation", data={"code": made.code}).status_code == 403


def test_codes_of_invitations_cannot_be_tried_out(console: Console) -> None:
    client = client_of(console)
    answers = [client.post("/invitation", data={"code": f"X{n}"}) for n in range(21)]
    assert [answer.status_code for answer in answers] == [403] * 20 + [429]


def test_an_office_behind_one_address_does_not_lock_itself_out(
    console: Console, clock: HandClock, ada: Enrolled
) -> None:
    """More come in than one address may fail, and what one of them mistypes adds up alone."""
    for number in range(25):
        made = console.operators.invite(None, f"colleague {number}", ALL)
        taken = client_of(console).post("/invitation", data={"code": made.code})
        assert taken.status_code == 303, number
    for _ in range(19):
        assert client_of(console).post("/invitation", data={"code": "x"}).status_code == 403
    signed = sign_in(client_of(console), "Ada", PASSWORD, ada.code(clock()))
    assert signed.status_code == 303
    assert client_of(console).post("/invitation", data={"code": "x"}).status_code == 403
    assert client_of(console).post("/invitation", data={"code": "x"}).status_code == 429


def test_what_an_operator_does_needs_proof_that_is_fresh(
    console: Console, clock: HandClock, ada: Enrolled
) -> None:
    client = client_of(console)
    sign_in(client, "Ada", PASSWORD, ada.code(clock()))
    session = console.sessions.find(client.cookies[COOKIE])
    assert session is not None
    client.headers["x-csrf"] = session.csrf_under(bytes(CSRF_BYTES))
    clock.time += 301
    given = {"name": "Grace", "capability": "look"}
    sent = {"referer": "https://localhost/operators"}
    answer = client.post("/operators/invite", data=given, headers=sent)
    place = urlsplit(answer.headers["location"])
    assert (place.path, parse_qs(place.query)) == ("/prove", {"then": ["/operators"]})
    assert [one.operator.name for one in console.operators.listed()] == ["Ada"]
    wrong = client.post("/prove", data={"code": "000000", "then": "/operators"})
    assert wrong.status_code == 403
    right = client.post("/prove", data={"code": ada.code(clock()), "then": "/operators"})
    assert (right.status_code, right.headers["location"]) == (303, "/operators")
    assert client.post("/operators/invite", data=given).status_code == 200
    assert [one.operator.name for one in console.operators.listed()] == ["Ada", "Grace"]
    assert {kind for kind, _ in journal(console)} >= {"signed_in", "proved", "operator_invited"}


def test_signing_out_ends_the_session(console: Console, signed_in: SignIn) -> None:
    client = signed_in(Capability.LOOK)
    token = client.cookies[COOKIE]
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert console.sessions.find(token) is None
