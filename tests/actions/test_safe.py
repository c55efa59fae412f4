from pathlib import Path

from accessctl.actions.safe import safe_commands, set_safe
from accessctl.config import ActionsConfig


def script(folder: Path, name: str, code: int = 0) -> str:
    """Writes down that it was run, and what for."""
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "{name} $ACCESSCTL_REASON" >> {folder}/ran\nexit {code}\n')
    path.chmod(0o700)
    return str(path)


def actions(*safe: str | None) -> ActionsConfig:
    commands = [
        {"type": "command", "argv": ["/bin/true", str(n)], "safe": None if s is None else [s]}
        for n, s in enumerate(safe)
    ]
    return ActionsConfig.model_validate({"granted": commands[:2], "challenge": commands[2:]})


def test_every_action_may_declare_a_safe_state_and_each_is_set_once(tmp_path: Path) -> None:
    lock, voice = script(tmp_path, "lock"), script(tmp_path, "voice")
    commands = safe_commands(actions(lock, lock, voice, None))
    assert [command.name for command in commands] == ["command lock", "command voice"]
    ended = set_safe(commands, "start")
    assert [(name, result.ok) for name, result in ended] == [
        ("command lock", True),
        ("command voice", True),
    ]
    assert (tmp_path / "ran").read_text() == "lock start\nvoice start\n"


def test_one_that_fails_keeps_no_other_from_being_set(tmp_path: Path) -> None:
    broken, lock = script(tmp_path, "broken", 3), script(tmp_path, "lock")
    ended = set_safe(safe_commands(actions(broken, "/nowhere/at/all", lock)), "stop")
    assert [result.ok for _, result in ended] == [False, False, True]


def test_nothing_declared_is_nothing_run() -> None:
    assert safe_commands(actions(None)) == []
