"""Signing in by a passkey (WebAuthn level 3), which checks by finger, face or PIN who holds it.

The browser finds the key by itself, so that no name is asked for and none can be tried out. A
challenge carries its own proof of being ours and its time, so that strangers leave nothing behind;
those that were answered are remembered until they would have run out.
"""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accessctl.console.capabilities import Operator
from accessctl.console.passwords import NotRecognisedError
from accessctl.console.sessions import (
    OperatorSession,
    OperatorSessions,
    SignInWay,
    Visitor,
    kept_capabilities,
)
from accessctl.errors import InputError
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import OPERATOR, OPERATOR_KEY
from accessctl.storage.parsing import shortened

ANSWERED_WITHIN_S = 300
MOST_KEYS = 10
MAX_LABEL = 64
TIME_BYTES, NONCE_BYTES, MAC_BYTES = 8, 16, 32
NAME = "accessctl"


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A passkey as its operator sees it: `id` in hex, times as epoch seconds."""

    id: str
    label: str
    added: float
    used: float | None


class Challenges:
    """Makes challenges for a purpose, and says once whether one was made for it; `secret` is this
    process's own. Any thread may use it; `now` is epoch time."""

    def __init__(
        self, secret: bytes, now: Callable[[], float], random_bytes: Callable[[int], bytes]
    ) -> None:
        self._secret = secret
        self._now = now
        self._random = random_bytes
        self._lock = threading.Lock()
        self._answered: dict[bytes, float] = {}

    def new(self, purpose: str) -> bytes:
        head = int(self._now()).to_bytes(TIME_BYTES, "big") + self._random(NONCE_BYTES)
        return head + self._mac(head, purpose)

    def is_open(self, challenge: bytes, purpose: str) -> bool:
        """Whether it was made for that, not long ago, and was not answered."""
        head = challenge[: TIME_BYTES + NONCE_BYTES]
        if not hmac.compare_digest(challenge[len(head) :], self._mac(head, purpose)):
            return False
        age_s = self._now() - int.from_bytes(head[:TIME_BYTES], "big")
        with self._lock:
            return -1 <= age_s < ANSWERED_WITHIN_S and challenge not in self._answered

    def answer(self, challenge: bytes) -> bool:
        """Whether nobody has answered it before; it is answered from now on."""
        now = self._now()
        with self._lock:
            over = [one for one, until in self._answered.items() if until <= now]
            for one in over:
                del self._answered[one]
            is_first = challenge not in self._answered
            self._answered[challenge] = now + ANSWERED_WITHIN_S + 1
        return is_first

    def _mac(self, head: bytes, purpose: str) -> bytes:
        return hmac.digest(self._secret, purpose.encode("utf-8") + b"\0" + head, hashlib.sha256)


class Passkeys:
    """Everything raises StoreError; `name` is the DNS name that keys are bound to, `origin` where
    the browser says that it is, such as https://hub.example:8444. `now` is epoch time."""

    def __init__(
        self,
        database: HubDatabase,
        sessions: OperatorSessions,
        name: str,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._name = name
        self._now = now
        self._challenges = Challenges(random_bytes(32), now, random_bytes)

    def to_register(self, session: OperatorSession) -> str:
        """The options, JSON, with which the browser makes a key for this session's operator."""
        operator = session.operator
        query = select(OPERATOR_KEY.c.id).where(OPERATOR_KEY.c.operator == operator.id)
        with self._database.reading() as db:
            there = db.execute(query).scalars().all()
        if len(there) >= MOST_KEYS:
            raise InputError(f"There are {len(there)} passkeys of yours; remove one first.")
        options = generate_registration_options(
            rp_id=self._name,
            rp_name=NAME,
            user_id=bytes.fromhex(operator.id),
            user_name=operator.name,
            user_display_name=operator.name,
            challenge=self._challenges.new(_registering(session)),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=key) for key in there],
        )
        return options_to_json(options)

    def registered(
        self, session: OperatorSession, credential: Any, label: str, origin: str
    ) -> Callable[[Connection], None]:
        """What, called with a transaction's connection, lets that key count from then on.
        InputError for one that was not made as it was asked for."""
        challenge = self._challenge(credential, _registering(session))
        try:
            made = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._name,
                expected_origin=origin,
                require_user_verification=True,
            )
        except Exception as error:
            # Whatever it is: on a hostile credential its parsers raise anything.
            raise InputError("The passkey was not made as it was asked for; try again.") from error
        if not self._challenges.answer(challenge):
            raise InputError("This passkey is here already.")
        values = {
            "id": made.credential_id,
            "operator": session.operator.id,
            "public_key": made.credential_public_key,
            "sign_count": made.sign_count,
            "label": shortened(label, MAX_LABEL) or "passkey",
            "added": self._now(),
        }

        def keep(db: Connection) -> None:
            there = select(OPERATOR_KEY.c.id).where(OPERATOR_KEY.c.id == made.credential_id)
            if db.execute(there).first() is not None:
                raise InputError("This passkey is here already.")
            db.execute(OPERATOR_KEY.insert().values(**values))

        return keep

    def of(self, operator: str) -> list[ShownKey]:
        """Those of the operator of that id, the oldest first."""
        query = select(OPERATOR_KEY).where(OPERATOR_KEY.c.operator == operator)
        with self._database.reading() as db:
            rows = db.execute(query.order_by(OPERATOR_KEY.c.added)).all()
        return [ShownKey(row.id.hex(), row.label, row.added, row.used) for row in rows]

    def remove(self, operator: Operator, key: str) -> None:
        """That key (its id, hex) of the operator signs nobody in any more; InputError where there
        is none, and where nothing else would be left to sign in with."""
        with self._database.writing() as db:
            row = db.execute(select(OPERATOR).where(OPERATOR.c.id == operator.id)).one()
            query = select(OPERATOR_KEY).where(OPERATOR_KEY.c.operator == operator.id)
            keys = db.execute(query.with_for_update()).all()
            gone = next((one for one in keys if one.id.hex() == key), None)
            if gone is None:
                raise InputError("There is no such passkey any more; look at the list again.")
            if len(keys) == 1 and row.password is None and row.subject is None:
                raise InputError("You sign in by this passkey alone; make another one first.")
            told = {"operator": operator.name, "id": operator.id, "passkey_removed": gone.label}
            write_journal(self._database, db, JournalKind.OPERATOR_CHANGED, self._now(), told)
            db.execute(OPERATOR_KEY.delete().where(OPERATOR_KEY.c.id == gone.id))

    def to_sign_in(self, session: OperatorSession | None) -> str:
        """The options, JSON, with which the browser uses a key: to sign in, or to prove in that
        session anew who one is."""
        options = generate_authentication_options(
            rp_id=self._name,
            challenge=self._challenges.new(_signing(session)),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def sign_in(self, credential: Any, origin: str, visitor: Visitor) -> str:
        """The token of a new session; NotRecognisedError, which is on record where the key is one
        of an operator's."""
        operator, used = self._recognised(credential, origin, None, visitor)
        with self._database.writing() as db:
            used(db)
            return self._sessions.begin(db, operator, SignInWay.PASSKEY, visitor)

    def prove(
        self, session: OperatorSession, credential: Any, origin: str, visitor: Visitor
    ) -> None:
        """Who is signed in shows by a key that it is still they; NotRecognisedError."""
        operator, used = self._recognised(credential, origin, session, visitor)
        if operator.id != session.operator.id:
            raise NotRecognisedError("This passkey is another operator's.")
        with self._database.writing() as db:
            used(db)
            self._sessions.prove(db, session, SignInWay.PASSKEY)

    def _recognised(
        self, credential: Any, origin: str, session: OperatorSession | None, visitor: Visitor
    ) -> tuple[Operator, Callable[[Connection], None]]:
        """Whose key it is, and what writes down that it was used."""
        challenge = self._challenge(credential, _signing(session))
        key = self._key(credential)
        try:
            shown = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._name,
                expected_origin=origin,
                credential_public_key=key.public_key,
                credential_current_sign_count=key.sign_count,
                require_user_verification=True,
            )
        except Exception as error:
            # As above. A key that counts backwards may be a copy.
            self._refused(key.name, visitor)
            raise NotRecognisedError("This passkey was not recognised.") from error
        if not self._challenges.answer(challenge) or not _is_holders(credential, key.operator):
            raise NotRecognisedError("This passkey was not recognised.")
        mine = (OPERATOR_KEY.c.id == key.id) & (OPERATOR_KEY.c.operator == key.operator)
        values = {"sign_count": shown.new_sign_count, "used": self._now()}

        def used(db: Connection) -> None:
            if db.execute(update(OPERATOR_KEY).where(mine).values(**values)).rowcount != 1:
                raise NotRecognisedError("This passkey was not recognised.")

        return Operator(key.operator, key.name, kept_capabilities(key.capabilities)), used

    def _key(self, credential: Any) -> Any:
        try:
            key = base64url_to_bytes(credential["rawId"])
        except (KeyError, TypeError, ValueError) as error:
            raise NotRecognisedError("This passkey was not recognised.") from error
        query = select(OPERATOR_KEY, OPERATOR.c.name, OPERATOR.c.capabilities).join(
            OPERATOR, OPERATOR.c.id == OPERATOR_KEY.c.operator
        )
        with self._database.reading() as db:
            row = db.execute(query.where(OPERATOR_KEY.c.id == key)).first()
        if row is None:
            raise NotRecognisedError("This passkey was not recognised.")
        return row

    def _challenge(self, credential: Any, purpose: str) -> bytes:
        """The challenge that was answered, if it is one of ours for that; NotRecognisedError."""
        try:
            client = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
            challenge = base64url_to_bytes(client["challenge"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise NotRecognisedError("This passkey was not recognised.") from error
        if not self._challenges.is_open(challenge, purpose):
            raise NotRecognisedError("This took too long; try again.")
        return challenge

    def _refused(self, name: str, visitor: Visitor) -> None:
        told = {"operator": name, "what": "sign-in", "address": visitor.address[:64]}
        with self._database.writing() as db:
            write_journal(self._database, db, JournalKind.REFUSED, self._now(), told)


def _is_holders(credential: Any, operator: str) -> bool:
    """Whether the user handle, where there is one, is the id of the operator whose key it is
    (WebAuthn 7.2, step 6)."""
    handle = credential["response"].get("userHandle")
    if handle is None:
        return True
    try:
        return base64url_to_bytes(handle) == bytes.fromhex(operator)
    except (TypeError, ValueError):
        return False


def _signing(session: OperatorSession | None) -> str:
    return "sign in" if session is None else f"prove {session.csrf}"


def _registering(session: OperatorSession) -> str:
    return f"register {session.csrf}"
