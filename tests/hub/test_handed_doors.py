"""Two doors at one hub, whatever happens there: one takes what it is handed, the other asks."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accessctl.audit.base import MemoryLog
from accessctl.clock import Clocks, Uptime
from accessctl.config import GalleryConfig, HubConfig
from accessctl.domain import PersonRules
from accessctl.gallery.site_store import SiteGallery, open_site_gallery
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.handing import Handing
from accessctl.hub.waking import Wait
from accessctl.sync.age import HubAge
from accessctl.sync.feed import HandedBatch, HubFeed, SiteRecord
from accessctl.sync.feed_wire import (
    ChangeBatch,
    FeedHead,
    KeysAnswer,
    KeysRequest,
    head_of_feed,
)
from accessctl.sync.site_key_ring import SiteKeyRing
from tests.hub.feeding import enrol, seq_of
from tests.hub.proposing import joined_door

NOW = 1_700_000_000.0
NAMES = ("Ada", "Grace", "Eve", "Zoe")
GROUPS: tuple[tuple[str, ...], ...] = ((), ("staff",), ("guests",), ("guests", "staff"))
SCOPES: tuple[tuple[str, ...] | None, ...] = (None, ("staff",), ("guests",))

Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["enrol", "remove", "regroup", "scope", "other", "put back"]
            + 3 * ["hand"]
            + ["lose", "lose asked", "ask"]
        ),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    min_size=5,
    max_size=20,
)
HANDED = ("hand", 0, 0)
OUT_OF_ITS_GROUPS = [("enrol", 0, 1), HANDED, ("scope", 2, 0), HANDED]
PUT_BACK_AND_PAST = [
    *(("enrol", 0, 0), HANDED, ("put back", 0, 0)),
    *(("enrol", 1, 0), ("enrol", 2, 0), ("enrol", 3, 0), ("remove", 3, 0), HANDED),
]
LOST_THEN_PUT_BACK = [
    *(("enrol", 0, 0), HANDED, ("put back", 0, 0), ("lose asked", 0, 0)),
    *(("enrol", 1, 0), ("enrol", 2, 0), ("lose", 0, 0), HANDED),
]


@dataclass
class Door:
    """What a door has of the hub, which it asks through `site`."""

    id: str
    site: "Site"
    gallery: SiteGallery
    feed: HubFeed
    asked: int = 0

    def changes(self, after: int, round_: int | None) -> ChangeBatch:
        self.asked += 1
        return self.site.hub.door_feed.changes_after(self.id, after, round_)

    def keys(self, request: KeysRequest) -> KeysAnswer:
        return self.site.hub.door_feed.keys(self.id, request.box)

    def check_head(self, head: FeedHead) -> None:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.site.hub_id))
        said = head_of_feed(self.id, head.seq, head.time)
        key.verify(bytes.fromhex(head.signature), said)

    def ask(self) -> None:
        while self.feed.take():
            pass

    @property
    def people(self) -> dict[str, str]:
        return {str(person.id): person.name for person in self.gallery.gallery.people()}


class Site:
    """A hub on an embedded database, which can be put back to how it began."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._config = HubConfig(folder=folder / "hub")
        self._backup = folder / "backup"
        self._stack = stack
        self._open: ExitStack = stack.enter_context(ExitStack())
        self.hub: Hub = self._open.enter_context(open_hub(self._config, {}))
        self.hub_id = self.hub.authority.receipts_key
        self.asks = self._door(folder, "asks")
        self.takes = self._door(folder, "takes")
        self._file = folder / "hub" / "hub.sqlite"
        self.people: dict[str, tuple[str, ...]] = {}
        self.scope: tuple[str, ...] | None = None
        self._kept = dict(self.people), self.scope
        self._copy(self._file, self._backup)

    def do(self, step: Step) -> None:
        what, one, other = step
        name, groups = NAMES[one], GROUPS[other]
        match what:
            case "enrol" if name not in self.people:
                enrol(self.hub, name, one, groups)
                self.people[name] = groups
            case "remove" if name in self.people:
                self.hub.people.remove(name)
                del self.people[name]
            case "regroup" if name in self.people:
                self.hub.people.set_rules(self.hub.people.person(name).id, PersonRules(groups))
                self.people[name] = groups
            case "scope":
                self.scope = SCOPES[one % 3]
                for door in (self.asks, self.takes):
                    wanted = None if self.scope is None else list(self.scope)
                    self.hub.site.set_scope(door.id, wanted, "operator")
            case "other":
                self.hub.site.set_setting(self.asks.id, "policy.cooldown_s", 5.0 + one, "operator")
            case "put back":
                self._put_back()
            case "hand":
                self.hand()
            case "lose":
                self._handed()
            case "lose asked":
                position = self.takes.gallery.position()
                self.takes.changes(position.after, position.round or None)
            case "ask":
                self.asks.ask()

    def hand(self) -> None:
        """To the door that takes what it is handed, and asks where it is handed nothing."""
        handed = self._handed()
        asked = self.takes.asked
        has_more = self.takes.feed.take(handed)
        position = self.takes.gallery.position()
        if handed is not None and (position.round, position.again) == (None, None):
            assert self.takes.asked == asked or handed.after != position.seq
        while has_more:
            has_more = self.takes.feed.take()

    @property
    def expected(self) -> set[str]:
        """The names of those whom both doors have part in."""
        if self.scope is None:
            return set(self.people)
        return {name for name, groups in self.people.items() if set(groups) & set(self.scope)}

    def _handed(self) -> HandedBatch | None:
        position = self.takes.gallery.position()
        wait, seq = Wait(self.takes.id, position.after), seq_of(self.hub)
        changes = Handing(self.hub.database).hand(seq, [wait]).get(wait)
        if changes is None:
            return None
        head = self.hub.authority.feed_head(self.takes.id, seq)
        return HandedBatch(wait.after, ChangeBatch(changes=changes, more=False, head=head))

    def _put_back(self) -> None:
        self._open.close()
        for part in ("-wal", "-shm"):
            self._file.with_name(self._file.name + part).unlink(missing_ok=True)
        shutil.copy(self._backup, self._file)
        self._open = self._stack.enter_context(ExitStack())
        self.hub = self._open.enter_context(open_hub(self._config, {}))
        self.people, self.scope = dict(self._kept[0]), self._kept[1]

    def _door(self, folder: Path, name: str) -> Door:
        door_id = joined_door(self.hub, name)
        gallery = open_site_gallery(GalleryConfig(folder=folder / name), {})
        self._stack.callback(gallery.gallery.close)
        gallery.begin(self.hub_id, door_id)
        made = Door(door_id, self, gallery, None)  # type: ignore[arg-type]
        clocks = Clocks(lambda: NOW, lambda: Uptime("boot", 100.0), lambda: True)
        keys = SiteKeyRing(folder / f"{name}-sync", self.hub_id, door_id, made)
        record = SiteRecord(gallery, MemoryLog(), lambda: NOW)
        made.feed = HubFeed(made, made, keys, gallery, HubAge(gallery, clocks), record)
        return made

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)


@contextmanager
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        yield Site(Path(folder), stack)


@settings(max_examples=12, deadline=None)
@given(STEPS)
@example(OUT_OF_ITS_GROUPS)
@example(PUT_BACK_AND_PAST)
@example(LOST_THEN_PUT_BACK)
def test_a_door_that_takes_what_it_is_handed_ends_as_one_that_asks(steps: Sequence[Step]) -> None:
    with site() as here:
        for step in steps:
            here.do(step)
        here.asks.ask()
        here.hand()
        here.hand()
        assert here.takes.people == here.asks.people
        assert set(here.takes.people.values()) == here.expected
        positions = here.takes.gallery.position(), here.asks.gallery.position()
        assert {position.seq for position in positions} == {seq_of(here.hub)}
        # What a hub that was put back knows nothing of, nobody takes back: it may be at one alone.
        if not any(what == "put back" for what, _, _ in steps):
            doors = [door.gallery for door in (here.takes, here.asks)]
            assert doors[0].owed(99) == doors[1].owed(99)
            if not any(what == "other" for what, _, _ in steps):
                assert doors[0].document("settings") == doors[1].document("settings")
