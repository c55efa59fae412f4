"""Whatever word a door's record may have, the console has a phrase for it: the words are collected
from the code that writes the records."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import accessctl
from accessctl.console.event_view import TROUBLES
from accessctl.console.words import catalogue
from accessctl.door.passes import PassRefusal
from accessctl.doorway.requests import SENTENCES
from accessctl.gallery import site_store
from accessctl.hub.door_states import CAMERA

PACKAGE = Path(accessctl.__file__).parent
# What runs at a door and writes its records.
DOOR = ("administration", "audit", "door", "doorway", "gallery", "service", "sync")
# Which argument of a call is the word.
WRITERS = {
    "state": {
        **dict.fromkeys(("service_event", "_record", "_write", "_write_down"), 0),
        **dict.fromkeys(("note", "note_condition"), 0),
        "_said": 1,
    },
    "change": {"person_event": 0, "_recording": 0, "_tell": 0},
}
KEPT_ELSEWHERE = {
    # A doorway's own state as it is shown, not written down.
    "not_taken",
}


@cache
def trees() -> tuple[ast.Module, ...]:
    files = (file for part in DOOR for file in sorted((PACKAGE / part).rglob("*.py")))
    return tuple(ast.parse(file.read_text(encoding="utf-8")) for file in files)


def constants(tree: ast.Module) -> dict[str, str]:
    """The module's own names of words."""
    found: dict[str, str] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target, value = node.targets[0], node.value
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
        for name, one in pairs:
            if isinstance(name, ast.Name) and isinstance(one, ast.Constant):
                found[name.id] = str(one.value)
    return found


def said(node: ast.expr, known: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in known:
        yield known[node.id]
    elif isinstance(node, ast.IfExp):
        yield from (*said(node.body, known), *said(node.orelse, known))


def written(key: str) -> set[str]:
    """Each word that the door's code gives a record under `key`, as far as it is plainly there."""
    found: set[str] = set()
    shared = {name: word for tree in trees() for name, word in constants(tree).items()}
    for tree in trees():
        known = shared | constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                for name, value in zip(node.keys, node.values, strict=True):
                    if isinstance(name, ast.Constant) and name.value == key:
                        found |= set(said(value, known))
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                if node.targets[0].id == key:
                    found |= set(said(node.value, known))
            elif isinstance(node, ast.Call) and node.args:
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                at = WRITERS[key].get(called, len(node.args))
                found |= {word for one in node.args[at : at + 1] for word in said(one, known)}
    return found - KEPT_ELSEWHERE


def test_each_state_of_a_door_is_told_in_words() -> None:
    states = written("state") | TROUBLES
    states |= {f"{camera}_{word}" for camera in ("camera", "infrared") for word in CAMERA}
    states |= {"reader_lost", "reader_back"}
    assert states >= {"live_begun", "live_ended", "hub_refused", "enrolment_shot", "audit_mismatch"}
    assert states >= {"gallery_seen", "clock_trusted", "audit_restored", "controller_back"}
    assert sorted(word for word in states if f"state.{word}" not in catalogue()) == []


def test_each_change_of_a_person_is_told_in_words() -> None:
    from_hub = {site_store.PUT, site_store.CHANGED, site_store.RENAMED, *site_store.TAKEN_AWAY}
    changes = written("change") | from_hub | {"proposal_held", "proposal_refused"}
    assert changes >= {"enrolled", "photo_added", "badge_removed", "passback_forgiven"}
    assert sorted(word for word in changes if f"change.{word}" not in catalogue()) == []


@pytest.mark.parametrize("words", [PassRefusal, SENTENCES], ids=["passes", "doorway"])
def test_each_reason_of_a_refusal_is_told_in_words(words) -> None:
    assert [word for word in words if f"because.{word}" not in catalogue()] == []
