import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from accessctl.audit.log import EventLog
from accessctl.config import GalleryConfig
from accessctl.domain import Event, EventKind, Match, PersonRules, Sighting
from accessctl.errors import InputError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery
from accessctl.policy.decide import Evidence
from accessctl.policy.evidence_record import EvidenceRecord, to_data

Run = Callable[..., int]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
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
def run(understand) -> Run:
    def perform(*argv: str | Path) -> int:
        code: int = understand("replay", *argv).run()
        return code

    return perform


def test_the_own_configuration_changes_nothing(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--config", house / "config.yaml") == 0
    assert capsys.readouterr().out == (
        "0 of 1 decisions would have been others. 1 more hold no evidence to decide again.\n"
    )


def test_what_would_have_changed_is_listed(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--config", house / "strict.yaml", "--json")
    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["record"], first["candidate"]) == (2, "Ada")
    assert first["before"] == ["granted", "matched"]
    # Three frames are not the four that it asks for; it would have gone on looking.
    assert first["after"] is None
    assert last == {"decisions": 1, "changed": 1, "without_evidence": 1}
    run("--config", house / "strict.yaml")
    assert "Ada  granted (matched) -> undecided" in capsys.readouterr().out


def test_the_log_of_another_configuration(
    house: Path, run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    tried = other / "other.yaml"
    tried.write_text("access: {without_group: refuse}\nliveness: {mode: off}\n")
    with pytest.raises(InputError, match="no event log"):
        run("--config", tried)
    run("--config", tried, "--log-of", house / "config.yaml", "--since", "1970-01-01T00:20+00:00")
    first, last = capsys.readouterr().out.splitlines()
    assert first.endswith("granted (matched) -> denied (wrong_door)")
    assert last == "1 of 1 decisions would have been others."
