import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey
from pydantic import ValidationError

from accessctl.config import Config, ConsoleConfig
from accessctl.config.console import SignOnConfig
from accessctl.console.app import Console
from accessctl.console.capabilities import ALL, Capability
from accessctl.console.sign_on import TIMEOUT_S
from accessctl.console.wall import COOKIE
from accessctl.errors import ConfigError
from accessctl.hub.assembly import Hub
from tests.clocks import HandClock
from tests.console.sign_on_provider import CLIENT, SECRET, Provider, provider
from tests.console.site_console import START, client_of, console_on, journal

COMMAND = frozenset({Capability.COMMAND})


@pytest.fixture
def known() -> Iterator[Provider]:
    with provider(START) as made:
        yield made


@pytest.fixture
def config(config: Config, known: Provider, tmp_path: Path) -> Config:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(f"{SECRET}\n")
    oidc = SignOnConfig(issuer=known.url, client_id=CLIENT, secret_file=secret)
    return config.model_copy(update={"console": ConsoleConfig(oidc=oidc)})


def come_back(console: Console, known: Provider, client: httpx.Client) -> httpx.Response:
    """Through the provider and back, as a browser goes."""
    left = client.get("/sign-in/provider")
    assert left.status_code == 303
    assert "samesite=lax" in left.headers["set-cookie"].lower()
    url = urlsplit(left.headers["location"])
    assert f"{url.scheme}://{url.netloc}" == known.url
    back = urlsplit(known.authorize(dict(parse_qsl(url.query))))
    return client.get(f"{back.path}?{back.query}")


def test_an_invited_operator_is_known_by_a_verified_address(
    console: Console, known: Provider
) -> None:
    console.operators.invite(None, "Ada", COMMAND, "ada@example.org")
    client = client_of(console)
    answer = come_back(console, known, client)
    assert answer.status_code == 200
    session = console.sessions.find(client.cookies[COOKIE])
    assert session is not None
    assert session.operator.name == "Ada"
    # Another's word is no proof for a command.
    assert not session.is_fresh(console.now())
    assert journal(console)[-1][1]["way"] == "oidc"


def test_from_then_on_the_providers_own_name_counts(console: Console, known: Provider) -> None:
    console.operators.invite(None, "Ada", ALL, "ada@example.org")
    assert come_back(console, known, client_of(console)).status_code == 200
    known.claims |= {"email": "lovelace@example.org"}
    assert come_back(console, known, client_of(console)).status_code == 200
    # Whoever has the address later is somebody else.
    known.claims = {"sub": "user-2", "email": "ada@example.org", "email_verified": True}
    assert come_back(console, known, client_of(console)).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "grace@example.org"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": ""},
        {"aud": "another client"},
        {"iss": "https://id.example"},
        {"exp": int(START) - 61},
        {"nonce": "another"},
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
    ],
    ids=lambda claims: "-".join(f"{name}-{value}" for name, value in claims.items())[:40],
)
def test_whoever_is_not_known_is_made_no_operator(
    console: Console, known: Provider, claims: dict[str, object]
) -> None:
    console.operators.invite(None, "Ada", ALL, "ada@example.org")
    known.claims |= claims
    client = client_of(console)
    assert come_back(console, known, client).status_code == 403
    assert COOKIE not in client.cookies
    assert [one.operator.name for one in console.operators.listed()] == ["Ada"]


def test_only_the_providers_own_signature_counts(console: Console, known: Provider) -> None:
    console.operators.invite(None, "Ada", ALL, "ada@example.org")
    known.signed_by = ECKey.generate_key("P-256", {"kid": "1"})
    assert come_back(console, known, client_of(console)).status_code == 403
    known.signed_by = OctKey.import_key(SECRET)
    known.header = {"alg": "HS256", "kid": "1"}
    assert come_back(console, known, client_of(console)).status_code == 403


def test_an_answer_counts_in_the_browser_that_asked_alone(
    console: Console, known: Provider, clock: HandClock
) -> None:
    console.operators.invite(None, "Ada", ALL, "ada@example.org")
    asking, other = client_of(console), client_of(console)
    left = asking.get("/sign-in/provider")
    back = urlsplit(known.authorize(dict(parse_qsl(urlsplit(left.headers["location"]).query))))
    assert other.get(f"{back.path}?{back.query}").status_code == 403
    other.get("/sign-in/provider")
    assert other.get(f"{back.path}?{back.query}").status_code == 403
    clock.time += 601
    assert asking.get(f"{back.path}?{back.query}").status_code == 403


def test_an_answer_counts_once(console: Console, known: Provider) -> None:
    console.operators.invite(None, "Ada", ALL, "ada@example.org")
    client = client_of(console)
    left = client.get("/sign-in/provider")
    back = urlsplit(known.authorize(dict(parse_qsl(urlsplit(left.headers["location"]).query))))
    cookies = dict(client.cookies)
    assert client.get(f"{back.path}?{back.query}").status_code == 200
    again = client_of(console)
    again.cookies.update(cookies)
    assert again.get(f"{back.path}?{back.query}").status_code == 503


def test_a_provider_that_does_not_answer_is_told_of(console: Console, known: Provider) -> None:
    known.url = "http://127.0.0.1:1"
    answer = client_of(console).get("/sign-in/provider")
    assert answer.status_code == 503


def test_a_provider_that_stays_silent_holds_nobody_up(hub: Hub, tmp_path: Path) -> None:
    """Strangers can have it asked: while one waits for it, all others are told at once."""
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        silent.settimeout(TIMEOUT_S)
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        oidc = SignOnConfig(issuer=issuer, client_id=CLIENT, secret_file=secret)
        config = Config(hub=hub.config, console=ConsoleConfig(oidc=oidc))
        console = console_on(hub, config, hub.now)
        first = pool.submit(client_of(console).get, "/sign-in/provider")
        connection, _ = silent.accept()
        with connection:
            for _ in range(3):
                assert client_of(console).get("/sign-in/provider").status_code == 503
            assert not first.done()
        assert first.result(TIMEOUT_S).status_code == 503


def test_a_provider_that_answers_nothing_is_given_up_on(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 0 < TIMEOUT_S <= 10
    monkeypatch.setattr("accessctl.console.sign_on.TIMEOUT_S", 0.1)
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        oidc = SignOnConfig(issuer=issuer, client_id=CLIENT, secret_file=secret)
        config = Config(hub=hub.config, console=ConsoleConfig(oidc=oidc))
        console = console_on(hub, config, hub.now)
        for _ in range(2):
            assert client_of(console).get("/sign-in/provider").status_code == 503


def test_without_a_provider_there_is_no_such_page(hub: Hub, tmp_path: Path) -> None:
    console = console_on(hub, Config(hub=hub.config), hub.now)
    assert client_of(console).get("/sign-in/provider").status_code == 404


def test_a_provider_elsewhere_is_asked_over_https(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="https only"):
        SignOnConfig(issuer="http://id.example", client_id="x", secret_file=tmp_path)
    assert (
        SignOnConfig(issuer="https://id.example/", client_id="x", secret_file=tmp_path).issuer
        == "https://id.example"
    )


def test_a_secret_that_others_can_read_is_refused(hub: Hub, config: Config) -> None:
    assert config.console.oidc is not None
    config.console.oidc.secret_file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        console_on(hub, config, hub.now)
