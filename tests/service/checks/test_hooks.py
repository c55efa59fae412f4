import pytest

from accessctl.config import ActionsConfig
from accessctl.service.checks.finding import Level
from accessctl.service.checks.hooks import check_hooks, interpreter_of


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
    ("content", "interpreter"),
    [(b"#!/bin/sh\n", "/bin/sh"), (b"\x7fELF...", None), (b"", None), (b"#!\n", None)],
)
def test_first_lines(tmp_path, content, interpreter):
    (tmp_path / "p").write_bytes(content)
    assert interpreter_of(tmp_path / "p") == interpreter


def test_a_door_that_opens_nothing():
    (finding,) = check_hooks(ActionsConfig(), {})
    assert (finding.level, "Nothing opens" in finding.sentence) == (Level.WARNING, True)


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
