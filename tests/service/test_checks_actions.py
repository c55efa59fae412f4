"""What the doctor says of the actions, none of which is performed."""

import pytest

from accessctl import extensions
from accessctl.actions.base import RecordingAction
from accessctl.config import ActionsConfig
from accessctl.service.checks import Finding, Level, check_hooks


def actions(*granted):
    return ActionsConfig.model_validate({"granted": granted})


def command(*argv):
    return {"type": "command", "argv": [str(word) for word in argv]}


@pytest.fixture
def script(tmp_path):
    """A script that says when it was run; no dry run may ever do that."""
    path = tmp_path / "unlock"
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    path.chmod(0o755)
    yield path
    assert not (tmp_path / "was-run").exists()


def test_a_program_that_can_be_run_is_not(script):
    (finding,) = check_hooks(actions(command(script, "now")), {})
    assert finding.level is Level.OK
    assert finding.sentence == f"actions.granted[0]: {script} can be run."


def test_a_program_is_looked_for_on_the_path(script):
    (finding,) = check_hooks(actions(command("unlock")), {"PATH": str(script.parent)})
    assert finding.level is Level.OK
    (finding,) = check_hooks(actions(command("unlock")), {"PATH": "/nowhere"})
    assert (finding.level, "not found" in finding.sentence) == (Level.FAILURE, True)


@pytest.mark.parametrize(
    ("mode", "said"), [(0o644, "may not be executed"), (0o777, "others may change")]
)
def test_a_program_of_the_wrong_mode(script, monkeypatch, mode, said):
    script.chmod(mode)
    (finding,) = check_hooks(actions(command(script)), {})
    assert (finding.level, said in finding.sentence) == (Level.FAILURE, True)


def test_a_program_that_is_found_from_here_only(script, monkeypatch):
    monkeypatch.chdir(script.parent)
    (finding,) = check_hooks(actions(command("./unlock")), {})
    assert (finding.level, "write its full path" in finding.sentence) == (Level.WARNING, True)


def test_a_script_without_its_interpreter(script):
    script.write_text("#! /no/such/sh -e\n")
    (finding,) = check_hooks(actions(command(script)), {})
    assert (finding.level, "/no/such/sh" in finding.sentence) == (Level.FAILURE, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("#!/bin/sh\r\ntrue\r\n", "the line ends of Windows (CRLF)"),
        ("true\n", "a script needs a first line such as #!/bin/sh"),
        ("#!/usr/bin/env no-such-sh\n", "asks env for no-such-sh, which is not on the PATH"),
    ],
)
@pytest.mark.parametrize("outcome", ["granted", "denied", "unknown", "challenge"])
def test_what_the_kernel_would_not_start_is_a_failure(script, content, said, outcome):
    script.write_bytes(content.encode())
    config = ActionsConfig.model_validate({outcome: [command(script)]})
    (finding,) = [f for f in check_hooks(config, {"PATH": "/bin"}) if outcome in f.sentence]
    assert (finding.level, said in finding.sentence) == (Level.FAILURE, True)


@pytest.mark.parametrize(
    ("answer", "level", "said"),
    [
        ("exit 0", Level.OK, "all is well"),
        ("exit 3", Level.FAILURE, "ended with status 3"),
        ("sleep 60", Level.FAILURE, "did not end within"),
    ],
)
def test_a_program_that_may_be_asked_is_asked(tmp_path, answer, level, said):
    path = tmp_path / "unlock"
    path.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n{answer}\n')
    path.chmod(0o755)
    asked = {**command(path, "now"), "check": True, "timeout_s": 1}
    (finding,) = check_hooks(actions(asked), {"PATH": "/bin"})
    assert (finding.level, said in finding.sentence) == (level, True)
    assert (tmp_path / "asked").read_text() == "now --accessctl-check\n"


def test_a_door_that_opens_nothing():
    (finding,) = check_hooks(ActionsConfig(), {})
    assert (finding.level, "Nothing opens" in finding.sentence) == (Level.WARNING, True)


def test_a_lock_of_the_doorway_needs_no_action() -> None:
    assert list(check_hooks(ActionsConfig(), {}, doorway=True)) == []


@pytest.mark.parametrize("outcome", ["denied", "unknown", "challenge"])
def test_other_outcomes_are_looked_at_too(script, outcome):
    config = ActionsConfig.model_validate(
        {"granted": [command(script)], outcome: [command("no-such-program")]}
    )
    fine, missing = check_hooks(config, {"PATH": "/usr/bin:/bin"})
    assert fine.level is Level.OK
    assert missing.sentence.startswith(f"actions.{outcome}[0]: no-such-program was not found")


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "webhook.key"
    path.write_text("0123456789abcdef" * 2)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("https://gate.local/open", Level.OK),
        ("http://127.0.0.1:8080/open", Level.OK),
        ("http://gate.local/open", Level.WARNING),
        ("https://:80", Level.FAILURE),
    ],
)
def test_webhooks_are_read_and_not_called(key, url, level):
    hook = {"type": "webhook", "url": url, "secret_file": str(key)}
    (finding,) = check_hooks(actions(hook), {})
    assert finding.level is level


def test_a_webhook_whose_key_others_can_read(key):
    key.chmod(0o644)
    hook = {"type": "webhook", "url": "https://gate.local", "secret_file": str(key)}
    (finding,) = check_hooks(actions(hook), {})
    assert (finding.level, "chmod 600" in finding.sentence) == (Level.FAILURE, True)


def test_a_webhook_that_nobody_signs():
    (finding,) = check_hooks(actions({"type": "webhook", "url": "https://gate.local"}), {})
    assert (finding.level, "not signed" in finding.sentence) == (Level.WARNING, True)


@pytest.mark.usefixtures("nothing_added")
def test_a_custom_action_is_made_and_not_performed():
    custom = {"type": "custom", "name": "buzzer", "options": {"name": "b"}}
    (finding,) = check_hooks(actions(custom), {})
    assert finding.level is Level.FAILURE
    assert "there is no action 'buzzer'" in finding.sentence
    made = []

    def make(name):
        made.append(RecordingAction(name))
        return made[0]

    extensions.register("actions", "buzzer", make)
    (finding,) = check_hooks(actions(custom), {})
    assert finding == Finding(Level.OK, "actions", "actions.granted[0]: custom buzzer can be made.")
    assert made[0].payloads == []
