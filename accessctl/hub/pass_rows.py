"""Visitors' passes in the hub's database: which there are, which were withdrawn, which are over."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from accessctl.hub.feed import SiteFeed
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.tables import PASS
from accessctl.sync.feed_wire import ChangeKind, SitePasses

KEPT_S = 86_400
"""So long after its end a pass is still listed, and a withdrawn one still told of to the doors,
whose clocks are the hub's but for seconds."""


@dataclass(frozen=True, slots=True)
class KeptPass:
    """`id` is 16 hex digits, `person` an id; it counts from `begins` and before `ends`, epoch
    seconds, at the `doors` (ids) or while its person is in one of the `groups`; without both at
    every door. `withdrawn` is when it was, None where it was not."""

    id: str
    person: str
    begins: int
    ends: int
    doors: tuple[str, ...]
    groups: tuple[str, ...]
    made: float
    withdrawn: float | None = None

    @property
    def mark(self) -> str:
        """As doors' logs and lists call it."""
        return self.id[:8]


def passes_in(db: Connection, person: str | None = None) -> list[KeptPass]:
    """Of that person, or all; those that end first come first."""
    query = select(PASS).order_by(PASS.c.ends, PASS.c.id)
    if person is not None:
        query = query.where(PASS.c.person == person)
    return [_kept(row) for row in db.execute(query)]


def pass_in(db: Connection, number: str) -> KeptPass | None:
    """By its id."""
    row = db.execute(select(PASS).where(PASS.c.id == number)).first()
    return None if row is None else _kept(row)


def keep_pass(db: Connection, kept: KeptPass) -> None:
    row = {
        "id": kept.id,
        "person": kept.person,
        "begins": kept.begins,
        "ends": kept.ends,
        "doors": json.dumps(kept.doors),
        "groups": json.dumps(kept.groups),
        "made": kept.made,
        "withdrawn": kept.withdrawn,
    }
    db.execute(PASS.insert().values(row))


def count_passes(db: Connection, person: str | None = None) -> int:
    query = select(func.count()).select_from(PASS)
    if person is not None:
        query = query.where(PASS.c.person == person)
    return db.execute(query).scalar_one()


def forget_passes(db: Connection, feed: SiteFeed, person: str) -> None:
    """Whoever is removed has none any more: no door knows them, so no door takes it. On record."""
    gone = passes_in(db, person)
    if not gone:
        return
    db.execute(delete(PASS).where(PASS.c.person == person))
    told = {
        "change": "forgotten",
        "person": person,
        "passes": [one.id for one in gone],
        "why": "removed",
    }
    write_journal(feed.database, db, JournalKind.VISITOR_PASS, feed.now(), told)


def tell_doors(db: Connection, feed: SiteFeed) -> int:
    """The withdrawn ones, as all doors shall know them; the number of the change."""
    query = select(PASS.c.id).where(PASS.c.withdrawn.is_not(None)).order_by(PASS.c.id)
    document = SitePasses(withdrawn=tuple(db.execute(query).scalars()))
    content = document.model_dump_json().encode("ascii")
    return feed.put(db, ChangeKind.PASSES.value, ChangeKind.PASSES, content)


def over_in(db: Connection, now: float) -> list[KeptPass]:
    """Those whose time was over a day before `now`."""
    return [_kept(row) for row in db.execute(select(PASS).where(PASS.c.ends <= now - KEPT_S))]


def forget(db: Connection, passes: Sequence[KeptPass]) -> None:
    for one in passes:
        db.execute(delete(PASS).where(PASS.c.id == one.id))


def _kept(row: Row[Any]) -> KeptPass:
    return KeptPass(
        row.id,
        row.person,
        row.begins,
        row.ends,
        tuple(json.loads(row.doors)),
        tuple(json.loads(row.groups)),
        row.made,
        row.withdrawn,
    )
