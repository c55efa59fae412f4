import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl.administration.acceptance import (
    AcceptanceRecord,
    AcceptedCopy,
    Settled,
    accepted_path,
    check_known,
    read_text,
)
from accessctl.audit.base import MemoryLog
from accessctl.audit.opening import generate_key, key_path
from accessctl.config import Config
from accessctl.domain import Event
from accessctl.errors import ConfigError, StoreError

STRICT = Path(__file__).parents[1] / "config" / "strict.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(STRICT, tmp_path / "config.yaml"))


@pytest.fixture
def copy(file: Path) -> AcceptedCopy:
    return AcceptedCopy(file, {})


Guards = Callable[[Config], bool]


def guards_as_asked(config: Config) -> bool:
    """By hand, of the strict configuration."""
    return (
        (config.camera.source, config.camera.usb_id) == ("usb:0", "046d:0825")
        and (config.liveness.mode, config.policy.second_factor) == ("challenge", "pin")
        and config.liveness.actions >= 3
        and config.policy.target_fpir <= 0.0001
        and config.policy.min_frames >= 5
        and config.policy.intent == "look_up"
        and config.policy.lockout.attempts == 3
        and (config.access.without_group, config.access.anti_passback) == ("refuse", "hard")
        and config.audit.file.name == "door.sqlite"
    )


def test_no_beginning_of_a_strict_configuration_runs_weaker(file: Path, copy: AcceptedCopy) -> None:
    content = file.read_bytes()
    copy.keep(read_text(file))
    loaded = weaker = 0
    for length in range(len(content)):
        file.write_bytes(content[:length])
        try:
            text = read_text(file)
        except ConfigError:
            continue
        loaded += 1
        weaker += not guards_as_asked(text.config)
        settled = Settled(text, copy.read())
        assert guards_as_asked(settled.running.config), content[:length]
    # Loaded as they are, most of those that load guard less: that is what this is about.
    assert loaded > 30
    assert weaker > 20


def test_the_first_one_is_accepted_as_it_is(file: Path, copy: AcceptedCopy) -> None:
    assert copy.read() is None
    text = read_text(file)
    settled = Settled(text, None)
    assert (settled.weaker, settled.changed) == ((), ())
    assert settled.running is text


def test_what_is_kept_is_sealed_private_and_comes_back(file: Path, copy: AcceptedCopy) -> None:
    text = read_text(file)
    copy.keep(text)
    assert copy.path.stat().st_mode & 0o777 == 0o600
    assert b"unlock" not in copy.path.read_bytes()
    back = copy.read()
    assert back is not None
    assert (back.content, back.config) == (text.content, text.config)


def test_it_lies_where_no_setting_moves_it(tmp_path: Path) -> None:
    assert accepted_path(tmp_path / "config.yaml") == tmp_path / "state" / "config.yaml.accepted"
    assert accepted_path(Path("/etc/accessctl/config.yaml")) == Path(
        "/var/lib/accessctl/config.yaml.accepted"
    )


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"key": 1, "sealed": ""}', b"\xff"])
def test_a_damaged_copy_lets_nothing_run(file: Path, copy: AcceptedCopy, content: bytes) -> None:
    copy.keep(read_text(file))
    copy.path.write_bytes(content)
    with pytest.raises(StoreError, match="accessctl config accept"):
        copy.read()


def test_an_altered_copy_and_one_of_another_key_are_refused(file: Path, copy: AcceptedCopy) -> None:
    text = read_text(file)
    copy.keep(text)
    kept = copy.path.read_bytes()
    copy.path.write_bytes(kept[:-20] + b"A" * 4 + kept[-16:])
    with pytest.raises(StoreError, match="damaged or altered"):
        copy.read()
    copy.path.write_bytes(kept)
    key = key_path(text.config.audit)
    key.unlink()
    with pytest.raises(StoreError, match="audit key, which is not there"):
        copy.read()
    generate_key(key, lambda size: b"\1" * size)
    with pytest.raises(StoreError, match="damaged or altered"):
        copy.read()


def test_stricter_and_other_changes_run_at_once(file: Path, copy: AcceptedCopy) -> None:
    copy.keep(read_text(file))
    file.write_text(file.read_text().replace("min_frames: 5", "min_frames: 7"))
    settled = Settled(read_text(file), copy.read())
    assert settled.weaker == ()
    assert settled.running.config.policy.min_frames == 7
    assert settled.changed == ("policy.min_frames",)


def test_what_vanished_is_kept_with_what_is_accepted(file: Path, copy: AcceptedCopy) -> None:
    hours = "{days: [mon], opens: '08:00', closes: '18:00'}"
    head = f"access:\n  timezone: UTC\n  schedules: {{day: [{hours}]}}\n"

    def settled(groups: str) -> Settled:
        file.write_text(head + groups)
        return Settled(read_text(file), copy.read())

    copy.keep(settled("  groups: {staff: {schedule: day}}\n").to_keep)
    gone = settled("")
    assert gone.weaker == ()
    copy.keep(gone.to_keep)
    again = settled("  groups: {staff: {}}\n")
    assert [weaker.name for weaker in again.weaker] == ["access.groups.staff.schedule"]
    assert again.running.config.access.groups == {}
    copy.keep(again.to_keep)
    assert settled("  groups: {staff: {}}\n# more\n").weaker == ()


class Accepted:
    """A log in which configurations were accepted."""

    def __init__(self, file: Path) -> None:
        self.audit = MemoryLog()
        self.file = file
        self.copy = AcceptedCopy(file, {})

    @property
    def record(self) -> AcceptanceRecord:
        return AcceptanceRecord(self.file, self.audit, lambda: 3.0)

    def check(self) -> None:
        check_known(self.copy, self.copy.read(), self.record.known())


def test_an_older_copy_or_none_is_seen(file: Path) -> None:
    it = Accepted(file)
    it.check()
    it.record.accept(it.copy, read_text(file))
    it.check()
    older = it.copy.path.read_bytes()
    file.write_text(file.read_text() + "# more\n")
    it.record.accept(it.copy, read_text(file))
    it.check()
    it.copy.path.write_bytes(older)
    with pytest.raises(ConfigError, match="is not the one that was accepted last"):
        it.check()
    it.copy.path.unlink()
    with pytest.raises(ConfigError, match="is gone"):
        it.check()


@pytest.mark.parametrize("writes", [0, 1])
def test_who_is_killed_while_accepting_can_start_again(
    file: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    it = Accepted(file)
    it.record.accept(it.copy, read_text(file))
    file.write_text(file.read_text() + "# more\n")
    if writes:
        monkeypatch.setattr(it.audit, "append", _killed_at_the_second(it.audit))
    else:
        monkeypatch.setattr(it.copy, "keep", _killed)
    with pytest.raises(KeyboardInterrupt):
        it.record.accept(it.copy, read_text(file))
    monkeypatch.undo()
    it.check()
    it.record.accept(it.copy, read_text(file))
    it.check()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def _killed_at_the_second(audit: MemoryLog) -> Callable[[Event], int]:
    append, written = audit.append, []

    def once(event: Event) -> int:
        if written:
            raise KeyboardInterrupt
        written.append(event)
        return append(event)

    return once


def test_another_file_s_records_are_none_of_its_business(file: Path, tmp_path: Path) -> None:
    it = Accepted(file)
    (tmp_path / "other").mkdir()
    other = Accepted(Path(shutil.copy(file, tmp_path / "other" / "config.yaml")))
    other.audit = it.audit
    other.record.accept(other.copy, read_text(other.file))
    it.check()
