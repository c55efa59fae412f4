"""People of a CSV file are brought to the hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.config import load_config
from accessctl.domain import PersonRules
from accessctl.hub.assembly import Hub, open_hub
from tests.cli.test_hub_people import changes, put
from tests.hub.made_tables import with_tables

HEAD = "name;groups;from;until;badge;photo\n"
NUMBER = "471147114711"


@pytest.fixture
def hub(site) -> Iterator[Hub]:
    with open_hub(with_tables(load_config(site.config).hub), {}) as opened:
        yield opened


@pytest.fixture
def file(site) -> Path:
    return site.folder / "people.csv"


def revision(hub: Hub) -> int:
    return hub.people.revision()


def test_what_would_be_done_is_said_and_nothing_is_changed(site, hub, file) -> None:
    put(hub, "Grace")
    before = revision(hub)
    file.write_text(f"{HEAD}Grace;staff;;2026-12-31;{NUMBER};\nAda;;;;;\n", "utf-8-sig")
    said = site("hub", "people", "import", file)
    assert said.out == (
        "Grace: changed (groups or dates, a badge)\n"
        "2 rows: 0 new, 1 changed, 0 as they are, 1 refused.\n"
        "Nothing was changed; the same with --write does it.\n"
    )
    assert said.err == "refused: line 3: Ada is not enrolled, and the row has no photo.\n"
    assert (said.code, revision(hub), changes(hub)) == (2, before, [])


def test_it_is_done_once_and_a_second_time_changes_nothing(site, hub, file) -> None:
    grace = put(hub, "Grace")
    file.write_text(f"{HEAD}grace;staff|lab;2026-01-01T00:00+00:00;;{NUMBER};\n")
    said = site("hub", "people", "import", file, "--write")
    assert said.out == (
        "grace: changed (groups or dates, a badge)\n"
        "1 rows: 0 new, 1 changed, 0 as they are, 0 refused.\n"
    )
    assert hub.people.rules()[grace] == PersonRules(("staff", "lab"), 1767225600.0)
    assert [badge.digest for badge in hub.people.badges()] == [hub.people.badge_digest(NUMBER)]
    assert changes(hub) == ["rules_changed", "badge_added"]
    assert NUMBER not in said.out + said.err
    before = revision(hub)
    again = site("hub", "people", "import", file, "--write")
    assert again.out.startswith("grace: as they are\n")
    assert (again.code, revision(hub)) == (0, before)


def test_a_row_that_fails_leaves_nothing_of_itself_and_the_others(site, hub, file) -> None:
    put(hub, "Grace")
    ada = put(hub, "Ada", 1)
    put(hub, "Eve", 2)
    file.write_text(f"name,groups,badge\nGrace,,{NUMBER}\n")
    assert site("hub", "people", "import", file, "--write").code == 0
    file.write_text(f"name,groups,badge\nEve,,{NUMBER}\nAda,lab,\n")
    said = site("hub", "people", "import", file, "--write")
    assert said.code == 2
    assert "line 2: That badge belongs to somebody already" in said.err
    assert "counts all the same" not in said.err
    assert NUMBER not in said.out + said.err
    assert hub.people.rules() == {ada: PersonRules(("lab",))}
    assert changes(hub) == ["badge_added", "rules_changed"]


END = "2026-12-31T00:00+00:00"
"""As people's rules have it: 1798675200."""


@pytest.mark.parametrize(
    ("row", "left"),
    [
        # A photo that is not there, a badge that is none, or another one's.
        (f"Grace;lab;;{END};;none.jpg", PersonRules(("lab",), None, 1798675200.0)),
        (f"Grace;lab;;{END};\u00e9;", PersonRules(("lab",), None, 1798675200.0)),
        (f"Grace;;;{END};{NUMBER};", PersonRules(("staff", "lab"), None, 1798675200.0)),
        # A group that is none, or a date: each of the other dates counts.
        (f"Grace;nobody;;{END};;", PersonRules(("staff", "lab"), None, 1798675200.0)),
        (f"Grace;lab;never;{END};;", PersonRules(("staff", "lab"), None, 1798675200.0)),
        (f"Grace;lab;{END};never;;", PersonRules(("staff", "lab"), 1798675200.0)),
    ],
    ids=range(6),
)
def test_what_a_row_takes_from_somebody_counts_whatever_else_fails(
    site, hub, file, row: str, left: PersonRules
) -> None:
    hub.site.set_rules({"groups": {"staff": {}, "lab": {}}}, "operator")
    grace, ada = put(hub, "Grace"), put(hub, "Ada", 1)
    before = PersonRules(("staff", "lab"))
    hub.people.set_rules(grace, before)
    file.write_text(f"{HEAD}Ada;;;;{NUMBER};\n")
    assert site("hub", "people", "import", file, "--write").code == 0
    file.write_text(f"{HEAD}{row}\nAda;staff;;;;\n")
    tried = site("hub", "people", "import", file)
    assert (tried.code, hub.people.rules()) == (2, {grace: before})
    said = site("hub", "people", "import", file, "--write")
    assert (said.code, said.err) == (2, tried.err)
    assert "counts all the same" in said.err
    assert hub.people.rules() == {grace: left, ada: PersonRules(("staff",))}
    assert changes(hub) == ["badge_added", "rules_changed", "rules_changed"]
    assert site("hub", "people", "import", file, "--write").code == 2
    assert hub.people.rules()[grace] == left


@pytest.mark.parametrize("row", ["Grace;staff;;2027-12-31;;none.jpg", "Eve;;;2026-12-31;;none.jpg"])
def test_what_takes_nothing_away_is_refused_whole(site, hub, file, row: str) -> None:
    grace = put(hub, "Grace")
    rules = PersonRules(("staff",), None, 1798675200.0)
    hub.people.set_rules(grace, rules)
    file.write_text(f"{HEAD}{row}\n")
    said = site("hub", "people", "import", file, "--write")
    assert (said.code, "counts all the same" in said.err) == (2, False)
    assert (hub.people.rules(), changes(hub)) == ({grace: rules}, [])


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ("Grace;staff|lab;;;;none.jpg", PersonRules(("staff",), 1767225600.0)),
        ("Grace;none;;;;none.jpg", PersonRules(("staff",), 1767225600.0)),
        (
            "Grace;staff|lab;2025-01-01T00:00+00:00;2026-06-01T00:00+00:00;;none.jpg",
            PersonRules(("staff",), 1767225600.0, 1780272000.0),
        ),
    ],
    ids=["one group more", "bound by none", "an end, and more besides"],
)
def test_what_a_refused_row_would_give_is_not_given(
    site, hub, file, row: str, left: PersonRules
) -> None:
    hub.site.set_rules({"groups": {"staff": {}, "lab": {}}}, "operator")
    grace = put(hub, "Grace")
    hub.people.set_rules(grace, PersonRules(("staff",), 1767225600.0))
    file.write_text(f"{HEAD}{row}\n")
    said = site("hub", "people", "import", file, "--write")
    assert (said.code, hub.people.rules()) == (2, {grace: left})


@pytest.mark.usefixtures("models")
def test_people_are_enrolled_with_their_photos(site, hub, file, pictures) -> None:
    photos = pictures("collins").parent
    file.write_text(
        f"{HEAD}Eileen;staff;;;;{pictures('collins').name}\n"
        f"Somebody;;;;;{pictures('nobody').name}\nOther;;;;;../people.csv\nNone;;;;;none.jpg\n"
    )
    tried = site("hub", "people", "import", file, "--photos", photos)
    assert tried.out.startswith("Eileen: new (1 photo, groups or dates)\n")
    assert hub.people.people() == []
    said = site("hub", "people", "import", file, "--photos", photos, "--write")
    assert said.err == tried.err
    problems = said.err.splitlines()
    assert [line.partition(":")[2][:8] for line in problems] == [" line 3:", " line 4:", " line 5:"]
    assert "does not lie in" in problems[1]
    (person,) = hub.people.people()
    assert (person.name, hub.people.rules()[person.id].groups) == ("Eileen", ("staff",))
    assert changes(hub) == ["enrolled", "rules_changed"]
    again = site("hub", "people", "import", file, "--photos", photos, "--write")
    assert again.out.startswith("Eileen: as they are\n")


def test_a_file_that_is_not_there(site, hub, file) -> None:
    said = site("hub", "people", "import", file)
    assert (said.code, said.err.count("\n")) == (2, 1)
    file.write_text("name,photo\nGrace,g.jpg\n")
    assert "say with --photos" in site("hub", "people", "import", file).err
