from accessctl.audit.base import person_event
from accessctl.audit.log import EventLog
from accessctl.config import load_config


def enrolled(site, *changes: str) -> str:
    """Ada, to whom so many things happened a second apart; her id."""
    site.put("Ada")
    (person,) = site("people", "--json").lines
    with EventLog(load_config(site.config).audit.file) as log:
        for second, change in enumerate(changes):
            log.append(person_event(change, person["id"], 1_769_884_200.0 + second))
    return person["id"]


def test_a_person_and_what_happened_lately(site) -> None:
    person = enrolled(site, "enrolled", "renamed")
    said = site("show", "ada")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:3] == ["Ada", f"  id        {person}", "  photos    1"]
    assert lines[3].startswith("  enrolled  2026-01-31 ")
    assert [line.split("  ")[-2:] for line in lines[4:]] == [
        ["enrolled", "Ada"],
        ["renamed", "Ada"],
    ]


def test_only_the_latest_events_are_told(site) -> None:
    enrolled(site, "enrolled", *["photo_added"] * 6, "renamed")
    events = site("show", "Ada").out.splitlines()[4:]
    assert len(events) == 5
    assert "renamed" in events[-1]
    assert "enrolled" not in "".join(events)


def test_what_happened_to_others_is_not_told(site) -> None:
    enrolled(site, "enrolled")
    site.put("Eve")
    assert len(site("show", "Eve").out.splitlines()) == 4


def test_the_keys_of_a_person(site) -> None:
    person = enrolled(site)
    (line,) = site("show", "Ada", "--json").lines
    assert list(line) == ["person", "id", "photos", "enrolled"]
    assert (line["person"], line["id"]) == ("Ada", person)


def test_nobody_of_that_name(site) -> None:
    enrolled(site)
    store = site.store()
    said = site("show", "Adda")
    assert (said.code, said.out) == (2, "")
    assert said.err == "accessctl: Nobody called 'Adda' is enrolled; did you mean 'Ada'?\n"
    assert site.store() == store
