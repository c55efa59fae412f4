import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from accessctl.administration.acceptance import AcceptedCopy
from accessctl.audit.log import EventLog
from accessctl.config import Config
from accessctl.domain import Event, EventKind
from accessctl.errors import ConfigError, StoreError
from accessctl.service.config_source import AcceptedSource, UncheckedSource, lock_of

STRICT = Path(__file__).parents[1] / "config" / "strict.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(STRICT, tmp_path / "config.yaml"))


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[EventLog]:
    (tmp_path / "log").mkdir()
    with EventLog(tmp_path / "log" / "door.sqlite") as log:
        yield log


def as_it_is(config: Config) -> Config:
    return config


def source_of(file: Path, overlay: Callable[[Config], Config] = as_it_is) -> AcceptedSource:
    return AcceptedSource(file, overlay, {})


def started(file: Path, audit: EventLog) -> tuple[AcceptedSource, Config]:
    source = source_of(file)
    config = source.start()
    source.confirm(audit, lambda: 4.0)
    source.taken_over()
    return source, config


def states(audit: EventLog) -> list[str]:
    return [event.data["state"] for _, event in audit.query()]


def without_pin(file: Path) -> None:
    file.write_text(file.read_text().replace("  second_factor: pin\n", ""))


def test_the_first_start_accepts_on_record(file: Path, audit: EventLog) -> None:
    source, config = started(file, audit)
    assert config.policy.second_factor == "pin"
    assert states(audit) == ["config_accepting", "config_accepted"]
    facts = source.facts()
    assert len(facts["config"]) == 64
    assert (facts["source"], facts["lock"]) == ("usb:0", ["/usr/local/bin/unlock front"])
    # The same once more is nothing new.
    started(file, audit)
    assert len(states(audit)) == 2


def test_what_no_door_ran_by_is_not_accepted(file: Path, audit: EventLog) -> None:
    source = source_of(file)
    source.start()
    source.confirm(audit, lambda: 4.0)
    assert states(audit) == []
    assert not (file.parent / "state").exists()


def test_a_weaker_file_does_not_run_and_is_told(file: Path, audit: EventLog) -> None:
    started(file, audit)
    without_pin(file)
    source, config = started(file, audit)
    assert config.policy.second_factor == "pin"
    assert [str(weaker) for weaker in source.refused] == ["policy.second_factor: pin -> off"]
    told = [event.data for _, event in audit.query()][-1]
    assert (told["state"], told["weaker"]) == ("config_not_accepted", ["policy.second_factor"])
    # And not at the next start either.
    assert started(file, audit)[1].policy.second_factor == "pin"


def test_a_reload_never_accepts_a_weaker_file(file: Path, audit: EventLog) -> None:
    source, _ = started(file, audit)
    without_pin(file)
    with pytest.raises(ConfigError, match=r"second_factor: pin -> off.*accessctl config accept"):
        source.reload()
    shutil.copy(STRICT, file)
    file.write_text(file.read_text().replace("min_frames: 5", "min_frames: 6"))
    assert source.reload().policy.min_frames == 6
    source.taken_over()
    assert source.facts()["changed"] == "policy.min_frames"
    # What was taken over counts: back to five is weaker by now.
    shutil.copy(STRICT, file)
    with pytest.raises(ConfigError, match="min_frames: 6 -> 5"):
        source.reload()


def test_an_accepted_weaker_file_is_taken_over_at_a_reload(file: Path, audit: EventLog) -> None:
    from accessctl.administration.acceptance import AcceptanceRecord, read_text

    source, _ = started(file, audit)
    without_pin(file)
    record = AcceptanceRecord(file, audit, lambda: 5.0)
    record.accept(AcceptedCopy(file, {}), read_text(file))
    assert source.reload().policy.second_factor == "off"
    assert started(file, audit)[1].policy.second_factor == "off"


def test_what_the_command_line_lays_over_it_is_never_kept(file: Path, audit: EventLog) -> None:
    def film(config: Config) -> Config:
        camera = config.camera.model_copy(update={"source": "/film"})
        return config.model_copy(update={"camera": camera})

    source = source_of(file, film)
    assert source.start().camera.source == "/film"
    source.confirm(audit, lambda: 4.0)
    source.taken_over()
    assert source.facts()["source"] == "/film"
    assert started(file, audit)[1].camera.source == "usb:0"


def test_the_demo_needs_nothing_accepted(file: Path, audit: EventLog) -> None:
    started(file, audit)
    without_pin(file)

    def demo(config: Config) -> Config:
        camera = config.camera.model_copy(update={"source": "demo"})
        return config.model_copy(update={"camera": camera})

    source = source_of(file, demo)
    assert source.start().policy.second_factor == "off"
    before = states(audit)
    source.confirm(audit, lambda: 4.0)
    assert (source.facts(), source.refused, states(audit)) == ({}, (), before)
    assert source.reload().camera.source == "demo"


def test_a_copy_that_is_gone_lets_no_door_run(file: Path, audit: EventLog) -> None:
    started(file, audit)
    (file.parent / "state" / "config.yaml.accepted").unlink()
    without_pin(file)
    source = source_of(file)
    source.start()
    with pytest.raises(ConfigError, match="is gone"):
        source.confirm(audit, lambda: 4.0)


def test_a_reload_accepts_nothing_where_the_copy_is_gone_or_an_older_one(
    file: Path, audit: EventLog
) -> None:
    """Else whoever may write there would have a weaker file taken for the first one."""
    copy = file.parent / "state" / "config.yaml.accepted"
    started(file, audit)
    older = copy.read_bytes()
    file.write_text(file.read_text().replace("min_frames: 5", "min_frames: 6"))
    source, _ = started(file, audit)
    shutil.copy(STRICT, file)
    before = states(audit)
    copy.write_bytes(older)
    with pytest.raises(ConfigError, match="not the one that was accepted last"):
        source.reload()
    copy.unlink()
    with pytest.raises(ConfigError, match="is gone"):
        source.reload()
    assert states(audit) == before


def tell(audit: EventLog, state: str, source: AcceptedSource) -> None:
    audit.append(Event(4.0, EventKind.SERVICE, {"state": state, **source.facts()}))


def test_a_start_that_failed_before_it_accepted_bars_no_later_one(
    file: Path, audit: EventLog
) -> None:
    """`started` is on record before the camera is opened, which may fail."""
    for threshold in ("min_frames: 5", "min_frames: 6"):
        file.write_text(file.read_text().replace("min_frames: 5", threshold))
        source = source_of(file)
        source.start()
        source.confirm(audit, lambda: 4.0)
        tell(audit, "started", source)
        assert started(file, audit)[1].policy.min_frames == int(threshold[-1])


def test_a_copy_that_could_not_be_kept_bars_no_later_start(file: Path, audit: EventLog) -> None:
    source = source_of(file)
    source.start()
    source.confirm(audit, lambda: 4.0)
    with full_disk(), pytest.raises(StoreError, match="No space left on device"):
        source.taken_over()
    source, _ = started(file, audit)
    file.write_text(file.read_text().replace("min_frames: 5", "min_frames: 6"))
    source.reload()
    with full_disk(), pytest.raises(StoreError, match="No space left on device"):
        source.taken_over()
    tell(audit, "reloaded", source)
    assert started(file, audit)[1].policy.min_frames == 6


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of ours gets onto the disk meanwhile."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        yield


def test_secrets_of_the_lock_s_command_are_hidden() -> None:
    argv = ["curl", "--token", "abc", "--user=me", "password=x y", "https://me:pw@relay/on?key=1"]
    config = Config.model_validate(
        {
            "actions": {
                "granted": [
                    {"type": "command", "argv": argv},
                    {"type": "webhook", "url": "https://me:pw@relay/open?t=1"},
                ]
            }
        }
    )
    assert lock_of(config) == [
        "curl --token *** --user=me password=*** https://***@relay/on?key=***",
        "https://***@relay/open?t=***",
    ]


def test_an_unchecked_source_gives_what_it_is_given(audit: EventLog) -> None:
    config = Config()
    source = UncheckedSource(lambda: config)
    source.confirm(audit, lambda: 1.0)
    source.taken_over()
    assert source.start() is source.reload() is config
    assert (source.facts(), states(audit)) == ({}, [])
