"""Single sign-on by a provider of OpenID Connect (Core 1.0), code flow with PKCE (RFC 7636).

It recognises an operator who was invited, and never makes one: the first time by an address that
the provider has verified, from then on by the provider's own name for them. What the provider was
asked lies sealed in a cookie of the browser that asked, so nobody else's answer counts there.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select, update

from accessctl.config.console import SignOnConfig, is_own_machine
from accessctl.console.capabilities import Operator
from accessctl.console.passwords import NotRecognisedError
from accessctl.console.sessions import OperatorSessions, SignInWay, Visitor, kept_capabilities
from accessctl.errors import FaultError, StoreError
from accessctl.gallery.sealing import Sealer, associated_data
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import OPERATOR
from accessctl.storage.passwords import secret_line

ASKED_WITHIN_S = 600.0
KNOWN_FOR_S = 3600.0
LEEWAY_S = 60
TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 1 << 20
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures alone: with a shared secret, or without any, whoever knows the client could sign."""
_PLACE = associated_data("accessctl console 1", "sign-on")


class SignOn:
    """Asks the provider; everything raises FaultError where it cannot be reached or is another one.

    `key` is the console's (32 bytes), `now` is epoch time.
    """

    def __init__(
        self,
        config: SignOnConfig,
        sessions: OperatorSessions,
        database: HubDatabase,
        key: bytes,
        *,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """ConfigError where the client's secret cannot be read."""
        self._config = config
        self._secret = secret_line(config.secret_file, "The secret of the console", "console.oidc")
        self._sessions = sessions
        self._database = database
        self._sealer = Sealer(key)
        self._now = now
        self._random = random_bytes
        self._metadata: dict[str, Any] = {}
        self._learnt = float("-inf")
        self._asking = threading.Lock()

    def begin(self, back: str) -> tuple[str, str]:
        """Where the browser goes, and what its cookie holds meanwhile; `back` is the URL that the
        provider sends it to."""
        asked = {
            "state": self._random(16).hex(),
            "nonce": self._random(16).hex(),
            "verifier": self._random(32).hex(),
            "time": self._now(),
        }
        url = prepare_grant_uri(
            self._provider()["authorization_endpoint"],
            client_id=self._config.client_id,
            response_type="code",
            redirect_uri=back,
            scope="openid email",
            state=asked["state"],
            nonce=asked["nonce"],
            code_challenge=create_s256_code_challenge(asked["verifier"]),
            code_challenge_method="S256",
        )
        sealed = self._sealer.seal(json.dumps(asked).encode("ascii"), _PLACE, self._random)
        return url, base64.urlsafe_b64encode(sealed).decode("ascii")

    def finish(self, cookie: str, state: str, code: str, back: str, visitor: Visitor) -> str:
        """The token of a new session; NotRecognisedError, which is on record."""
        asked = self._asked(cookie, state)
        claims = self._claims(code, asked, back)
        subject = _subject(self._config.issuer, claims["sub"])
        is_verified = claims.get("email_verified") is True
        email = str(claims.get("email", "")).lower() if is_verified else ""
        with self._database.writing() as db:
            row = db.execute(select(OPERATOR).where(OPERATOR.c.subject == subject)).first()
            if row is None and email:
                unbound = (OPERATOR.c.email == email) & OPERATOR.c.subject.is_(None)
                row = db.execute(select(OPERATOR).where(unbound).with_for_update()).first()
                if row is not None:
                    bound = update(OPERATOR).where(OPERATOR.c.id == row.id)
                    db.execute(bound.values(subject=subject))
            if row is not None:
                operator = Operator(row.id, row.name, kept_capabilities(row.capabilities))
                return self._sessions.begin(db, operator, SignInWay.SINGLE_SIGN_ON, visitor)
            told = {"operator": None, "what": "single sign-on", "address": visitor.address[:64]}
            write_journal(self._database, db, JournalKind.REFUSED, self._now(), told)
        raise NotRecognisedError("The provider knows you, but you are no operator here.")

    def _asked(self, cookie: str, state: str) -> dict[str, Any]:
        try:
            sealed = base64.b64decode(cookie, altchars=b"-_", validate=True)
            asked: dict[str, Any] = json.loads(self._sealer.unseal(sealed, _PLACE))
        except (ValueError, StoreError) as error:
            raise NotRecognisedError("This did not begin here; sign in anew.") from error
        is_in_time = 0 <= self._now() - asked["time"] < ASKED_WITHIN_S
        if not is_in_time or not hmac.compare_digest(asked["state"].encode(), state.encode()):
            raise NotRecognisedError("This did not begin here; sign in anew.")
        return asked

    def _claims(self, code: str, asked: Mapping[str, Any], back: str) -> Mapping[str, Any]:
        """What the provider says of whoever signed in, its signature and all else checked."""
        provider = self._provider()
        answer = self._ask(
            "POST",
            provider["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": back,
                "code_verifier": asked["verifier"],
            },
            auth=(self._config.client_id, self._secret),
        )
        try:
            keys = KeySet.import_key_set({"keys": self._ask("GET", provider["jwks_uri"])["keys"]})
            token = jwt.decode(answer["id_token"], keys, algorithms=ALGORITHMS)
            checked = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": self._config.issuer},
                    "aud": {"essential": True, "value": self._config.client_id},
                },
                params={"nonce": asked["nonce"], "client_id": self._config.client_id},
            )
            checked.validate(now=int(self._now()), leeway=LEEWAY_S)
            if not isinstance(checked["sub"], str) or not checked["sub"]:
                raise ValueError("a nameless user")
        except (JoseError, AuthlibBaseError, KeyError, TypeError, ValueError) as error:
            raise NotRecognisedError("What the provider says of you does not count.") from error
        return dict(checked)

    def _provider(self) -> Mapping[str, Any]:
        """What the provider says of itself, read once an hour, by one thread at a time: strangers
        can ask for it, and all others would wait with them for a provider that does not answer."""
        if 0 <= self._now() - self._learnt < KNOWN_FOR_S:
            return self._metadata
        if not self._asking.acquire(blocking=False):
            raise self._fault("it is being asked")
        try:
            said = self._ask("GET", get_well_known_url(self._config.issuer, external=True))
            if str(said.get("issuer")).rstrip("/") != self._config.issuer:
                raise self._fault("it says that it is another one")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not _is_safe(said.get(name)):
                    raise self._fault(f"its {name} is no https address")
            self._metadata, self._learnt = said, self._now()
        finally:
            self._asking.release()
        return said

    def _ask(self, method: str, url: str, **sent: Any) -> dict[str, Any]:
        """The JSON object that it answers with."""
        try:
            with (
                httpx.Client(timeout=TIMEOUT_S) as client,
                client.stream(method, url, **sent) as answer,
            ):
                content = bytearray()
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > MAX_ANSWER_BYTES:
                        raise self._fault("its answer is too long")
                if answer.status_code != httpx.codes.OK:
                    raise self._fault(f"it answered {answer.status_code}")
                said = json.loads(content)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            raise self._fault(type(error).__name__) from error
        if not isinstance(said, dict):
            raise self._fault("its answer is no object")
        return said

    def _fault(self, why: str) -> FaultError:
        return FaultError(
            f"The provider {self._config.issuer} cannot be used for signing in ({why}); check "
            "console.oidc, or sign in another way."
        )


def _subject(issuer: str, subject: str) -> bytes:
    return hashlib.sha256(f"accessctl sign-on\0{issuer}\0{subject}".encode()).digest()


def _is_safe(url: object) -> bool:
    """Whether secrets may be sent there: over https, or on this machine."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host = parts.hostname or ""
        return bool(host) and (parts.scheme == "https" or is_own_machine(host))
    except ValueError:
        return False
