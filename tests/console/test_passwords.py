import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import Config
from accessctl.console.app import Console, open_console
from accessctl.console.capabilities import Capability
from accessctl.console.passwords import checked_password, step_of, uri_for_app
from accessctl.console.sessions import CSRF_BYTES, OperatorSession
from accessctl.console.wall import COOKIE
from accessctl.errors import InputError
from accessctl.hub.assembly import Hub
from accessctl.hub.tables import OPERATOR
from tests.clocks import HandClock
from tests.console.site_console import PASSWORD, SignIn, client_of, enrolled, journal

# RFC 6238, appendix B: the key "12345678901234567890", SHA-1; its last six digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("now", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(now: int, code: str) -> None:
    assert step_of(RFC_SECRET, code, now, 0) == now // 30


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-61, False), (-30, True), (30, True), (61, False)]
)
def test_an_apps_clock_may_be_a_step_off(seconds: int, counts: bool) -> None:
    now = 1_700_000_010
    code = pyotp.TOTP(RFC_SECRET).at(now + seconds)
    assert (step_of(RFC_SECRET, code, now, 0) is not None) is counts


def test_no_step_counts_twice_nor_one_before_it() -> None:
    now = 1_700_000_010
    steps = [now // 30 - 1, now // 30, now // 30 + 1]
    codes = [pyotp.TOTP(RFC_SECRET).generate_otp(step) for step in steps]
    assert [step_of(RFC_SECRET, code, now, steps[1]) for code in codes] == [None, None, steps[2]]


@given(st.text(max_size=12))
def test_whatever_is_no_code_is_none(text: str) -> None:
    code = pyotp.TOTP(RFC_SECRET).at(0)
    is_it = "".join(text.split()) in {code, pyotp.TOTP(RFC_SECRET).at(30)}
    assert (step_of(RFC_SECRET, text, 0, -2) is not None) is is_it


@pytest.mark.parametrize(
    "password", ["short", "x" * 257, "ada lovelace 1815", "aaaaaaaaaaaaaaaaaa", "abababababababab"]
)
def test_what_is_easily_guessed_is_no_password(password: str) -> None:
    with pytest.raises(InputError, match="password"):
        checked_password(password, "Ada")


def test_what_an_app_reads() -> None:
    assert (
        uri_for_app(RFC_SECRET, "Ada", "hub.example")
        == f"otpauth://totp/accessctl:Ada%40hub.example?secret={RFC_SECRET}&issuer=accessctl"
    )


def session_of(console: Console, token: str) -> OperatorSession:
    found = console.sessions.find(token)
    assert found is not None
    return found


def test_an_invited_operator_sets_up_a_password(console: Console, clock: HandClock) -> None:
    made = console.operators.invite(None, "Grace", frozenset({Capability.LOOK}))
    client = client_of(console)
    client.post("/invitation", data={"code": made.code})
    setup = session_of(console, client.cookies[COOKIE])
    client.headers["x-csrf"] = setup.csrf_under(bytes(CSRF_BYTES))
    secret = console.passwords.new_secret()
    given = {
        "password": PASSWORD,
        "sealed": console.passwords.handed_out(secret, setup),
        "code": "000000",
    }
    wrong = client.post("/set-up/password", data=given)
    assert wrong.status_code == 400
    # The same secret is shown again: the app has read it already.
    assert secret in wrong.text
    given["code"] = pyotp.TOTP(secret).at(int(clock()))
    answer = client.post("/set-up/password", data=given)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert console.sessions.find(setup.token) is None
    assert session_of(console, client.cookies[COOKIE]).operator.name == "Grace"
    # The code of setting up is used up.
    again = {"name": "Grace", "password": PASSWORD, "code": given["code"]}
    assert client_of(console).post("/sign-in", data=again).status_code == 403


def test_a_secret_of_another_session_is_not_taken(
    console: Console, clock: HandClock, signed_in: SignIn
) -> None:
    one, other = signed_in(), signed_in()
    secret = console.passwords.new_secret()
    foreign = console.passwords.handed_out(secret, session_of(console, other.cookies[COOKIE]))
    for sealed in (foreign, "", "AAAA", "§"):
        code = pyotp.TOTP(secret).at(int(clock()))
        given = {"password": PASSWORD, "sealed": sealed, "code": code}
        assert one.post("/set-up/password", data=given).status_code == 400, sealed


def test_a_new_password_ends_the_other_sessions(
    console: Console, clock: HandClock, signed_in: SignIn
) -> None:
    client = signed_in(name="Ada")
    here = session_of(console, client.cookies[COOKIE])
    ada = enrolled(console, clock, "Bea")
    for _ in range(2):
        bea = client_of(console)
        given = {"name": "Bea", "password": PASSWORD, "code": ada.code(clock())}
        assert bea.post("/sign-in", data=given).status_code == 303
        clock.time += 30
    own = session_of(console, bea.cookies[COOKIE])
    secret = console.passwords.new_secret()
    given = {
        "password": f"another {PASSWORD}",
        "sealed": console.passwords.handed_out(secret, own),
        "code": pyotp.TOTP(secret).at(int(clock())),
        "csrf": own.csrf_under(bytes(CSRF_BYTES)),
    }
    assert bea.post("/set-up/password", data=given).headers["location"] == "/account"
    assert len(console.sessions.of(own.operator.id)) == 1
    assert console.sessions.find(own.token) is not None
    assert console.sessions.find(here.token) is not None


def test_nothing_secret_is_readable_in_the_database(
    hub: Hub, config: Config, clock: HandClock
) -> None:
    console = open_console(hub, config, {}, now=clock)
    ada = enrolled(console, clock)
    with console.hub.database.reading() as db:
        row = db.execute(OPERATOR.select()).one()
    assert row.password.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert ada.secret.encode() not in row.totp
    told = [data for _, data in journal(console)]
    assert PASSWORD not in str(told)
    assert ada.secret not in str(told)
