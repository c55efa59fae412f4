import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accessctl.actions.command import (
    KEEP_BYTES,
    KEEP_LINES,
    Command,
    environment_for,
    safe_commands,
    set_safe,
)
from accessctl.config import ActionsConfig

Script = Callable[[str], str]


def perform(program: str, payload: dict[str, Any], timeout_s: float = 20) -> tuple[bool, str]:
    result = Command([program], timeout_s).perform(payload)
    assert result.duration_ms > 0
    return result.ok, result.detail


def test_hands_over_the_decision_on_stdin(
    script: Script, payload: dict[str, Any], tmp_path: Path
) -> None:
    program = script(f"cat > {tmp_path}/got")
    assert perform(program, payload) == (True, "lock.sh ended with status 0.")
    text = (tmp_path / "got").read_text()
    assert json.loads(text) == payload
    assert text.count("\n") == 1


def test_hands_over_the_decision_in_the_environment_and_nothing_secret(
    script: Script, payload: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESSCTL_KEY_FILE", "/secret/key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    program = script(f"cat /proc/$$/environ > {tmp_path}/got")
    assert perform(program, payload)[0]
    raw = (tmp_path / "got").read_bytes().decode()
    got = dict(line.split("=", 1) for line in raw.split("\0") if line)
    assert {k: v for k, v in got.items() if k.startswith("ACCESSCTL_")} == {
        "ACCESSCTL_TIME": "2026-01-31T18:30:00.000Z",
        "ACCESSCTL_KIND": "decision",
        "ACCESSCTL_VISIT": "v-17",
        "ACCESSCTL_DECISION": "granted",
        "ACCESSCTL_REASON": "matched",
        "ACCESSCTL_PERSON": "Zoë O'Neil; rm -rf $HOME",
        "ACCESSCTL_PERSON_ID": "5f0c",
        "ACCESSCTL_SIMILARITY": "0.71",
        "ACCESSCTL_FMR": "1e-05",
        "ACCESSCTL_FRAMES": "3",
        "ACCESSCTL_LATENCY_MS": "412.5",
        "ACCESSCTL_DOOR": "",
        "ACCESSCTL_PROMPT": "",
        "ACCESSCTL_ASK": "",
    }
    assert got["TZ"] == "Europe/Berlin"
    assert got["PATH"] == os.environ["PATH"]
    assert not {"CREDENTIALS_DIRECTORY", "LD_PRELOAD", "NOTIFY_SOCKET"} & got.keys()


def test_environment_survives_odd_names() -> None:
    got = environment_for({"person": "a\0b\ud800", "decision": None}, {"SHELL": "/bin/sh"})
    assert got["ACCESSCTL_PERSON"] == b"ab?"
    assert got["ACCESSCTL_DECISION"] == b""
    assert "SHELL" not in got


def test_program_is_found_on_the_path(payload: dict[str, Any]) -> None:
    assert perform("true", payload) == (True, "true ended with status 0.")


def test_name_is_the_program_without_its_folder_and_arguments() -> None:
    assert Command(["/usr/bin/gpioset", "--chip", "secret"], 1).name == "command gpioset"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("exit 3", "lock.sh ended with status 3."),
        ("kill -KILL $$", "lock.sh was killed by SIGKILL."),
    ],
)
def test_failures_of_the_program(
    script: Script, payload: dict[str, Any], body: str, detail: str
) -> None:
    assert perform(script(body), payload) == (False, detail)


def test_out_of_time(script: Script, payload: dict[str, Any]) -> None:
    assert perform(script("sleep 600"), payload, timeout_s=0.3) == (
        False,
        "lock.sh did not end within 0.3 s and was killed.",
    )


def test_missing_program(payload: dict[str, Any], tmp_path: Path) -> None:
    ok, detail = perform(f"{tmp_path}/none", payload)
    assert not ok
    assert detail == f"{tmp_path}/none was not found (nor run by an interpreter that exists)."


def test_program_without_execute_permission(payload: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("#!/bin/sh\n")
    assert perform(str(path), payload) == (False, f"{path} may not be executed; chmod +x it.")


def test_file_that_is_no_program(payload: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("relay on\n")
    path.chmod(0o700)
    ok, detail = perform(str(path), payload)
    assert not ok
    assert detail.startswith(f"{path} is not a program")


def test_argument_with_a_null_byte(payload: dict[str, Any]) -> None:
    result = Command(["true", "a\0b"], 1).perform(payload)
    assert (result.ok, result.detail) == (False, "true could not be started (embedded null byte).")


def test_output_is_logged_escaped_and_never_in_the_detail(
    script: Script, payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ok, detail = perform(script(r"printf 'opened for %s\n\033[2Jx\377\n' Ann; exit 1"), payload)
    assert not ok
    assert "Ann" not in detail
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("WARNING", "lock.sh: opened for Ann"),
        ("WARNING", "lock.sh: \\x1b[2Jx\\xff"),
    ]


def test_output_of_a_success_is_logged_as_information(
    script: Script, payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    perform(script("echo opened"), payload)
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("INFO", "lock.sh: opened")]
    assert caplog.records[0].__dict__["visit"] == payload["visit"]


def test_flooding_output_neither_fills_the_log_nor_fails_the_action(
    script: Script, payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert perform(script("yes | head -c 5000000"), payload)[0]
    assert len(caplog.records) == KEEP_LINES + 1
    assert caplog.records[-1].getMessage() == (
        f"lock.sh: further output not shown ({KEEP_LINES} lines kept of {KEEP_BYTES // 2}, "
        f"{5_000_000 - KEEP_BYTES} bytes dropped)"
    )


def test_duration_is_measured_with_the_given_clock(payload: dict[str, Any]) -> None:
    ticks = iter([10.0, 10.25])
    assert Command(["true"], 5, clock=lambda: next(ticks)).perform(payload).duration_ms == 250


def test_payload_that_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Command(["true"], 5).perform({"similarity": float("nan")})


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"#!/bin/sh\r\ntrue\r\n", "the line ends of Windows (CRLF)"),
        (b"#!/no/such/sh\n", "asks for /no/such/sh, which is not there"),
    ],
)
def test_why_the_kernel_did_not_start_it(
    payload: dict[str, Any], tmp_path: Path, content: bytes, detail: str
) -> None:
    path = tmp_path / "lock"
    path.write_bytes(content)
    path.chmod(0o700)
    ok, said = perform(str(path), payload)
    assert not ok
    assert detail in said


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
