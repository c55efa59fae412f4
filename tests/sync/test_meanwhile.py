"""Which documents count while the hub's new ones cannot be kept."""

import json
from typing import Any

import pytest

from accessctl.sync.feed_wire import MOST_PASSES
from accessctl.sync.meanwhile import document_meanwhile

DAY = [{"days": ["mon"], "opens": 480, "closes": 1080}]
RULES: dict[str, Any] = {
    "timezone": "UTC",
    "schedules": {"day": DAY},
    "groups": {"staff": {"schedule": "day"}, "guests": {}},
    "holidays": [],
}


def rules(**changed: Any) -> bytes:
    return json.dumps({"access": RULES | changed}).encode()


def settings(**values: Any) -> bytes:
    return json.dumps({"settings": {f"policy.{name}": v for name, v in values.items()}}).encode()


def passes(*numbers: int) -> bytes:
    return json.dumps({"withdrawn": [f"{number:016x}" for number in numbers]}).encode()


def test_of_rules_counts_what_takes_something_away() -> None:
    found = document_meanwhile("rules", rules(), rules(groups={"staff": {}, "new": {}}))
    assert found is not None
    groups = json.loads(found)["access"]["groups"]
    assert {name: group["schedule"] for name, group in groups.items()} == {"staff": "day"}


@pytest.mark.parametrize(
    ("present", "said"),
    [
        (rules(), rules(groups=RULES["groups"] | {"new": {}})),
        (rules(), rules()),
        (None, rules()),
        (b'{"access": {}}', rules()),
        (rules(), b'{"access": {"groups": {}}}'),
        (rules(), None),
        (b"[]", rules()),
    ],
    ids=["wider", "same", "first", "none", "some", "gone", "known"],
)
def test_other_rules_wait(present: bytes | None, said: bytes | None) -> None:
    assert document_meanwhile("rules", present, said) is None


@pytest.mark.parametrize(
    "said",
    [
        b"[]",
        rules(groups={"staff": {"schedule": "none"}}),
        rules(groups={"staff": {"schedule": "day", "escorted": True}}),
    ],
    ids=["damaged", "impossible", "of a later release"],
)
def test_rules_that_cannot_be_read_count_at_once(said: bytes) -> None:
    """By them nobody is let in by a group, see site_config."""
    assert document_meanwhile("rules", rules(), said) == said


def test_each_setting_counts_where_it_guards_no_less() -> None:
    now = settings(cooldown_s=60, second_factor="button", attempts=2)
    said = settings(cooldown_s=30, second_factor="pin", attempts=2, min_frames=5)
    found = document_meanwhile("settings", now, said)
    assert found is not None
    # The one that guards less stays as it is, and so does one that is taken back.
    assert json.loads(found)["settings"] == {
        "policy.cooldown_s": 60,
        "policy.second_factor": "pin",
        "policy.attempts": 2,
        "policy.min_frames": 5,
    }
    assert document_meanwhile("settings", found, said) is None
    assert document_meanwhile("settings", now, settings(cooldown_s=60)) is None
    assert (
        document_meanwhile("settings", None, said)
        == json.dumps(json.loads(said), separators=(",", ":")).encode()
    )


def test_a_setting_that_cannot_be_compared_waits() -> None:
    now, said = settings(cooldown_s=60), settings(cooldown_s="long", attempts=1)
    found = document_meanwhile("settings", now, said)
    assert found is not None
    assert json.loads(found)["settings"] == {"policy.cooldown_s": 60, "policy.attempts": 1}
    anti = [json.dumps({"settings": {"access.anti_passback": mode}}) for mode in ("soft", "hard")]
    soft, hard = (one.encode() for one in anti)
    assert json.loads(document_meanwhile("settings", soft, hard) or b"{}") == json.loads(hard)
    assert document_meanwhile("settings", hard, soft) is None
    assert document_meanwhile("settings", b"[]", hard) is None


def test_passes_that_either_says_were_withdrawn_are() -> None:
    assert document_meanwhile("passes", None, passes(1)) == passes(1)
    found = document_meanwhile("passes", passes(1, 2), passes(2, 3))
    assert found is not None
    assert json.loads(found) == json.loads(passes(1, 2, 3))
    assert document_meanwhile("passes", passes(1, 2), passes(2)) is None
    # What cannot be read has the door take none.
    assert document_meanwhile("passes", passes(1), b"[]") == b"[]"
    many = passes(*range(MOST_PASSES))
    assert document_meanwhile("passes", many, passes(MOST_PASSES)) == passes(MOST_PASSES)


def test_other_documents_wait() -> None:
    assert document_meanwhile("badge_key", None, b"{}") is None
