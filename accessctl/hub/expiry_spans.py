"""After how long whoever stays away expires: as operators set it, or as the configuration says.

What was set is never changed: each setting is a row of its own, in one transaction with its record
in the journal, and the newest counts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from accessctl.errors import HubError
from accessctl.hub.database import SPANS_LOCK, HubDatabase
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import EXPIRY_SPANS
from accessctl.policy.expiry import DAY_S, ExpirySpans


@dataclass(frozen=True, slots=True)
class SpansInForce:
    """The spans that count; `set_at` is when an operator set them (epoch seconds), None: they are
    the configuration's."""

    spans: ExpirySpans
    set_at: float | None


class SpanSettings:
    """Everything raises StoreError; `configured` is what counts where nothing is set."""

    def __init__(
        self, database: HubDatabase, configured: ExpirySpans, now: Callable[[], float]
    ) -> None:
        self.configured = configured
        self._database = database
        self._now = now

    def in_force(self) -> SpansInForce:
        with self._database.reading() as db:
            return self.in_force_in(db)

    def in_force_in(self, db: Connection) -> SpansInForce:
        """The same in a transaction."""
        newest = select(EXPIRY_SPANS).order_by(EXPIRY_SPANS.c.number.desc()).limit(1)
        row = db.execute(newest).first()
        if row is None or not row.is_set:
            return SpansInForce(self.configured, None)
        spans = ExpirySpans(row.disable_after, row.remove_after, row.warn_before)
        return SpansInForce(spans, row.time)

    def set(self, spans: ExpirySpans | None, operator: str, instead_of: ExpirySpans) -> None:
        """These count from now on, None: the configuration's. HubError where the present ones are
        not `instead_of`: somebody else has changed them meanwhile."""
        chosen = self.configured if spans is None else spans
        with self._database.writing() as db:
            self._database.lock(db, SPANS_LOCK)
            if self.in_force_in(db).spans != instead_of:
                raise HubError(
                    "After how long people expire was changed by somebody else meanwhile, and "
                    "yours was not saved; load the page anew and make your change again."
                )
            told = {"set": spans is not None, "operator": operator, **in_days(chosen)}
            write_journal(self._database, db, JournalKind.EXPIRY_SPANS, self._now(), told)
            numbers = select(EXPIRY_SPANS.c.number).order_by(EXPIRY_SPANS.c.number.desc()).limit(1)
            row = {
                "number": (db.execute(numbers).scalar() or 0) + 1,
                "time": self._now(),
                "is_set": spans is not None,
                "disable_after": chosen.disable_after,
                "remove_after": chosen.remove_after,
                "warn_before": chosen.warn_before,
            }
            db.execute(EXPIRY_SPANS.insert().values(row))


def in_days(spans: ExpirySpans) -> dict[str, float | None]:
    """By the names of the configuration's settings."""
    after = spans.disable_after
    return {
        "expire_after_days": None if after is None else after / DAY_S,
        "remove_after_days": spans.remove_after / DAY_S,
        "expire_warn_days": spans.warn_before / DAY_S,
    }
