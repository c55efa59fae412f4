from pathlib import Path
from typing import Any

import pytest

from accessctl.config import Config, config_in, explain
from accessctl.config.guard import changed_names, guards, weakened

NEUTRAL = {
    # How the camera is read, and when it counts as lost.
    *("camera.width", "camera.height", "camera.fps", "camera.open_timeout_s"),
    *("camera.read_timeout_s", "camera.dark_after_s", "camera.backoff_min_s"),
    *("camera.backoff_max_s", "camera.steady_s", "camera.rotate", "camera.mirror"),
    # What recognises: the rates are kept by each encoder's own calibration.
    *("vision.models", "vision.runtime", "vision.detection_confidence"),
    # Whoever is found later is let in later.
    "vision.tiles_per_frame",
    *("encoder.folder", "encoder.device", "encoder.precision", "encoder.flip_average"),
    *("encoder.threads", "liveness.window_s", "liveness.every_s", "liveness.still_camera"),
    # Where badges are read: one says who somebody claims to be, and proves nothing.
    *("badges.serial", "badges.baud"),
    # When a stranger is told so.
    *("policy.unknown_after_frames", "policy.unknown_after_s"),
    # Compared by what they allow; see the tests of groups and actions.
    *("access.schedules", "access.groups", "access.holidays"),
    *("actions.granted", "actions.denied", "actions.unknown", "actions.challenge"),
    # What is kept for how long: less is not weaker, where people are pictured.
    *("actions.queue", "audit.snapshots.keep", "audit.snapshots.folder"),
    *("audit.snapshots.days", "audit.snapshots.max_mb"),
    *("audit.retention.days", "audit.retention.max_mb"),
    *("service.socket", "service.metrics_port", "service.log_format", "training.loss"),
    # As whom the broker is spoken to, and what it is told: to whom is pinned.
    *("mqtt.user", "mqtt.password_file", "mqtt.certificate_file", "mqtt.key_file"),
    *("mqtt.discovery_prefix", "mqtt.device_name", "mqtt.names", "mqtt.pictures"),
    *("mqtt.latest_version", "mqtt.queue", "mqtt.keepalive_s"),
    # Of the hub, which opens nothing.
    *("hub.folder", "hub.host", "hub.port", "hub.names", "hub.database_file", "hub.metrics_port"),
    *("hub.keep_pictures_days", "hub.certificate", "hub.key"),
    *("hub.consent", "hub.expire_after_days", "hub.remove_after_days", "hub.expire_warn_days"),
    # Of the console, which the hub serves: a door reads none of it.
    *("console.enabled", "console.host", "console.port", "console.name", "console.certificate"),
    *("console.key", "console.idle_minutes", "console.longest_hours", "console.language"),
    "console.oidc",
}


def test_every_setting_is_known_to_guard_or_not_to() -> None:
    """Whoever adds a setting says which way is safer, or here that neither is."""
    silent = {name for name, _, field in explain(Config()) if not guards(field)}
    assert silent == NEUTRAL


def names(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    one, other = (Config.model_validate(sections) for sections in (old, new))
    return [weaker.name for weaker in weakened(one, other)]


@pytest.mark.parametrize(
    ("section", "safe", "weak"),
    [
        ("liveness", {"mode": "challenge"}, {"mode": "passive"}),
        ("liveness", {"mode": "passive"}, {"mode": "off"}),
        ("liveness", {"texture": "models/mine"}, {"texture": "off"}),
        ("liveness", {"ir_source": "/dev/video2"}, {}),
        ("policy", {"second_factor": "pin"}, {"second_factor": "button"}),
        ("policy", {"intent": "look_up"}, {}),
        ("policy", {"min_frames": 5}, {"min_frames": 4}),
        ("policy", {"target_fpir": 1e-4}, {"target_fpir": 1e-3}),
        ("policy", {"several_faces": "refuse"}, {"several_faces": "nearest"}),
        ("policy", {"lockout": {"attempts": 5}}, {"lockout": {"attempts": 0}}),
        ("policy", {"lockout": {"attempts": 5}}, {"lockout": {"attempts": 6}}),
        ("camera", {"usb_id": "046d:0825"}, {}),
        ("camera", {"source": "rtsp://door/1"}, {}),
        ("camera", {"allow_virtual": False}, {"allow_virtual": True}),
        ("gallery", {"max_stale_s": 10}, {"max_stale_s": 60}),
        ("access", {"without_group": "refuse"}, {}),
        ("policy", {"attempts": 1}, {}),
        ("policy", {"retry_s": 5}, {}),
        ("policy", {"lockout": {"fade_s": 600}}, {}),
        ("policy", {"lockout": {"stranger_weight": 1}}, {}),
        ("policy", {"lockout": {"door_attempts": 5}}, {"lockout": {"door_attempts": 0}}),
        # Company that is not followed is not seen.
        ("vision", {"max_faces": 4}, {"max_faces": 1}),
        # What the hub was sent nobody at the door can take back.
        ("sync", {"hub": "https://hub:8443"}, {}),
        ("sync", {}, {"pictures": True}),
        (
            "access",
            {"direction": "in", "anti_passback": "hard"},
            {"direction": "in", "anti_passback": "soft"},
        ),
    ],
)
def test_one_way_is_safer(section: str, safe: dict[str, Any], weak: dict[str, Any]) -> None:
    (found,) = names({section: safe}, {section: weak})
    assert found.startswith(f"{section}.")
    assert names({section: weak}, {section: safe}) == []
    assert names({section: safe}, {section: safe}) == []


@pytest.mark.parametrize(
    ("section", "one", "other"),
    [
        ("camera", {"usb_id": "046d:0825"}, {"usb_id": "046d:0826"}),
        ("access", {"door": "front"}, {"door": "back"}),
        ("audit", {"file": "a/events.sqlite"}, {"file": "b/events.sqlite"}),
        ("gallery", {"folder": "one"}, {"folder": "other"}),
        ("sync", {"folder": "one"}, {"folder": "other"}),
    ],
)
def test_of_some_any_other_value_may_be_weaker(
    section: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert len(names({section: one}, {section: other})) == 1
    assert len(names({section: other}, {section: one})) == 1


@pytest.mark.parametrize(
    ("section", "one", "other"),
    [
        ("camera", {"source": "rtsp://door/1"}, {"source": "rtsp://door/2"}),
        ("policy", {"intent": "look_up"}, {"intent": "blink_twice"}),
        ("policy", {"lockout": {"attempts": 0}}, {"lockout": {"attempts": 9}}),
        (
            "actions",
            {"granted": [{"type": "command", "argv": ["a"]}]},
            {"granted": [{"type": "command", "argv": ["b"]}]},
        ),
    ],
)
def test_others_change_freely(section: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert names({section: one}, {section: other}) == []


def access(**group: Any) -> dict[str, Any]:
    hours = {
        "day": [{"days": ["mon", "tue"], "opens": "08:00", "closes": "18:00"}],
        "long": [{"days": ["mon", "tue"], "opens": "07:00", "closes": "18:00"}],
        "monday": [{"days": ["mon"], "opens": "09:00", "closes": "17:00"}],
        "night": [{"days": ["mon"], "opens": "17:00", "closes": "03:00"}],
    }
    return {"access": {"timezone": "UTC", "schedules": hours, "groups": {"staff": group}}}


@pytest.mark.parametrize(
    ("safe", "weak"),
    [
        ({"schedule": "day"}, {"schedule": "long"}),
        ({"schedule": "day"}, {}),
        ({"schedule": "monday"}, {"schedule": "day"}),
        ({"doors": ["front"]}, {"doors": ["front", "back"]}),
        ({"doors": ["front"]}, {}),
        ({"second_factor": "pin"}, {}),
        ({"second_factor": "pin"}, {"second_factor": "button"}),
    ],
)
def test_groups_are_compared_by_what_they_allow(safe: dict[str, Any], weak: dict[str, Any]) -> None:
    (found,) = names(access(**safe), access(**weak))
    assert found.startswith("access.groups.staff.")
    assert names(access(**weak), access(**safe)) == []


def test_hours_past_midnight_are_not_within_those_of_the_day() -> None:
    assert names(access(schedule="day"), access(schedule="night")) != []


def test_a_webhook_that_is_signed_no_more() -> None:
    def hook(**more: Any) -> dict[str, Any]:
        return {"actions": {"granted": [{"type": "webhook", "url": "https://x", **more}]}}

    assert names(hook(secret_file="key"), hook()) == ["actions.granted[0].secret_file"]
    assert names(hook(), hook(secret_file="key")) == []


LOGGER = {"type": "command", "argv": ["logger", "hello"], "opens": False}
GATE = {"type": "webhook", "url": "https://gate/open"}
BELL = {"type": "webhook", "url": "https://bell/ring"}


@pytest.mark.parametrize(
    ("old", "new", "weaker"),
    [
        ([GATE], [LOGGER, GATE], [1]),
        ([LOGGER, GATE], [GATE], [0]),
        ([GATE, BELL], [BELL, GATE], [1]),
        ([GATE], [BELL], [0]),
        ([GATE], [LOGGER, BELL], [1]),
    ],
)
def test_a_webhook_is_the_same_wherever_it_stands(
    old: list[Any], new: list[Any], weaker: list[int]
) -> None:
    signed = [one | {"secret_file": "key"} if one is GATE else one for one in old]
    found = names({"actions": {"granted": signed}}, {"actions": {"granted": new}})
    assert found == [f"actions.granted[{index}].secret_file" for index in weaker]
    kept = [one | {"secret_file": "key"} if one is GATE else one for one in new]
    if GATE in new:
        assert names({"actions": {"granted": signed}}, {"actions": {"granted": kept}}) == []


def test_one_more_webhook_to_the_same_address_takes_nothing_from_the_signed_one() -> None:
    signed = GATE | {"secret_file": "key"}
    assert names({"actions": {"granted": [signed]}}, {"actions": {"granted": [GATE, signed]}}) == []


def test_a_lock_that_loses_its_safe_state_or_is_not_heard_any_more() -> None:
    def unlock(**more: Any) -> dict[str, Any]:
        return {"actions": {"granted": [{"type": "command", "argv": ["unlock"], **more}]}}

    safe = unlock(safe=["lock"])
    assert names(safe, unlock()) == ["actions.granted[0].safe"]
    assert names(safe, {"actions": {"granted": []}}) == ["actions.granted[0].safe"]
    assert names(unlock(), safe) == names(safe, safe) == []
    # Where only what tells of a grant is listened to, nobody knows whether the door opened.
    assert names(unlock(), unlock(opens=False)) == ["actions.granted[0].opens"]
    assert names(unlock(opens=False), unlock()) == []


def test_a_safe_state_that_has_moved_in_the_list_is_not_lost() -> None:
    lock = {"type": "command", "argv": ["unlock"], "safe": ["lock"]}
    bell = {"type": "command", "argv": ["ring"]}
    assert names({"actions": {"granted": [lock]}}, {"actions": {"granted": [bell, lock]}}) == []


def test_a_group_that_asked_for_more_does_not_go_unnoticed() -> None:
    """Of several groups the strictest counts: who is in another one, too, would need no PIN."""

    def groups(**asked: str | None) -> dict[str, Any]:
        return {"access": {"groups": {name: {"second_factor": f} for name, f in asked.items()}}}

    assert names(groups(staff=None, lab="pin"), groups(staff=None)) == [
        "access.groups.lab.second_factor"
    ]
    assert names(groups(staff=None, lab=None), groups(staff=None)) == []
    pins = {"policy": {"second_factor": "pin"}}
    assert names(groups(staff=None, lab="pin") | pins, groups(staff=None) | pins) == []


def test_a_weakening_says_what_was_and_what_would_be() -> None:
    one = Config.model_validate({"policy": {"second_factor": "pin"}})
    (weaker,) = weakened(one, Config())
    assert str(weaker) == "policy.second_factor: pin -> off"
    assert changed_names(one, Config()) == ("policy.second_factor",)


STRICT = Path(__file__).parent / "strict.yaml"
"""A configuration that asks for much."""


def is_strict(config: Config) -> bool:
    policy, access = config.policy, config.access
    return (
        config.camera.source == "usb:0"
        and config.camera.usb_id == "046d:0825"
        and config.liveness.mode == "challenge"
        and config.liveness.actions >= 3
        and policy.target_fpir <= 0.0001
        and policy.min_frames >= 5
        and policy.second_factor == "pin"
        and policy.intent != "off"
        and policy.lockout.attempts == 3
        and access.without_group == "refuse"
        and access.anti_passback == "hard"
        and config.audit.file.name == "door.sqlite"
    )


def test_the_strict_example_is_strict() -> None:
    content = STRICT.read_bytes()
    whole = config_in(content, STRICT)
    assert is_strict(whole)
    assert weakened(whole, whole) == ()
    assert not is_strict(Config())
