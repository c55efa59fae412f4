import io
import json
import logging

import pytest

from accessctl.domain import PersonId
from accessctl.service.logs import (
    JsonFormatter,
    TextFormatter,
    cleaned,
    log_decision,
    set_up,
    tell_all,
    use_format,
)


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("accessctl.door", logging.WARNING, "f.py", 1, message, args, None)
    made.created = 1_769_884_200.25
    for name, value in extra.items():
        setattr(made, name, value)
    return made


def failed(message: str) -> logging.LogRecord:
    try:
        raise ValueError("rtsp://user:secret@cam/1")
    except ValueError as error:
        made = record(message)
        made.exc_info = (type(error), error, error.__traceback__)
        return made


def test_text_is_as_short_as_it_was():
    assert TextFormatter().format(record("%d people.", 3)) == "WARNING 3 people."


def test_text_about_a_visit_names_it():
    line = TextFormatter().format(record("Action failed.", visit="a1b2"))
    assert line == "WARNING Action failed. [visit a1b2]"


def test_json_is_one_object_with_steady_keys():
    line = JsonFormatter().format(record("%d people.", 3))
    assert json.loads(line) == {
        "time": "2026-01-31T18:30:00.250Z",
        "level": "warning",
        "logger": "accessctl.door",
        "message": "3 people.",
    }


def test_json_about_a_visit_carries_its_id_as_a_field():
    line = JsonFormatter().format(record("x", visit="a1b2", frames=5, latency_ms=400.5))
    found = json.loads(line)
    assert (found["visit"], found["frames"], found["latency_ms"]) == ("a1b2", 5, 400.5)
    assert found["message"] == "x"


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_one_line_whatever_is_logged(formatter):
    line = formatter.format(record("a\nERROR forged\x1b[2J\u2028b", visit="1\n2"))
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert "forged" in line


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_a_fault_is_shown_without_its_password(formatter):
    line = formatter.format(failed("It failed."))
    assert "test_logs.py" in line
    assert "rtsp://***@cam/1" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Camera lost: rtsp://u:p@ss/w@10.0.0.5/1 is away.", "rtsp://***@10.0.0.5/1 is away."),
        ("POST https://gate.local/open?token=abc failed", "https://gate.local/open?token=*** fa"),
        ("HTTP://Me:Pw@host", "HTTP://***@host"),
        ("http://127.0.0.1:9100/metrics", "http://127.0.0.1:9100/metrics"),
        ("mail ada@example.org", "mail ada@example.org"),
        ("Zoë — naïve 門", "Zoë — naïve 門"),
    ],
)
def test_addresses_lose_their_secrets(text, shown):
    assert shown in cleaned(text)
    for secret in ("p@ss", "abc", "Pw"):
        assert secret not in cleaned(text)


def test_the_format_changes_only_where_it_is_ours():
    ours, theirs = logging.StreamHandler(io.StringIO()), logging.StreamHandler(io.StringIO())
    ours.setFormatter(TextFormatter())
    use_format("json", [ours, theirs])
    assert isinstance(ours.formatter, JsonFormatter)
    assert theirs.formatter is None
    use_format("text", [ours])
    assert isinstance(ours.formatter, TextFormatter)


def test_a_decision_is_logged_without_the_person(shown, caplog):
    with caplog.at_level(logging.INFO):
        log_decision(shown.granted(PersonId("p-quincy"), visit="a1b2"))
    (line,) = caplog.records
    found = json.loads(JsonFormatter().format(line))
    assert found["message"] == "A visit was decided: granted (matched)."
    assert (found["visit"], found["outcome"], found["reason"]) == ("a1b2", "granted", "matched")
    assert "quincy" not in json.dumps(found)


@pytest.mark.parametrize(
    ("name", "level", "heard", "heard_of_a_door"),
    [
        ("accessctl.encoder.choose", logging.INFO, False, True),
        ("accessctl.encoder.choose", logging.WARNING, True, True),
        ("tensorflow", logging.WARNING, False, False),
        ("accessctl_look_alike", logging.WARNING, False, False),
        ("a_package_of_somebodys", logging.ERROR, True, True),
    ],
)
def test_a_command_warns_a_door_tells_and_libraries_only_fail_aloud(
    monkeypatch, name, level, heard, heard_of_a_door
):
    root = logging.getLogger()
    before = root.level
    stream = io.StringIO()
    with monkeypatch.context() as alone:
        # pytest listens, too, and then logging counts as set up already.
        alone.setattr(root, "handlers", [])
        try:
            set_up(stream)
            logging.getLogger(name).log(level, "something")
            told_by_a_command = stream.getvalue()
            tell_all()
            logging.getLogger(name).log(level, "something")
            told_by_a_door = stream.getvalue().removeprefix(told_by_a_command)
        finally:
            root.setLevel(before)
    assert (told_by_a_command != "", told_by_a_door != "") == (heard, heard_of_a_door)
