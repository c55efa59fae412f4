import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from accessctl.audit.log import EventLog
from accessctl.config import load_config
from accessctl.domain import Event, EventKind, Match, PersonId, PersonRules, Sighting
from accessctl.encoder.card import load_card
from accessctl.policy.decide import Evidence
from accessctl.policy.evidence_record import EvidenceRecord, to_data
from accessctl.recognition.calibration import scoring_of

pytestmark = pytest.mark.usefixtures("models")

NOW = 1_795_953_600.0


@pytest.fixture
def strangers(tmp_path: Path, pictures: Any) -> Path:
    """Hopper, somebody in whose photo no face is found, and Collins by another name."""
    folder = tmp_path / "strangers"
    folder.mkdir()
    for name, picture in (("rear", "hopper"), ("cup", "nobody"), ("pilot", "collins_portrait")):
        shutil.copy(pictures(picture), folder / f"{name}.png")
    return folder


def kept(site: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(load_config(site.config).rate_here_file.read_text())
    return loaded


def test_strangers_photos_are_counted_and_what_was_found_is_kept(
    eileen: Any, strangers: Path
) -> None:
    before = eileen.store()
    eileen.parts["now"] = lambda: NOW
    said = eileen("calibrate", "--local", strangers)
    assert said.code == 0
    assert "cup.png: no face found" in said.err
    assert "pilot: shows Eileen Collins, who is enrolled" in said.err
    assert "Looked at: 1 person; enrolled: 1." in said.out
    assert "0 would have been let in at one attempt: at most 98 % (95 %)" in said.out
    found = kept(eileen)
    assert (found["source"], found["units"], found["left_out"]) == ("photos", 1, 1)
    assert (found["passed"], found["ratio"], found["made"]) == (0, None, NOW)
    assert found["encoder"] == load_card(load_config(eileen.config).encoder.folder).fingerprint
    assert eileen.store() == before


def test_one_object_for_programs(eileen: Any, strangers: Path) -> None:
    said = eileen("calibrate", "--local", strangers, "--nobody-enrolled", "--json")
    assert said.code == 0
    (line,) = said.lines
    # Collins was said to be a stranger, and would be let in.
    assert (line["units"], line["passed"], line["left_out"]) == (2, 1, 0)
    assert line["worse_than_stated"] is True
    assert line["advice"]
    assert "pilot: the door would take them for Eileen Collins" in said.err
    assert line.keys() - kept(eileen).keys() == {"worse_than_stated", "advice"}


def test_what_was_counted_is_forgotten(eileen: Any, strangers: Path) -> None:
    assert "Nothing had been counted" in eileen("calibrate", "--forget").out
    assert eileen("calibrate", "--local", strangers).code == 0
    assert eileen("calibrate", "--forget", "--json").lines == [{"forgotten": True}]
    assert not load_config(eileen.config).rate_here_file.exists()


def test_without_anybody_to_count_nothing_is_kept(
    eileen: Any, tmp_path: Path, pictures: Any
) -> None:
    folder = tmp_path / "nobody"
    folder.mkdir()
    shutil.copy(pictures("nobody"), folder / "cup.png")
    said = eileen("calibrate", "--local", folder)
    assert said.code == 2
    assert "there is a photo that can be counted" in said.err
    assert not load_config(eileen.config).rate_here_file.exists()


def test_a_door_without_people_has_nobody_to_be_taken_for(site: Any, strangers: Path) -> None:
    said = site("calibrate", "--local", strangers)
    assert said.code == 2
    assert "Nobody is enrolled" in said.err
    assert not (site.folder / "enrolled").exists()


def test_a_door_that_searches_nobody_has_no_rate_of_searches(eileen: Any, strangers: Path) -> None:
    settings = yaml.safe_load(eileen.config.read_text())
    settings["policy"]["identify_up_to"] = 0
    eileen.config.write_text(yaml.safe_dump(settings))
    said = eileen("calibrate", "--local", strangers)
    assert said.code == 2
    assert "this door compares a face with the person of its badge alone" in said.err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "Name one of --local DIR"),
        (["--local", ".", "--from-log"], "Name one of --local DIR"),
        (["--from-log", "--nobody-enrolled"], "--nobody-enrolled speaks of the photos"),
        (["--local", ".", "--since", "1d"], "--since speaks of the visits"),
        (["--from-log"], "There is no event log"),
    ],
)
def test_what_does_not_go_together_is_refused(site: Any, words: list[str], complaint: str) -> None:
    said = site("calibrate", *words)
    assert said.code == 2
    assert complaint in said.err
    assert os.listdir(site.folder) == ["config.yaml"]


def unknown(visit: str, fmr: float, time: float) -> Event:
    match = Match(PersonId("p"), 0.4, 1.0, 9.0, fmr, fmr)
    sighting = Sighting(0.0, np.zeros(1, np.float32), 0.9, match)
    record = EvidenceRecord(
        evidence=Evidence((sighting,) * 3, match, 3, 0.0),
        now=0.5,
        last_grant=None,
        people=1,
        door="front",
        person=PersonRules(),
    )
    data = {"visit": visit, "decision": "unknown", "reason": "no_match"}
    return Event(time, EventKind.DECISION, {**data, "evidence": to_data(record)})


def write_visits(site: Any, encoder: str | None = None) -> None:
    """30 unknown visits: 6 as near as a tenth of strangers, the rest far."""
    config = load_config(site.config)
    card = load_card(config.encoder.folder)
    started = {
        "state": "started",
        "door": "front",
        "encoder": encoder or card.fingerprint,
        "calibration": scoring_of(card)[1].mark,
    }
    with EventLog(config.audit.file) as log:
        log.append(Event(NOW - 100, EventKind.SERVICE, started))
        for number in range(30):
            log.append(unknown(f"v{number}", 0.1 if number < 6 else 0.9, NOW - 50))


def test_visits_on_record_say_how_often_at_most(site: Any) -> None:
    site.put("Ada")
    write_visits(site)
    said = site("calibrate", "--from-log")
    assert (said.code, said.err) == (0, "")
    assert "Looked at: 30 unknown visits; enrolled: 1." in said.out
    # 6 of 30 where 5 are expected: 0.2 over 1/6, less the 0.033 % that were let in.
    assert "6 of 30 came as near" in said.out
    assert "1.2 times as many (" in said.out
    assert "enrolled people whom the door missed are among them" in said.out
    assert kept(site)["passed"] is None


def test_visits_that_another_encoder_saw_do_not_count(site: Any) -> None:
    site.put("Ada")
    write_visits(site, "f" * 64)
    said = site("calibrate", "--from-log")
    assert said.code == 2
    assert "30 unknown visits are left out: another encoder" in said.err
    assert "The event log holds no unknown visit that this encoder has seen" in said.err
    assert not load_config(site.config).rate_here_file.exists()
