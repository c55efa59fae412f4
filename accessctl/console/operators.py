"""Who the operators are and what each may do: invited by a code, once and within 15 minutes.

Nobody gives what they do not have, and nobody changes an operator who may do more than they; the
command line of the hub's machine may do all. Whoever is invited anew has lost what they signed in
with: taking that invitation ends all that was there before. Each change is on record in the
transaction that makes it.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from accessctl.console.capabilities import Capability, Operator
from accessctl.console.seen import changed_meanwhile
from accessctl.console.sessions import (
    OperatorSession,
    OperatorSessions,
    SignInWay,
    Visitor,
    kept_capabilities,
)
from accessctl.errors import InputError
from accessctl.hub.codes import code_hash, new_code
from accessctl.hub.database import HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import OPERATOR, OPERATOR_KEY

INVITED_S = 900.0
PURPOSE = "operator"
MOST_OPERATORS = 500
CREDENTIALS = ("code", "code_expires", "password", "totp", "totp_step", "subject")
"""The columns of what an operator signs in with."""
COMMAND_LINE = "command line"
"""Whose name the journal has for what was done in the terminal of the hub's machine."""

_NAME = re.compile(r"[^\W_](?:[\w .'@-]{0,62}[\w.])?")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")
_NOT_TAKEN = (
    "This code is not valid: it was used, it ran out after 15 minutes, or it was mistyped; ask for "
    "another invitation."
)


@dataclass(frozen=True, slots=True)
class OperatorInvitation:
    """`code` as it is typed, once, before `expires` (epoch seconds)."""

    operator: Operator
    code: str = field(repr=False)
    expires: float


@dataclass(frozen=True, slots=True)
class KnownOperator:
    """An operator as a list shows them: by what they can sign in, and until when (epoch seconds) an
    invitation counts."""

    operator: Operator
    email: str | None
    passkeys: int
    has_password: bool
    has_sign_on: bool
    invited_until: float | None

    @property
    def can_sign_in(self) -> bool:
        return bool(self.passkeys) or self.has_password or self.has_sign_on


class Operators:
    """Everything raises StoreError; `now` is epoch time. `by` is who does it, None on the command
    line."""

    def __init__(
        self,
        database: HubDatabase,
        sessions: OperatorSessions,
        now: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._now = now
        self._random = random_bytes

    def listed(self) -> list[KnownOperator]:
        """All of them by name."""
        keys = (
            select(func.count()).where(OPERATOR_KEY.c.operator == OPERATOR.c.id)
        ).scalar_subquery()
        with self._database.reading() as db:
            rows = db.execute(select(OPERATOR, keys.label("passkeys"))).all()
        known = [self._known(row) for row in rows]
        return sorted(known, key=lambda one: folded(one.operator.name))

    def known(self, whose: str) -> KnownOperator:
        """InputError where there is none of that id."""
        for one in self.listed():
            if one.operator.id == whose:
                return one
        raise InputError("There is no such operator any more; look at the list again.")

    def invite(
        self,
        by: Operator | None,
        name: str,
        capabilities: frozenset[Capability],
        email: str | None = None,
    ) -> OperatorInvitation:
        """A code for a new operator, or for one who is there and has lost what they signed in with,
        whose capabilities it then also sets. InputError."""
        name = checked_name(name)
        email = None if email is None else checked_email(email)
        if not capabilities:
            raise InputError("Choose at least one thing that this operator may do.")
        code = new_code(self._random)
        with self._database.writing() as db:
            rows = db.execute(select(OPERATOR).with_for_update()).all()
            there = next((row for row in rows if folded(row.name) == folded(name)), None)
            if any(row.email == email for row in rows if email and row is not there):
                raise InputError("Another operator has this address already; name another one.")
            before = frozenset[Capability]()
            if there is not None:
                before = kept_capabilities(there.capabilities)
                self._keep_somebody(rows, there.id, capabilities)
            elif len(rows) >= MOST_OPERATORS:
                raise InputError(f"There are {len(rows)} operators; remove some first.")
            _check_right(by, before | capabilities)
            whose = self._random(16).hex() if there is None else there.id
            operator = Operator(whose, name if there is None else there.name, capabilities)
            expires = self._now() + INVITED_S
            values = {
                "capabilities": _kept(capabilities),
                "invited": self._now(),
                "code": code_hash(code, PURPOSE),
                "code_expires": expires,
            } | ({} if email is None else {"email": email})
            if there is None:
                db.execute(OPERATOR.insert().values(id=whose, name=name, **values))
            else:
                db.execute(_one(whose).values(**values))
            self._tell(db, JournalKind.OPERATOR_INVITED, by, operator, email=email)
        return OperatorInvitation(operator, code, expires)

    def accept(self, code: str, visitor: Visitor) -> str:
        """The token of a session in which whoever was invited sets up how they sign in; whatever
        they had before ends. InputError for a code that does not count."""
        with self._database.writing() as db:
            # Of two who take it at the same time the second finds that it is gone.
            invited = select(OPERATOR).where(OPERATOR.c.code == code_hash(code, PURPOSE))
            row = db.execute(invited.with_for_update()).first()
            if row is None or self._now() >= row.code_expires:
                raise InputError(_NOT_TAKEN)
            operator = Operator(row.id, row.name, kept_capabilities(row.capabilities))
            self._sessions.forget_all(db, operator.id)
            db.execute(OPERATOR_KEY.delete().where(OPERATOR_KEY.c.operator == operator.id))
            nothing = dict.fromkeys(CREDENTIALS)
            db.execute(_one(operator.id).values(**nothing))
            return self._sessions.begin(db, operator, SignInWay.INVITATION, visitor)

    def keep_way(
        self,
        session: OperatorSession,
        way: SignInWay,
        keep: Callable[[Connection], object],
        visitor: Visitor,
    ) -> str | None:
        """Let the session's operator sign in that way, too, from now on: `keep` writes it down.

        Whoever was invited is signed in by it: the new session's token. A new password ends the
        operator's other sessions. InputError where the session is over.
        """
        operator = session.operator
        with self._database.writing() as db:
            self._tell(db, JournalKind.OPERATOR_CHANGED, operator, operator, way=way.value)
            keep(db)
            if session.is_setup:
                if not self._sessions.forget(db, session.token):
                    raise InputError("This invitation was used meanwhile; ask for another one.")
                return self._sessions.begin(db, operator, way, visitor)
            if way is SignInWay.PASSWORD:
                self._sessions.forget_all(db, operator.id, except_for=session.token)
        return None

    def change(
        self,
        by: Operator | None,
        whose: str,
        capabilities: frozenset[Capability],
        instead_of: frozenset[Capability] | None = None,
    ) -> None:
        """What that operator may do from now on, in the sessions that are open, too. InputError;
        HubError where it is not `instead_of` now: somebody else has changed it meanwhile."""
        if not capabilities:
            raise InputError("Choose at least one thing that this operator may do.")
        with self._database.writing() as db:
            rows = db.execute(select(OPERATOR).with_for_update()).all()
            before = self._there(rows, whose)
            _check_right(by, before.capabilities | capabilities)
            if instead_of is not None and before.capabilities != instead_of:
                raise changed_meanwhile()
            self._keep_somebody(rows, whose, capabilities)
            db.execute(_one(whose).values(capabilities=_kept(capabilities)))
            after = Operator(whose, before.name, capabilities)
            self._tell(
                db, JournalKind.OPERATOR_CHANGED, by, after, before=_kept(before.capabilities)
            )

    def remove(self, by: Operator | None, whose: str) -> None:
        """That operator and their sessions are there no more. InputError."""
        with self._database.writing() as db:
            rows = db.execute(select(OPERATOR).with_for_update()).all()
            operator = self._there(rows, whose)
            _check_right(by, operator.capabilities)
            self._keep_somebody(rows, whose, frozenset())
            self._tell(db, JournalKind.OPERATOR_REMOVED, by, operator)
            self._sessions.forget_all(db, whose)
            db.execute(OPERATOR_KEY.delete().where(OPERATOR_KEY.c.operator == whose))
            db.execute(OPERATOR.delete().where(OPERATOR.c.id == whose))

    def end_sessions(self, by: Operator | None, whose: str) -> None:
        """Sign that operator out everywhere. InputError."""
        with self._database.writing() as db:
            operator = self._there(db.execute(select(OPERATOR)).all(), whose)
            _check_right(by, operator.capabilities)
            self._tell(db, JournalKind.OPERATOR_CHANGED, by, operator, signed_out=True)
            self._sessions.forget_all(db, whose)

    def _known(self, row: Row[Any]) -> KnownOperator:
        is_invited = row.code is not None and self._now() < row.code_expires
        return KnownOperator(
            operator=Operator(row.id, row.name, kept_capabilities(row.capabilities)),
            email=row.email,
            passkeys=row.passkeys,
            has_password=row.password is not None,
            has_sign_on=row.subject is not None,
            invited_until=row.code_expires if is_invited else None,
        )

    def _there(self, rows: Any, whose: str) -> Operator:
        for row in rows:
            if row.id == whose:
                return Operator(row.id, row.name, kept_capabilities(row.capabilities))
        raise InputError("There is no such operator any more; look at the list again.")

    def _keep_somebody(self, rows: Any, whose: str, capabilities: frozenset[Capability]) -> None:
        """InputError where nobody could look after the operators once `whose` may do only that."""
        able = {
            row.id
            for row in rows
            if Capability.OPERATORS in kept_capabilities(row.capabilities) and row.id != whose
        }
        had = any(
            row.id == whose and Capability.OPERATORS in kept_capabilities(row.capabilities)
            for row in rows
        )
        if had and not able and Capability.OPERATORS not in capabilities:
            raise InputError(
                "This is the last one who may look after operators; let another one do that first."
            )

    def _tell(
        self,
        db: Connection,
        kind: JournalKind,
        by: Operator | None,
        operator: Operator,
        **more: Any,
    ) -> None:
        told = {
            "operator": COMMAND_LINE if by is None else by.name,
            "id": None if by is None else by.id,
            "whose": operator.name,
            "whose_id": operator.id,
            "capabilities": _kept(operator.capabilities),
        }
        more = {name: value for name, value in more.items() if value is not None}
        write_journal(self._database, db, kind, self._now(), told | more)


def folded(name: str) -> str:
    """What two names that are one have in common, whatever blanks are around them."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def checked_name(name: str) -> str:
    """An operator's name as it is kept; InputError for what can be none."""
    name = unicodedata.normalize("NFC", name.strip())
    if _NAME.fullmatch(name) is None:
        raise InputError(
            f"{name[:80]!a} cannot be an operator's name; use 1 to 64 letters, digits, blanks, "
            "'.', '-', '_', '@' or an apostrophe."
        )
    return name


def checked_email(email: str) -> str:
    """As it is kept and compared; InputError for what can be none."""
    email = email.strip().lower()
    if _EMAIL.fullmatch(email) is None or not email.isprintable():
        raise InputError(f"{email[:80]!a} is no email address.")
    return email


def _check_right(by: Operator | None, capabilities: frozenset[Capability]) -> None:
    missing = capabilities - (capabilities if by is None else by.capabilities)
    if missing:
        raise InputError(
            f"You may not give or take what you may not do yourself: {', '.join(sorted(missing))}."
        )


def _kept(capabilities: frozenset[Capability]) -> str:
    return ",".join(sorted(capabilities))


def _one(whose: str) -> Any:
    return update(OPERATOR).where(OPERATOR.c.id == whose)
