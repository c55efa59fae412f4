"""What every gallery does, the site's people do as well; and what they alone do."""

import os
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from accessctl.administration.changes import Administration
from accessctl.domain import PersonId, PersonRules
from accessctl.errors import NameTakenError, StoreError, UnknownPersonError
from accessctl.gallery.badges import Badge
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto, People
from accessctl.gallery.person import hash_pin, pin_matches
from accessctl.gallery.schema import goes_on_from
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.person_document import site_photo
from accessctl.hub.tables import CHANGE, JOURNAL, PERSON, PHOTO, REMOVAL
from tests.gallery import test_people as contract
from tests.gallery.test_people import (  # noqa: F401 - the same tests, of these people
    test_a_bad_embedding_changes_nothing,
    test_a_bad_embedding_replaces_nothing,
    test_a_bad_name_changes_nothing,
    test_a_name_is_taken_once,
    test_a_name_that_looks_like_somebody_s_is_refused_and_names_them,
    test_a_name_with_something_unseen_is_refused_and_says_what,
    test_a_photo_for_nobody,
    test_a_photo_stays_whose_removal_cannot_be_recorded,
    test_emoji_stay_in_names,
    test_enrolling,
    test_every_change_moves_the_revision,
    test_one_more_photo,
    test_people_are_listed_by_name,
    test_photos_have_numbers_and_one_can_be_taken_out,
    test_remove,
    test_rename,
    test_rename_may_change_only_the_case,
    test_replacing_fails_whole_when_somebody_came_meanwhile,
    test_somebody_who_came_with_the_new_encoder_stays,
    test_templates_belong_to_an_encoder,
)

FACES = random_units(9, 16, seed=1)


@pytest.fixture
def gallery(hub: Hub) -> People:
    return hub.people


def add(people: People, name: str, face: int = 0, fingerprint: str = "e1"):
    return contract.add(people, name, face, fingerprint)


def test_it_is_all_there_for_whoever_opens_the_hub_next(hub: Hub, hub_config, clock) -> None:
    grace = add(hub.people, "Grace")
    hub.people.set_rules(grace.id, PersonRules(groups=("staff",), valid_until=2e9))
    hub.people.set_pin(grace.id, hash_pin("2580", os.urandom))
    badge = Badge(grace.id, hub.people.badge_digest("4711"), 5.0)
    hub.people.add_badge(badge)
    with open_hub(hub_config, {}, now=clock) as again:
        assert again.people.people() == [grace]
        assert again.people.rules() == {grace.id: PersonRules(("staff",), None, 2e9)}
        assert pin_matches("2580", again.people.pins()[grace.id])
        assert again.people.badges() == [badge]
        assert again.people.badge_digest("4711") == badge.digest
        assert goes_on_from(again.people, hub.people.mark())
        # What one changes the other knows.
        again.people.rename("Grace", "Ada")
        assert [person.name for person in hub.people.people()] == ["Ada"]


def test_the_database_holds_no_name_and_no_picture_in_clear(hub: Hub) -> None:
    grace = add(hub.people, "Grace Hopper")
    hub.people.set_rules(grace.id, PersonRules(groups=("staff",)))
    with hub.database.reading() as db:
        (change,) = db.execute(select(CHANGE).where(CHANGE.c.subject == grace.id)).all()
        (person,) = db.execute(select(PERSON)).all()
        (photo,) = db.execute(select(PHOTO)).all()
    everything = b" ".join(
        value if isinstance(value, bytes) else str(value).encode()
        for row in (change, person, photo)
        for value in row
    )
    assert b"Grace" not in everything
    assert b"jpeg 0" not in everything
    assert person.groups == '["staff"]'


def test_of_somebody_removed_nothing_is_left(hub: Hub) -> None:
    grace = add(hub.people, "Grace")
    hub.people.add_photo(grace.id, photo(1))
    hub.people.remove("Grace")
    with hub.database.reading() as db:
        (change,) = db.execute(select(CHANGE).where(CHANGE.c.subject == grace.id)).all()
        assert (change.kind, change.removed, change.wrapped, change.sealed) == (
            "gone",
            True,
            None,
            None,
        )
        assert db.execute(select(PHOTO)).all() == db.execute(select(PERSON)).all() == []
        (removal,) = db.execute(select(REMOVAL)).all()
    assert (removal.person, removal.seq) == (grace.id, change.seq)
    assert add(hub.people, "Grace", 2).id != grace.id


def photo(face: int, fingerprint: str = "e1", added: float = 200.0) -> NewPhoto:
    return NewPhoto(
        jpeg=b"jpeg %d" % face,
        embedding=FACES[face],
        fingerprint=fingerprint,
        quality=0.5,
        added=added,
    )


def test_a_new_encoder_s_templates_are_put_beside_the_former_ones(hub: Hub) -> None:
    """A door that still goes by the one before has no picture to make its own from."""
    people = hub.people
    add(people, "Grace")
    for number, encoder in enumerate(("e2", "e3", "e4")):
        assert people.outdated(encoder) == 1
        (kept,) = people.photos()
        people.replace_templates(encoder, {kept.id: FACES[number + 1]})
        assert people.outdated(encoder) == 0
    # As many as may be; the oldest is gone.
    assert [len(people.templates(encoder)) for encoder in ("e1", "e2", "e3", "e4")] == [0, 1, 1, 1]
    np.testing.assert_array_equal(people.templates("e4")[0].embedding, FACES[3])


def test_a_photo_that_cannot_be_renewed_is_asked_for_once(hub: Hub) -> None:
    add(hub.people, "Grace")
    (kept,) = hub.people.photos()
    hub.people.replace_templates("e2", {}, skipped=[kept.id])
    assert (hub.people.outdated("e2"), hub.people.outdated("e3")) == (0, 1)
    assert hub.people.templates("e2") == []
    assert len(hub.people.templates("e1")) == 1


def test_administration_writes_down_who_did_it_in_the_same_transaction(hub: Hub) -> None:
    people = hub.people
    grace = add(people, "Grace")
    admin = Administration(people, PeopleJournal(hub.database, people, "operator"), hub.now)
    admin.change_rules("Grace", lambda rules: replace(rules, groups=("staff",)))
    admin.badges.add("Grace", people.badge_digest("4711"))
    admin.rename("Grace", "Ada")
    with hub.database.reading() as db:
        told = db.execute(select(JOURNAL).where(JOURNAL.c.kind == "person")).all()
    assert [row.data.partition('"change":')[2].partition(",")[0] for row in told] == [
        '"rules_changed"',
        '"badge_added"',
        '"renamed"',
    ]
    assert all('"operator":"operator"' in row.data and grace.id in row.data for row in told)
    assert not any("Ada" in row.data or "Grace" in row.data for row in told)


def test_no_change_without_its_record(hub: Hub) -> None:
    add(hub.people, "Grace")

    class Full(PeopleJournal):
        def append(self, event):
            raise StoreError("full")

    admin = Administration(hub.people, Full(hub.database, hub.people, "operator"), hub.now)
    before = hub.people.mark()
    with pytest.raises(StoreError, match="full"):
        admin.rename("Grace", "Ada")
    assert hub.people.mark() == before
    assert hub.people.person("Grace").name == "Grace"


def test_a_database_that_breaks_off_leaves_the_people_as_they_were(hub: Hub) -> None:
    add(hub.people, "Grace")
    seq = hub.people.revision()

    def broken(person: PersonId) -> None:
        with hub.people.transaction() as db:
            db.exec_driver_sql("SELECT nothing FROM nowhere")

    with pytest.raises(StoreError, match="cannot be used"):
        hub.people.remove("Grace", record=broken)
    assert (hub.people.revision(), hub.people.person("grace").name) == (seq, "Grace")


def test_a_change_that_fails_is_not_remembered(hub: Hub) -> None:
    """What was not committed must not stand in the memory."""

    def change_and_fail() -> None:
        with hub.people.changing() as edit:
            edit.add_person(
                "ab" * 16, "Grace", site_photo("cd" * 16, 0.5, 1.0, "e1", FACES[0]), None
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert hub.people.people() == []
    with pytest.raises(UnknownPersonError, match="`accessctl hub people` lists everybody"):
        hub.people.person("Grace")


def test_names_are_unique_also_of_those_whom_another_process_enrolled(
    hub: Hub, hub_config, clock
) -> None:
    with open_hub(hub_config, {}, now=clock) as other:
        add(other.people, "Grace")
    with pytest.raises(NameTakenError, match="'Grace' is enrolled already"):
        add(hub.people, "GRACE", 1)


def test_the_head_of_each_change_is_kept(hub: Hub) -> None:
    marks = []
    for number, name in enumerate(("Grace", "Ada")):
        add(hub.people, name, number)
        marks.append(hub.people.mark())
    assert goes_on_from(hub.people, marks[0])
    assert hub.people.head_at(marks[0].revision) == marks[0].head
    assert hub.people.head_at(10**6) is None
    assert not goes_on_from(hub.people, replace(marks[0], head="00" * 16))
