"""Signing in by a password and a code from an app together.

Passwords are kept as Argon2id (RFC 9106), the app's secret sealed by the console's key; codes are
TOTP (RFC 6238: SHA-1, 30 s, 6 digits), and none counts twice. Whatever is wrong is answered alike,
after the same work.
"""

import base64
import hmac
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from accessctl.console.capabilities import Operator
from accessctl.console.guessing import Guesses, by_address, by_name, by_proof
from accessctl.console.operators import folded
from accessctl.console.sessions import (
    OperatorSession,
    OperatorSessions,
    SignInWay,
    Visitor,
    kept_capabilities,
)
from accessctl.errors import InputError, StoreError
from accessctl.gallery.sealing import Sealer, associated_data
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import OPERATOR

SHORTEST, LONGEST = 12, 256
"""Characters of a password."""
STEP_S, DIGITS, SECRET_BYTES = 30, 6, 20
STEPS_ASIDE = 1
"""How far an app's clock may be off."""
AT_ONCE = 2
"""How many passwords are checked at the same time: each takes 64 MiB."""
ISSUER = "accessctl"


class NotRecognisedError(InputError):
    """Whoever wants to sign in is not recognised; what of it was wrong is not said."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody typed to sign in."""

    name: str
    password: str
    code: str


class Passwords:
    """Everything raises StoreError; `key` is the console's (32 bytes), `now` is epoch time, and
    `hasher` says what a guess costs."""

    def __init__(
        self,
        database: HubDatabase,
        sessions: OperatorSessions,
        key: bytes,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        hasher: PasswordHasher,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._guesses = Guesses(database, now)
        self._sealer = Sealer(key)
        self._now = now
        self._random = random_bytes
        self._hasher = hasher
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        # What a name that nobody has is checked against.
        self._nobody = self._hasher.hash(random_bytes(16).hex())
        self._no_secret = self.new_secret()

    def sign_in(self, given: Given, visitor: Visitor) -> str:
        """The token of a new session; MustWaitError, NotRecognisedError."""
        name, address = by_name(given.name), by_address(visitor.address)
        self._guesses.begin(name, address)
        row = self._row(given.name)
        is_known = row is not None and row.password is not None and row.totp is not None
        secret = self._opened(row) if is_known else self._no_secret
        is_password = self._is_password(row.password if is_known else self._nobody, given.password)
        step = step_of(secret, given.code, self._now(), (row.totp_step or 0) if is_known else 0)
        if is_known and is_password and step is not None:
            with self._database.writing() as db:
                if self._use(db, row.id, step):
                    operator = Operator(row.id, row.name, kept_capabilities(row.capabilities))
                    self._guesses.succeeded(db, name)
                    self._guesses.given_back(db, address)
                    return self._sessions.begin(db, operator, SignInWay.PASSWORD, visitor)
        # What was typed as a name may be a password.
        self._refused(row.name if row is not None else None, visitor)
        raise NotRecognisedError("Name, password or code is not right.")

    def prove(self, session: OperatorSession, code: str, visitor: Visitor) -> None:
        """Who is signed in shows by a code that it is still they; as `sign_in`."""
        operator = session.operator
        subject = by_proof(operator.id)
        self._guesses.begin(subject)
        row = self._row(operator.name)
        if row is not None and row.id == operator.id and row.totp is not None:
            step = step_of(self._opened(row), code, self._now(), row.totp_step or 0)
            with self._database.writing() as db:
                if step is not None and self._use(db, row.id, step):
                    self._guesses.succeeded(db, subject)
                    return self._sessions.prove(db, session, SignInWay.PASSWORD)
        self._refused(operator.name, visitor)
        raise NotRecognisedError("This code is not right, or was used already.")

    def new_secret(self) -> str:
        """One for an app, in base32."""
        return base64.b32encode(self._random(SECRET_BYTES)).decode("ascii")

    def handed_out(self, secret: str, session: OperatorSession) -> str:
        """A secret as a form of this session carries it until the app has shown a code of it."""
        sealed = self._sealer.seal(secret.encode("ascii"), _form_place(session), self._random)
        return base64.b64encode(sealed).decode("ascii")

    def handed_back(self, text: str, session: OperatorSession) -> str:
        """The secret of `handed_out`; InputError for one of another session, or none."""
        try:
            sealed = base64.b64decode(text, validate=True)
            return self._sealer.unseal(sealed, _form_place(session)).decode("ascii")
        except (ValueError, StoreError) as error:
            raise InputError("This page is too old; load it anew.") from error

    def set(
        self, operator: Operator, password: str, secret: str, code: str
    ) -> Callable[[Any], None]:
        """What, called with a transaction's connection, lets the operator sign in by these from
        then on; the code shows that the app has the secret. InputError."""
        password = checked_password(password, operator.name)
        step = step_of(secret, code, self._now(), 0)
        if step is None:
            raise InputError(
                "The app's code does not fit; check the clock of the device, and enter the code "
                "that it shows now."
            )
        with self._turns:
            encoded = self._hasher.hash(password)
        sealed = self._sealer.seal(secret.encode("ascii"), _place(operator.id), self._random)
        values = {"password": encoded, "totp": sealed, "totp_step": step}
        return lambda db: db.execute(
            update(OPERATOR).where(OPERATOR.c.id == operator.id).values(**values)
        )

    def _row(self, name: str) -> Any:
        with self._database.reading() as db:
            rows = db.execute(select(OPERATOR)).all()
        return next((row for row in rows if folded(row.name) == folded(name)), None)

    def _opened(self, row: Any) -> str:
        return self._sealer.unseal(row.totp, _place(row.id)).decode("ascii")

    def _is_password(self, encoded: str, password: str) -> bool:
        with self._turns:
            try:
                return self._hasher.verify(encoded, _normal(password[:LONGEST]))
            except (VerificationError, InvalidHashError):
                return False

    def _use(self, db: Any, operator: str, step: int) -> bool:
        """Whether that step's code was not used before; from now on it is."""
        unused = OPERATOR.c.totp_step.is_(None) | (OPERATOR.c.totp_step < step)
        used = db.execute(
            update(OPERATOR).where(OPERATOR.c.id == operator, unused).values(totp_step=step)
        )
        return bool(used.rowcount == 1)

    def _refused(self, name: str | None, visitor: Visitor) -> None:
        told = {"operator": name, "what": "sign-in", "address": visitor.address[:64]}
        with self._database.writing() as db:
            write_journal(self._database, db, JournalKind.REFUSED, self._now(), told)


def step_of(secret: str, code: str, now: float, last: int) -> int | None:
    """The step of time whose code this is, later than the step `last`; None where it is none."""
    code = "".join(code.split())
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    app = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    present = int(now) // STEP_S
    found = None
    for step in range(present - STEPS_ASIDE, present + STEPS_ASIDE + 1):
        is_it = hmac.compare_digest(app.generate_otp(step), code)
        if is_it and step > last and found is None:
            found = step
    return found


def uri_for_app(secret: str, name: str, host: str) -> str:
    """What the QR code for an app says."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(
        name=f"{name}@{host}", issuer_name=ISSUER
    )


def checked_password(password: str, name: str) -> str:
    """As it is hashed; InputError for one that is too easily guessed, or far too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"A password has {SHORTEST} to {LONGEST} characters.")
    if folded(name) in folded(password) or len(set(password)) < 5:
        raise InputError("This password is easily guessed; take some words that are not the name.")
    return _normal(password)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _place(operator: str) -> bytes:
    return associated_data("accessctl console 1", "totp", operator)


def _form_place(session: OperatorSession) -> bytes:
    return associated_data("accessctl console 1", "totp form", session.operator.id, session.csrf)
