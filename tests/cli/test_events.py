import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import typer

from accessctl.audit.log import EventLog
from accessctl.config import GalleryConfig
from accessctl.domain import Event, EventKind, Match, PersonId, PersonRules, Sighting
from accessctl.errors import ConfigError, GalleryKeyError, InputError, UnknownPersonError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery
from accessctl.policy.decide import Evidence
from accessctl.policy.evidence_record import EvidenceRecord, to_data

Run = Callable[..., int]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration that names nothing but defaults."""
    monkeypatch.delenv("ACCESSCTL_KEY_FILE", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    (tmp_path / "config.yaml").write_text("{}\n")
    return tmp_path


@pytest.fixture(autouse=True)
def _system_zone() -> Iterator[None]:
    yield
    time.tzset()


@pytest.fixture
def run(house: Path, understand) -> Run:
    def perform(*argv: str) -> int:
        code: int = understand("events", "--config", house / "config.yaml", *argv).run()
        return code

    return perform


def enrol(folder: Path, name: str) -> PersonId:
    embedding = np.zeros(8, np.float32)
    embedding[0] = 1
    with open_gallery(GalleryConfig(folder=folder)) as gallery:
        return gallery.add_person(
            name,
            NewPhoto(
                jpeg=b"jpeg", embedding=embedding, fingerprint="f" * 64, quality=0.9, added=1000.0
            ),
        ).id


def write(house: Path, *events: Event) -> None:
    with EventLog(house / "state" / "events.sqlite") as log:
        for event in events:
            log.append(event)


def granted(person: PersonId, time: float = 1_769_884_200.0) -> Event:
    data = {"visit": "v1", "decision": "granted", "reason": "matched", "frames": 3}
    return Event(time, EventKind.DECISION, data, person)


STARTED = Event(1_769_884_000.0, EventKind.SERVICE, {"state": "started"})


def test_lines_for_people(house: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write(house, STARTED, granted(enrol(house / "enrolled", "Ann")))
    assert run() == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-01-31 18:26:40  service   started",
        "2026-01-31 18:30:00  decision  granted  Ann  (matched)  frames 3",
    ]


def test_objects_for_programs(house: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    ann = enrol(house / "enrolled", "Ann")
    write(house, STARTED, granted(ann))
    assert run("--json") == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["kind"], first["state"], first["person"]) == ("service", "started", None)
    assert second["time"] == "2026-01-31T18:30:00.000Z"
    assert (second["person"], second["person_id"], second["decision"]) == ("Ann", ann, "granted")


def test_filters(house: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    ann, bob = enrol(house / "enrolled", "Ann"), enrol(house / "enrolled", "Bob")
    write(house, STARTED, granted(ann), granted(bob), granted(ann, time.time() - 60))

    def shown(*argv: str) -> list[tuple[str, str | None]]:
        assert run("--json", *argv) == 0
        lines = map(json.loads, capsys.readouterr().out.splitlines())
        return [(line["kind"], line["person"]) for line in lines]

    assert shown("--person", "Ann") == [("decision", "Ann")] * 2
    assert shown("--since", "1h") == [("decision", "Ann")]
    assert shown("--since", "2026-01-31T18:30", "--person", "Bob") == [("decision", "Bob")]
    assert shown("--kind", "service") == [("service", None)]
    assert shown("--kind", "action") == []


def test_people_of_the_demo_are_known_too(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    enrol(house / "enrolled", "Ann")
    write(house, granted(enrol(house / "state" / "demo", "Grace")))
    assert run("--person", "Grace") == 0
    assert "Grace" in capsys.readouterr().out


def test_a_removed_person(house: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write(house, granted(enrol(house / "enrolled", "Ann")))
    with open_gallery(GalleryConfig(folder=house / "enrolled")) as gallery:
        gallery.remove("Ann")
    assert run() == 0
    assert "(removed person)" in capsys.readouterr().out
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out)["person"] is None
    with pytest.raises(UnknownPersonError, match="Ann"):
        run("--person", "Ann")
    assert b"Ann" not in b"".join(file.read_bytes() for file in (house / "state").iterdir())


def test_nobody_is_enrolled(house: Path, run: Run) -> None:
    write(house, STARTED)
    with pytest.raises(UnknownPersonError, match="'Ann'"):
        run("--person", "Ann")


def test_without_the_key_ids_are_shown_with_a_warning(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    ann = enrol(house / "enrolled", "Ann")
    write(house, granted(ann))
    (house / "enrolled" / "gallery.key").unlink()
    assert run() == 0
    printed = capsys.readouterr()
    assert ann in printed.out
    assert printed.err.startswith("accessctl: people are shown by their ids. The gallery ")
    assert printed.err.count("\n") == 1
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out)["person"] == ann
    with pytest.raises(GalleryKeyError):
        run("--person", "Ann")


def test_nothing_written_yet_creates_nothing(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Nothing has been written down in ")
    assert "hub" not in printed.err
    assert [file.name for file in house.iterdir()] == ["config.yaml"]


def test_where_a_hub_is_its_own_command_is_named(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "state" / "hub").mkdir(parents=True)
    assert run() == 0
    assert "accessctl hub events" in capsys.readouterr().err


def test_bad_input(house: Path, run: Run) -> None:
    write(house, STARTED)
    with pytest.raises(InputError, match="'soon' is not a moment"):
        run("--since", "soon")
    with pytest.raises(ConfigError):
        run("--config", str(house / "none.yaml"))
    with pytest.raises(typer.BadParameter, match="'party' is not one of"):
        run("--kind", "party")


def start(house: Path, *argv: str) -> subprocess.Popen[str]:
    config = str(house / "config.yaml")
    return subprocess.Popen(
        [sys.executable, "-m", "accessctl", "events", "--config", config, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        # A test run in the background may have handed down that Ctrl-C is ignored.
        preexec_fn=restore_ctrl_c,
    )


def restore_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_follow_waits_for_the_log_shows_what_comes_and_ends_on_ctrl_c(house: Path) -> None:
    enrol(house / "enrolled", "Bob")
    with start(house, "--follow", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "Nothing has been written down" in process.stderr.readline()
        write(house, STARTED)
        assert json.loads(process.stdout.readline())["state"] == "started"
        # Enrolled after the start, the second in a gallery that was not there then.
        write(house, granted(enrol(house / "enrolled", "Ann")))
        lines = [json.loads(process.stdout.readline())]
        write(house, granted(enrol(house / "state" / "demo", "Grace")))
        lines.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert [line["person"] for line in lines] == ["Ann", "Grace"]
    assert (out, err) == ("", "interrupted\n")
    assert process.returncode == 130


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log with one grant that can be replayed and one that cannot."""
    for variable in ("ACCESSCTL_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "config.yaml").write_text("liveness: {mode: off}\n")
    (tmp_path / "strict.yaml").write_text("{policy: {min_frames: 4}, liveness: {mode: off}}\n")
    with open_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {}) as gallery:
        ada = gallery.add_person(
            "Ada",
            NewPhoto(
                jpeg=b"jpeg",
                embedding=random_units(1, 8, 1)[0],
                fingerprint="e",
                quality=0.9,
                added=1000.0,
            ),
        ).id
    match = Match(ada, 0.8, 6.0, 3.0, 1e-6, 2e-6)
    sighting = Sighting(0.0, np.zeros(1, np.float32), 0.9, match)
    evidence = Evidence((sighting,) * 3, match, 3, 0.0)
    data = {"decision": "granted", "reason": "matched"}
    kept = to_data(
        EvidenceRecord(
            evidence=evidence,
            now=5.0,
            last_grant=None,
            people=1,
            door="front",
            person=PersonRules(),
        )
    )
    with EventLog(tmp_path / "state" / "events.sqlite") as log:
        log.append(Event(1000.0, EventKind.DECISION, data, ada))
        log.append(Event(2000.0, EventKind.DECISION, data | {"evidence": kept}, ada))
    return tmp_path


@pytest.fixture
def replay(understand) -> Run:
    def perform(*argv: str | Path) -> int:
        code: int = understand("replay", *argv).run()
        return code

    return perform


def test_the_own_configuration_changes_nothing(
    recorded: Path, replay: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay("--config", recorded / "config.yaml") == 0
    assert capsys.readouterr().out == (
        "0 of 1 decisions would have been others. 1 more hold no evidence to decide again.\n"
    )


def test_what_would_have_changed_is_listed(
    recorded: Path, replay: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    replay("--config", recorded / "strict.yaml", "--json")
    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["record"], first["candidate"]) == (2, "Ada")
    assert first["before"] == ["granted", "matched"]
    # Three frames are not the four that it asks for; it would have gone on looking.
    assert first["after"] is None
    assert last == {"decisions": 1, "changed": 1, "without_evidence": 1}
    replay("--config", recorded / "strict.yaml")
    assert "Ada  granted (matched) -> undecided" in capsys.readouterr().out


def test_the_log_of_another_configuration(
    recorded: Path, replay: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    tried = other / "other.yaml"
    tried.write_text("access: {without_group: refuse}\nliveness: {mode: off}\n")
    with pytest.raises(InputError, match="no event log"):
        replay("--config", tried)
    replay(
        "--config", tried, "--log-of", recorded / "config.yaml", "--since", "1970-01-01T00:20+00:00"
    )
    first, last = capsys.readouterr().out.splitlines()
    assert first.endswith("granted (matched) -> denied (wrong_door)")
    assert last == "1 of 1 decisions would have been others."
