"""A command that only looks leaves a door's folder as it found it, and says nothing of its own."""

from pathlib import Path

import pytest

from accessctl.audit.log import EventLog
from accessctl.cli.commands import COMMANDS
from accessctl.config import load_config
from accessctl.domain import Event, EventKind

CHANGING = {
    *("run", "preview", "reload", "unlock-face", "enroll", "rename", "remove", "pin set"),
    *("pin clear", "pin enter", "events purge", "events picture", "liveness selftest"),
    *("liveness train", "models fetch", "models pack", "models unpack", "models use"),
    *("models card", "models join", "models calibrate", "train", "evaluate lfw"),
    *("evaluate calibration", "evaluate fairness", "evaluate oneshot", "evaluate identify"),
    *("evaluate robustness", "evaluate liveness", "evaluate challenge", "init"),
    *("evaluate visits", "service install", "service uninstall", "service status", "embed"),
    *("people inside", "passback forgive"),
    *("gallery accept", "config accept", "backup", "restore", "clock confirm"),
    *("doorway open", "doorway posture", "doorway release", "doorway face-entry"),
    *("doorway acknowledge", "doorway test"),
    *("badge set", "badge remove", "badge present", "badge show", "calibrate"),
    *("controller set", "controller clear", "controller pair"),
    *("hub", "hub run", "hub invite", "hub revoke", "join", "console", "hub demo"),
    *("hub backup", "hub restore", "hub assessment", "hub export", "hub removal", "hub inside"),
    *("hub consent give", "hub consent text", "hub consent withdraw", "hub keep", "hub decide"),
    *("hub unlock", "hub posture", "hub face-entry", "hub operator invite", "hub operator remove"),
    *("hub people enroll", "hub people import", "hub people pin", "hub people badge"),
    *("hub people remove", "hub people rename", "hub people rules", "hub rules set", "hub scope"),
    *("hub settings set", "hub scim token", "hub scim off", "hub pass", "hub passes"),
}
"""They write by their nature, ask for something first, or look at no door."""
READING: dict[str, tuple[int, tuple[str, ...]]] = {
    "status": (1, ()),
    "doorway status": (1, ()),
    "badge list": (0, ()),
    "policy test": (2, ("--person", "Ada")),
    "people": (0, ()),
    "people photos": (2, ("Ada",)),
    "gallery check": (0, ()),
    "show": (2, ("Ada",)),
    "rules": (2, ("Ada",)),
    "identify": (0, ("{collins}",)),
    "verify": (0, ("{collins}", "{hopper}")),
    "events": (0, ()),
    "events verify": (2, ()),
    "events export": (2, ()),
    "replay": (2, ()),
    "cameras": (0, ()),
    "clock": (0, ()),
    "doctor": (1, ()),
    "config check": (0, ()),
    "config explain": (0, ()),
    "hub doors": (2, ()),
    "hub events": (2, ()),
    "hub alarms": (2, ()),
    "hub verify": (2, ()),
    "hub people": (2, ()),
    "hub people photos": (2, ("Ada",)),
    "hub people badges": (2, ()),
    "hub held": (2, ()),
    "hub rules show": (2, ()),
    "hub settings show": (2, ("front-door",)),
    "hub removals": (2, ()),
    "hub consent": (2, ()),
    "hub operator list": (2, ()),
    "hub scim status": (2, ()),
    "hub verify-removal": (2, ("none.json",)),
}
"""By command: how it ends in a door's folder that nothing has happened in, and its arguments."""


def listing(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below a folder: its mode, when it was changed, and what it holds."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *sorted(folder.rglob("*"))]
    }


def test_every_command_is_either_kind() -> None:
    named = {row.name for row in COMMANDS if row.module is not None}
    assert named == CHANGING | READING.keys()
    assert not CHANGING & READING.keys()


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("command", READING)
def test_a_fresh_folder_stays_as_it_is(site, pictures, command: str) -> None:
    code, arguments = READING[command]
    names = {name: pictures(name) for name in ("collins", "hopper")}
    before = listing(site.folder)
    said = site(*command.split(), *(word.format(**names) for word in arguments))
    assert listing(site.folder) == before
    assert "Generated" not in said.err
    assert "WARNING" not in said.err
    assert said.err.count("\n") <= 1
    if command not in {"doctor", "cameras"}:
        assert said.code == code, said.err


@pytest.mark.usefixtures("models")
def test_embedding_makes_its_file_and_nothing_else(site, pictures) -> None:
    before = listing(site.folder)
    said = site("embed", pictures("collins"), "--out", site.folder / "one.npz")
    assert (said.code, said.err) == (0, "")
    assert listing(site.folder).keys() - before.keys() == {"one.npz"}


@pytest.mark.parametrize("command", ["people", "show", "rules", "policy test", "events"])
def test_a_door_with_people_and_no_log_stays_as_it_is(site, command: str) -> None:
    site.put("Ada")
    before = site.store(), listing(site.folder)
    words = {"show": ["Ada"], "rules": ["Ada"], "policy test": ["--person", "Ada"]}
    said = site(*command.split(), *words.get(command, []))
    assert said.code == 0
    assert listing(site.folder).keys() == before[1].keys()
    assert site.store() == before[0]


@pytest.mark.parametrize(
    "words",
    [
        ["events"],
        ["events", "--json", "--since", "1d"],
        ["events", "verify"],
        ["events", "export"],
        ["replay"],
        ["people"],
        ["clock"],
        ["clock", "--json"],
    ],
)
def test_a_log_without_people_stays_as_it_is(site, words: list[str]) -> None:
    file = load_config(site.config).audit.file
    with EventLog(file) as log:
        log.append(Event(1000.0, EventKind.SERVICE, {"state": "started"}))
    before = listing(site.folder)
    said = site(*words)
    # The record is of 1970: from there, the clock has jumped.
    assert said.code == int(words[0] == "clock"), said.err
    after = listing(site.folder)
    assert after.keys() == before.keys()
    name = str(file.relative_to(site.folder))
    assert after[name][2] == before[name][2]
