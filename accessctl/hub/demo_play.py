"""What the demo of a site shows: one person is enrolled at the hub and let in at every door, is
removed and is let in nowhere; and the records of all of it are whole.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from accessctl.administration.changes import Administration
from accessctl.config import Config
from accessctl.demo.broadcast import Broadcast, visits
from accessctl.demo.door import DEMO_PERSON
from accessctl.demo.people import demo_enrolment_photo
from accessctl.errors import FaultError
from accessctl.gallery.fake import MemoryGallery
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.demo_site import (
    DemoSiteDoor,
    Waits,
    command,
    door_process,
    hub_config,
    hub_process,
    joins,
    site_folder,
)
from accessctl.hub.people_journal import PeopleJournal
from accessctl.recognition.enrolment import Candidate

WITHIN_S = 2.0
DECISION_S = 60.0
GRANTED = "granted"
OPERATOR = "demo"

Tell = Callable[[str], object]
PeopleAt = Callable[[Path], int | None]
Examine = Callable[[Config], Candidate]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDemo:
    """One run of the demo with the doors of those `names`.

    `examine` makes a candidate of the demo's photo with an encoder; `people_at` asks the door of
    that socket how many people it knows, None where it does not answer yet. A removal has to be
    known at each door `within_s` seconds. `tell` is given one line after the other.
    """

    config: Config
    names: Sequence[str]
    programs: Path | None
    examine: Examine
    people_at: PeopleAt
    tell: Tell
    within_s: float = WITHIN_S

    def play(self, stop: threading.Event) -> bool:
        """Whether all went as it should; KeyboardInterrupt once `stop` is set, FaultError.

        Whatever happens, nothing of it is left afterwards.
        """
        with ExitStack() as stack:
            folder = stack.enter_context(site_folder())
            if self.programs is not None:
                self.tell("PostgreSQL starts, in a folder of its own.")
            config = stack.enter_context(hub_config(folder, self.programs))
            process = stack.enter_context(hub_process(config, folder))
            running = [process]
            waits = Waits(stop, running)
            waits.until(lambda: process.lines, "The hub's first word")
            address = f"https://{config.host}:{config.port}"
            self.tell(f"The hub listens at {address}.")
            hub = stack.enter_context(open_hub(config, {}))
            camera = stack.enter_context(Broadcast(visits()))
            doors = []
            for name in self.names:
                waits.go_on()
                door = door_process(self.config, folder, name, address, camera.url)
                joins(door, hub.authority.fingerprint, hub.doors.invite(name).code)
                self.tell(f"{name} has joined the hub.")
                doors.append(door)
            with ExitStack() as at_work:
                running += [at_work.enter_context(door.process) for door in doors]
                was_in_time = _Showing(self, hub, waits, doors).show()
                self._until_sent(hub, waits, doors)
            return was_in_time & self._verified(folder / "hub.yaml")

    def _until_sent(self, hub: Hub, waits: Waits, doors: Sequence[DemoSiteDoor]) -> None:
        """Each door's records of all that was shown are at the hub."""

        def is_there() -> bool:
            shown = {door.name: len(door.decisions()) for door in doors}
            kept = dict.fromkeys(shown, 0)
            for record in hub.records.query(kind="decision"):
                kept[record.name] += 1
            return all(kept[name] >= count for name, count in shown.items())

        waits.until(is_there, "The last record", DECISION_S)

    def _verified(self, config: Path) -> bool:
        said = command(["hub", "verify", "--config", str(config)]).strip().splitlines()
        for line in said:
            self.tell(line)
        return said[-1] == "All chains are whole."


@dataclass(frozen=True, slots=True)
class _Showing:
    """The part that somebody would watch."""

    demo: SiteDemo
    hub: Hub
    waits: Waits
    doors: Sequence[DemoSiteDoor]

    def show(self) -> bool:
        self._known_everywhere(time.time(), 0, "is there, and knows nobody,")
        journal = PeopleJournal(self.hub.database, self.hub.people, OPERATOR)
        administration = Administration(self.hub.people, journal, time.time)
        photo = self.demo.examine(self.demo.config)
        administration.enrol(DEMO_PERSON, [photo])
        enrolled = time.time()
        self.demo.tell(f"{DEMO_PERSON} is enrolled at the hub, from one photo.")
        self._known_everywhere(enrolled, 1, "knows her")
        self._decided_everywhere(enrolled, is_granted=True)
        administration.remove(DEMO_PERSON)
        removed = time.time()
        self.demo.tell(f"{DEMO_PERSON} is removed at the hub.")
        took = self._known_everywhere(removed, 0, "has forgotten her")
        self._decided_everywhere(removed, is_granted=False)
        return self._was_in_time(took, removed)

    def _known_everywhere(self, since: float, people: int, words: str) -> Mapping[str, float]:
        """Until each door knows so many people; after how many seconds each did."""
        took: dict[str, float] = {}

        def look() -> bool:
            for door in self.doors:
                if door.name not in took and self.demo.people_at(door.socket) == people:
                    took[door.name] = time.time() - since
                    self.demo.tell(f"{door.name} {words} after {took[door.name]:.2f} s.")
            return len(took) == len(self.doors)

        self.waits.until(look, "What the hub has told", DECISION_S)
        return took

    def _decided_everywhere(self, since: float, *, is_granted: bool) -> None:
        """Until each door has decided so of her; the one who was on her way counts for before."""
        seen: set[str] = set()

        def look() -> bool:
            for door in self.doors:
                later = [one for one in door.decisions() if one.time > since]
                found = [one for one in later if (one.outcome == GRANTED) is is_granted]
                if door.name not in seen and found:
                    seen.add(door.name)
                    words = (
                        "lets her in" if is_granted else f"does not let her in: {found[0].outcome}"
                    )
                    self.demo.tell(f"{door.name} {words}.")
            return len(seen) == len(self.doors)

        self.waits.until(look, "A decision at each door", DECISION_S)

    def _was_in_time(self, took: Mapping[str, float], removed: float) -> bool:
        within = self.demo.within_s
        late = [name for name, seconds in took.items() if seconds > within]
        let_in = [
            door.name
            for door in self.doors
            if any(
                one.outcome == GRANTED and one.time > removed + within for one in door.decisions()
            )
        ]
        for name in let_in:
            raise FaultError(f"{name} let her in more than {within:g} s after she was removed.")
        told = (
            f"within {within:g} s" if not late else f"not within {within:g} s at {', '.join(late)}"
        )
        self.demo.tell(
            f"The removal was known {told}: the last door took {max(took.values()):.2f} s."
        )
        return not late


def demo_candidate(config: Config) -> Candidate:
    """The demo's photo as the encoder of `config` sees it; ModelError."""
    from accessctl.recognition.engine import EngineMakers, open_engine

    nobody = EngineMakers(gallery=lambda *_: MemoryGallery())
    with open_engine(config, lambda photos, _: iter(photos), nobody) as engine:
        return engine.enrolment().examine(demo_enrolment_photo(), "the demo's photo")
