import os
from collections.abc import Callable
from pathlib import Path

import pytest

from accessctl import extensions
from accessctl.actions.base import RecordingAction
from accessctl.audit.opening import open_log
from accessctl.config import ActionsConfig, AuditConfig, Config, GalleryConfig
from accessctl.domain import Event, EventKind, PersonRules
from accessctl.errors import CameraError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.person import hash_pin
from accessctl.gallery.store import open_gallery
from accessctl.service.checks import (
    Finding,
    Level,
    check_audit,
    check_config_file,
    check_disk,
    check_gallery,
    check_hooks,
    check_people,
    examine,
    failure,
    free_mb,
    nearest,
    ok,
    warning,
)


def refusing():
    yield ok("camera", "It is there.")
    raise CameraError("It is not any more; plug it in.")


def broken():
    raise ZeroDivisionError("division by zero")


def test_every_check_is_made_whatever_the_others_do():
    fine = [ok("a", "Fine."), warning("a", "Nearly.")]
    found = list(
        examine([("camera", refusing), ("b", broken), ("a", lambda: fine)]),
    )
    assert found == [
        ok("camera", "It is there."),
        failure("camera", "It is not any more; plug it in."),
        failure("b", "It could not be checked (ZeroDivisionError: division by zero)."),
        *fine,
    ]
    assert [finding.level for finding in found[:2]] == [Level.OK, Level.FAILURE]


def test_a_check_that_fails_shows_no_secret_of_an_address():
    def fail():
        raise RuntimeError("rtsp://cam/password=Zq7Xw9 is gone")

    (finding,) = examine([("a", fail)])
    assert "rtsp://cam/password=***" in finding.sentence
    assert "Zq7Xw9" not in finding.sentence


@pytest.fixture
def gallery(tmp_path):
    config = GalleryConfig(folder=tmp_path / "enrolled")
    with open_gallery(config, {}) as opened:
        opened.add_person(
            "Ada",
            NewPhoto(
                jpeg=b"jpeg",
                embedding=random_units(1, 16, seed=1)[0],
                fingerprint="ab" * 32,
                quality=0.9,
                added=1.0,
            ),
        )
    return config


@pytest.fixture
def audit(tmp_path):
    config = AuditConfig(file=tmp_path / "state" / "events.sqlite")
    log = open_log(config, {})
    log.append(Event(1.0, EventKind.SERVICE, {"state": "started"}))
    log.close()
    return config


def test_a_private_gallery(gallery):
    (finding,) = check_gallery(gallery, {})
    assert finding.level is Level.OK


def test_no_gallery_yet(tmp_path):
    (finding,) = check_gallery(GalleryConfig(folder=tmp_path / "none"), {})
    assert finding.level is Level.OK
    assert "Nobody is enrolled yet" in finding.sentence


def test_a_gallery_that_others_can_look_into(gallery):
    gallery.folder.chmod(0o755)
    (finding,) = check_gallery(gallery, {})
    assert finding.level is Level.WARNING
    assert f"chmod 700 {gallery.folder}" in finding.sentence


def test_a_key_that_others_can_read(gallery):
    (gallery.folder / "gallery.key").chmod(0o640)
    (finding,) = check_gallery(gallery, {})
    assert finding.level is Level.FAILURE
    assert "chmod 600" in finding.sentence


def test_a_key_that_is_gone_and_one_that_is_elsewhere(gallery, tmp_path):
    key = (gallery.folder / "gallery.key").rename(tmp_path / "key")
    (finding,) = check_gallery(gallery, {})
    assert finding.level is Level.FAILURE
    assert "its key is not" in finding.sentence
    (finding,) = check_gallery(gallery, {"ACCESSCTL_KEY_FILE": str(key)})
    assert finding.level is Level.OK


def test_a_private_log(audit):
    (finding,) = check_audit(audit, {})
    assert finding.level is Level.OK


def test_no_log_yet(tmp_path):
    (finding,) = check_audit(AuditConfig(file=tmp_path / "none.sqlite"), {})
    assert finding.level is Level.OK


@pytest.mark.parametrize(("suffix", "said"), [(".key", "audit key is missing"), (".head", "head")])
def test_a_log_whose_key_or_head_is_gone(audit, suffix, said):
    audit.file.with_name(audit.file.name + suffix).unlink()
    (finding,) = check_audit(audit, {})
    assert finding.level is Level.FAILURE
    assert said in finding.sentence


def test_a_log_that_others_can_read(audit):
    audit.file.chmod(0o644)
    (finding,) = check_audit(audit, {})
    assert (finding.level, "chmod 600" in finding.sentence) == (Level.WARNING, True)


def test_an_audit_key_that_others_can_read(audit):
    audit.file.with_name(audit.file.name + ".key").chmod(0o644)
    (finding,) = check_audit(audit, {})
    assert (finding.level, "chmod 600" in finding.sentence) == (Level.FAILURE, True)


@pytest.mark.parametrize(
    ("file", "folder", "level"),
    [
        (0o644, 0o755, Level.OK),
        (0o664, 0o755, Level.FAILURE),
        (0o646, 0o755, Level.FAILURE),
        (0o644, 0o775, Level.FAILURE),
        (0o644, 0o1777, Level.OK),
    ],
)
def test_who_may_change_the_configuration(tmp_path, file, folder, level):
    path = tmp_path / "config.yaml"
    path.touch()
    path.chmod(file)
    tmp_path.chmod(folder)
    (finding,) = check_config_file(path)
    assert finding.level is level


ALLOWED = PersonRules(life_by_pin=True)
FINE = ok("people", "Whoever may be asked for a PIN has one.")

Put = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "enrolled"


@pytest.fixture
def put(folder: Path) -> Put:
    def enrol(name: str, rules: PersonRules | None = None, *, pin: bool = False) -> None:
        with open_gallery(GalleryConfig(folder=folder), {}) as gallery:
            face = random_units(1, 16, seed=1)[0]
            person = gallery.add_person(
                name,
                NewPhoto(
                    jpeg=b"jpeg", embedding=face, fingerprint="ab" * 32, quality=0.9, added=1.0
                ),
            )
            if rules is not None:
                gallery.set_rules(person.id, rules)
            if pin:
                gallery.set_pin(person.id, hash_pin("270846", os.urandom))

    return enrol


def found(folder: Path, **more: dict) -> list[Finding]:
    config = Config.model_validate({"gallery": {"folder": str(folder)}, **more})
    return list(check_people(config, {}))


def test_nothing_is_said_where_there_is_no_gallery_or_no_key(folder: Path, put: Put) -> None:
    assert found(folder) == []
    assert not folder.exists()
    put("Ada", ALLOWED)
    (folder / "gallery.key").unlink()
    assert found(folder) == []


def test_whoever_is_asked_for_nothing_needs_no_pin(folder: Path, put: Put) -> None:
    put("Ada")
    put("Grace", ALLOWED, pin=True)
    put("Alan", PersonRules(disabled=True, life_by_pin=True))
    assert found(folder) == [FINE]


def test_a_pin_that_may_stand_in_for_life_and_is_not_set(folder: Path, put: Put) -> None:
    put("Ada Lovelace", ALLOWED)
    assert found(folder) == [
        warning(
            "people",
            "A PIN may stand in for life, but none is set for: Ada Lovelace; "
            "run: accessctl pin set 'Ada Lovelace'",
        )
    ]


def test_a_pin_that_is_asked_for_beside_the_face_and_is_not_set(folder: Path, put: Put) -> None:
    for number in range(7):
        put(f"P{number}", ALLOWED if number % 2 else None)
    # Told once, whatever the PIN is for.
    assert found(folder, policy={"second_factor": "pin"}) == [
        warning(
            "people",
            "May be asked for a PIN and refused, for they have none: P0, P1, P2, P3, P4 and 2 "
            "more; run: accessctl pin set P0",
        )
    ]


def test_a_group_may_ask_for_a_pin_or_spare_it(folder: Path, put: Put) -> None:
    groups = {
        "owners": {"second_factor": "off"},
        "guards": {"second_factor": "pin"},
        "vault": {"second_factor": "pin", "doors": ["vault"]},
    }
    put("Ada", PersonRules(("owners", "vault", "gone")))
    assert found(folder, policy={"second_factor": "pin"}, access={"groups": groups}) == [FINE]
    put("Alan", PersonRules(("owners", "guards")))
    (finding,) = found(folder, access={"groups": groups})
    assert "they have none: Alan; " in finding.sentence


@pytest.mark.parametrize(
    ("free", "snapshots", "level"),
    [
        (49.9, 0, Level.FAILURE),
        (50.0, 0, Level.WARNING),
        (499.9, 0, Level.WARNING),
        (500.0, 0, Level.OK),
        (900.0, 500, Level.WARNING),
        (1000.0, 500, Level.OK),
    ],
)
def test_room(tmp_path, free, snapshots, level):
    (finding,) = check_disk({"people": tmp_path}, snapshots, lambda _: free)
    assert finding.level is level
    assert "people" in finding.sentence


def test_a_folder_that_is_not_there_yet_is_asked_for_where_it_will_be(tmp_path):
    asked = []

    def free(folder):
        asked.append(folder)
        return 1000.0

    list(check_disk({"people": tmp_path / "a" / "b"}, 0, free))
    assert asked == [tmp_path]
    assert nearest(tmp_path / "a" / "b") == tmp_path


def test_a_disk_that_is_read_only(tmp_path, monkeypatch):
    # Root may write everywhere, so the system's answer is stood in for.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    (finding,) = check_disk({"people": tmp_path})
    assert finding.level is Level.FAILURE
    assert "cannot be written" in finding.sentence


def test_the_real_disk_has_room(tmp_path):
    assert free_mb(tmp_path) > 0


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
