"""The threads that keep a door's people as the hub's are."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.audit.base import MemoryLog
from accessctl.config import Config
from accessctl.errors import HubBusyError, HubError, StoreError
from accessctl.gallery.store import Gallery
from accessctl.sync.fake import START, FakeHub
from accessctl.sync.feed_link import (
    LOOK_S,
    FeedLink,
    HubWaiting,
    hub_feed,
)
from accessctl.sync.feed_wire import ChangeBatch, ChangeKind, FeedHead, WaitBeside, Waited
from tests.patience import wait_for
from tests.sync.conftest import new_photo, site_person

URL = "https://127.0.0.1:1"


def test_a_door_that_has_joined_no_hub_does_nothing(
    link_to: Callable[..., FeedLink], gallery: Gallery
) -> None:
    link = link_to(None)
    assert link.work_once() == LOOK_S
    assert link.position is None
    assert HubWaiting(link).work_once() == LOOK_S


def test_one_turn_takes_and_proposes(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    hub.put(site_person(1, "Ada"))
    gallery.add_person("Mine", new_photo(2))
    link = link_to(hub)
    # Something was answered: what came of it is taken at once.
    assert link.work_once() == 0.0
    assert link.work_once() == LOOK_S
    assert [person.name for person in gallery.people()] == ["Ada", "Mine"]
    assert [person.name for person in hub.people.values()] == ["Ada", "Mine"]
    report = link.report()
    assert (report["waiting"], report["age_s"], report["age_known"]) == (0, 0.0, True)
    assert link.position == hub.seq


def test_what_is_changed_at_the_hub_is_taken_as_soon_as_the_wait_tells(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    link = link_to(hub)
    heard: list[Waited] = []
    waiting = HubWaiting(link, [heard.append])
    link.work_once()
    assert waiting.work_once() == 0.0
    hub.put(site_person(1, "Ada"))
    assert link.work_once() == LOOK_S
    assert gallery.people() == []
    assert waiting.work_once() == LOOK_S
    assert link.woken.is_set()
    link.work_once()
    assert [person.name for person in gallery.people()] == ["Ada"]
    assert [waited.changes for waited in heard] == [False, True]


def test_what_comes_with_the_answer_to_a_wait_is_not_asked_for(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery, monkeypatch
) -> None:
    hub.hands = True
    link = link_to(hub)
    waiting = HubWaiting(link)
    link.work_once()
    asked: list[int] = []
    changes = hub.changes

    def count(after: int, round_: int | None) -> ChangeBatch:
        asked.append(after)
        return changes(after, round_)

    monkeypatch.setattr(hub, "changes", count)
    hub.put(site_person(1, "Ada"))
    assert waiting.work_once() == 0.0
    assert link.woken.is_set()
    assert link.work_once() == LOOK_S
    assert [person.name for person in gallery.people()] == ["Ada"]
    assert (asked, link.position) == ([], hub.seq)
    # What was handed counts once, and not on another connection.
    seq = hub.seq
    hub.put(site_person(2, "Eve"))
    waiting.work_once()
    link.disconnect()
    link.work_once()
    assert asked == [seq]
    assert [person.name for person in gallery.people()] == ["Ada", "Eve"]


def test_a_door_that_takes_its_time_is_not_handed_the_same_again(
    link_to: Callable[..., FeedLink],
    hub: FakeHub,
    gallery: Gallery,
    ran_s: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.hands = True
    link = link_to(hub)
    heard: list[Waited] = []
    waiting = HubWaiting(link, [heard.append])
    link.work_once()
    monkeypatch.setattr(hub, "changes", None)
    hub.put(site_person(1, "Ada"))
    ran_s[0] += 500.0
    assert [waiting.work_once() for _ in range(3)] == [0.0, 0.0, 0.0]
    assert [waited.handed is not None for waited in heard] == [True, False, False]
    # Nothing of that is written yet: it has heard nothing that counts.
    assert link.report()["age_s"] == 500.0
    link.work_once()
    assert [person.name for person in gallery.people()] == ["Ada"]
    assert (link.position, link.report()["age_s"]) == (hub.seq, 0.0)
    hub.put(site_person(2, "Eve"))
    waiting.work_once()
    assert [change.seq for change in heard[-1].handed or ()] == [hub.seq]
    link.work_once()
    assert [person.name for person in gallery.people()] == ["Ada", "Eve"]


def test_what_is_told_while_the_door_writes_is_taken_at_once(
    link_to: Callable[..., FeedLink],
    hub: FakeHub,
    gallery: Gallery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.hands = True
    now = [1000.0]
    link = link_to(hub, monotonic=lambda: now[0])
    waiting = HubWaiting(link)
    hub.put(site_person(1, "Ada"))
    link.work_once()
    hub.put(site_person(2, "Eve"))
    waiting.work_once()
    check, told = hub.check_head, []

    def removed_meanwhile(head: FeedHead) -> None:
        check(head)
        if not told:
            told.append(hub.remove(f"{1:032x}"))
            waiting.work_once()

    monkeypatch.setattr(hub, "check_head", removed_meanwhile)
    # What is told meanwhile is there still: the next turn is at once, and takes it.
    assert link.work_once() == 0.0
    link.work_once()
    assert [person.name for person in gallery.people()] == ["Eve"]


def test_what_the_hub_could_not_give_just_now_is_asked_for_once_more(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    link = link_to(hub)
    link.work_once()
    hub.put(site_person(1, "Ada"))
    HubWaiting(link).work_once()
    hub.fault = HubBusyError("Later.")
    with pytest.raises(HubBusyError):
        link.work_once()
    hub.fault = None
    link.work_once()
    assert [person.name for person in gallery.people()] == ["Ada"]


def test_behind_what_a_hub_handed_that_was_put_back_nobody_waits() -> None:
    answers = iter([(True, (), 7), (True, None, 5), (False, None, 5)])
    asked: list[int] = []

    class Answering:
        position, on_taken = 5, None

        def dialled(self) -> tuple[object, None]:
            return self, None

        def waited(self, waited: Waited, after: int) -> None:
            asked.append(after)

        def wait(self, after: int, beside: WaitBeside) -> Waited:
            changes, handed, seq = next(answers)
            head = FeedHead(seq=seq, time=START, signature="0" * 128)
            return Waited(changes=changes, handed=handed, head=head)

    waiting = HubWaiting(Answering())  # type: ignore[arg-type]
    assert [waiting.work_once() for _ in range(3)] == [0.0, LOOK_S, 0.0]
    assert asked == [5, 7, 5]


def test_whoever_waits_goes_on_as_soon_as_the_change_is_taken(
    hub: FakeHub, link_to: Callable[..., FeedLink]
) -> None:
    link = link_to(hub)
    link.work_once()
    waiting = HubWaiting(link)
    hub.put(site_person(1, "Ada"))
    assert waiting.work_once() == LOOK_S
    assert not waiting.woken.is_set()
    link.work_once()
    assert waiting.woken.is_set()
    waiting.disconnect()


def test_a_wait_that_ends_without_a_change_keeps_the_door_young(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery, ran_s: list[float]
) -> None:
    link = link_to(hub)
    link.work_once()
    ran_s[0] += 1000.0
    assert link.report()["age_s"] == 1000.0
    HubWaiting(link).work_once()
    assert link.report()["age_s"] == 0.0


def test_a_wait_that_another_signed_is_not_believed(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    link = link_to(hub)
    link.work_once()
    right = hub.head()
    hub.head = lambda: right.model_copy(update={"time": START + 9})  # type: ignore[method-assign]
    with pytest.raises(HubError, match="another key"):
        HubWaiting(link).work_once()


def test_while_waits_are_answered_nothing_else_is_asked(
    link_to: Callable[..., FeedLink],
) -> None:
    now, asked = [1000.0], []

    class AskedHub(FakeHub):
        def changes(self, after: int, round_: int | None) -> ChangeBatch:
            asked.append(now[0])
            return super().changes(after, round_)

    link = link_to(AskedHub(), monotonic=lambda: now[0])
    waiting = HubWaiting(link)
    link.work_once()
    for _ in range(4):
        now[0] += 25
        waiting.work_once()
        assert link.work_once() == LOOK_S
    assert asked == [1000]
    # Without an answer it asks by itself.
    now[0] += 39
    link.work_once()
    assert asked == [1000]
    now[0] += 1
    link.work_once()
    assert asked == [1000, 1140]


def test_where_nothing_was_written_nothing_is_read_anew(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    now = [1000.0]
    link = link_to(hub, monotonic=lambda: now[0])
    link.work_once()
    link.work_once()
    asked: list[str] = []
    site = link._parts.site.gallery._database._db
    site.set_trace_callback(asked.append)
    now[0] += 1
    link.work_once()
    assert [one for one in asked if "outbox" in one or "site_document" in one] == []
    # Whatever somebody else changed is seen.
    gallery.add_person("Mine", new_photo(2))
    now[0] += 1
    link.work_once()
    assert [person.name for person in hub.people.values()] == ["Mine"]


def test_rules_that_are_new_are_told_of_once(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    told: list[None] = []
    link = link_to(hub, on_site=lambda: told.append(None))
    link.work_once()
    assert told == []
    hub.say(ChangeKind.RULES, b'{"access": {}}')
    link.disconnect()
    link.work_once()
    link.work_once()
    assert told == [None]


def test_rules_that_are_stricter_are_told_of_where_nothing_new_can_be_kept(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    told: list[None] = []
    link = link_to(hub, on_site=lambda: told.append(None))
    rules = '{"access": {"timezone": null, "schedules": {}, "holidays": [], "groups": %s}}'
    hub.put(site_person(1, "Ada"))
    hub.say(ChangeKind.RULES, (rules % '{"staff": {}}').encode())
    link.work_once()
    told.clear()
    link._audit.full = True  # type: ignore[attr-defined]
    hub.page = 1
    hub.put(site_person(2, "Eve"))
    hub.say(ChangeKind.RULES, (rules % "{}").encode())
    for _ in range(2):
        link.disconnect()
        with pytest.raises(StoreError, match="full"):
            link.work_once()
        assert told == [None]


def test_a_proposal_that_the_hub_cannot_answer_keeps_nothing_else_back(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery, monkeypatch
) -> None:
    told: list[None] = []
    link = link_to(hub, on_site=lambda: told.append(None))
    hub.put(site_person(1, "Ada"))
    link.work_once()

    def refuse(_: object) -> None:
        raise HubError("The hub refuses: a request may have less.")

    monkeypatch.setattr(hub, "propose", refuse)
    gallery.add_person("Mine", new_photo(2))
    hub.say(ChangeKind.RULES, b'{"access": {}}')
    hub.remove(f"{1:032x}")
    link.disconnect()
    with pytest.raises(HubError, match="may have less"):
        link.work_once()
    assert (len(told), len(hub.receipts), link.position) == (1, 1, hub.seq)


def test_both_threads_keep_the_people_and_end(
    link_to: Callable[..., FeedLink], hub: FakeHub, gallery: Gallery
) -> None:
    link = link_to(hub)
    with link, HubWaiting(link) as waiting:
        hub.put(site_person(1, "Ada"))
        wait_for(lambda: [person.name for person in gallery.people()] == ["Ada"], "the person")
    assert not link.alive
    assert not waiting.alive


def test_trouble_is_told_once_and_ends_nothing(
    link_to: Callable[..., FeedLink],
    hub: FakeHub,
    gallery: Gallery,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    hub.fault = HubError("The hub is away.")
    link = link_to(hub)
    with link:
        wait_for(lambda: link.told, "the trouble")
        link.wake()
        assert link.report()["trouble"] == "The hub is away."
        hub.fault = None
        link.wake()
        wait_for(lambda: not link.told, "the end of the trouble")
    assert [line for line in caplog.messages if "not kept as the hub's" in line] == [
        "The door's people are not kept as the hub's; it works on with those it has. "
        "The hub is away."
    ]
    assert any("as the hub's again" in line for line in caplog.messages)


def test_only_a_door_whose_configuration_names_a_hub_has_a_feed(tmp_path: Path) -> None:
    def feed_of(**sections: object) -> bool:
        config = Config.model_validate(
            {"gallery": {"folder": tmp_path}, "audit": {"file": tmp_path / "log"}, **sections}
        )
        with hub_feed(config, {}, MemoryLog(), lambda: None) as link:
            return link is not None

    assert feed_of(sync={"hub": URL})
    assert not feed_of()
    assert not feed_of(sync={"hub": URL}, camera={"source": "demo"})
