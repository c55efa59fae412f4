import pytest

from accessctl.audit.log import EventLog
from accessctl.domain import Event
from accessctl.errors import StoreError


@pytest.fixture
def site(site):
    site.put("Ada")
    site.put("Grace")
    return site


def test_another_name(site) -> None:
    said = site("rename", "ada", "Augusta Ada")
    assert (said.code, said.out, said.err) == (0, "ada is now called Augusta Ada.\n", "")
    assert site.people() == [("Augusta Ada", 1), ("Grace", 1)]
    assert site.changes() == ["renamed"]


def test_another_spelling_of_the_same_name(site) -> None:
    assert site("rename", "Ada", "ADA").code == 0
    assert site.people() == [("ADA", 1), ("Grace", 1)]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("Ada", "grace", "'Grace' is enrolled already"),
        ("Ada", " ", "The name is empty"),
        ("Ada", "a\tb", "control characters"),
        ("Adda", "Eve", "Nobody called 'Adda' is enrolled; did you mean 'Ada'?"),
        ("Zoe", "Eve", "Nobody called 'Zoe' is enrolled; `accessctl people` lists everybody."),
    ],
)
def test_a_name_that_will_not_do(site, old: str, new: str, why: str) -> None:
    store = site.store()
    said = site("rename", old, new)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("accessctl: ")
    assert why in said.err
    assert said.err.count("\n") == 1
    assert (site.store(), site.changes()) == (store, [])


def refuse(_log: EventLog, _event: Event) -> int:
    raise StoreError("The event log cannot be written: the disk is full; make room.")


def test_nobody_is_renamed_without_a_record(site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventLog, "append", refuse)
    said = site("rename", "Ada", "Augusta")
    assert (said.code, said.out) == (1, "")
    assert said.err == "accessctl: The event log cannot be written: the disk is full; make room.\n"
    assert site.people() == [("Ada", 1), ("Grace", 1)]


def test_the_log_keeps_no_name(site) -> None:
    site("rename", "Ada", "Augusta")
    assert "Ada" not in repr(site.events())
    assert "Augusta" not in repr(site.events())
