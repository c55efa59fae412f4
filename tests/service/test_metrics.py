import math
import subprocess
import sys

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from accessctl.domain import PersonId
from accessctl.errors import StoreError
from accessctl.exposition import registry
from accessctl.service.metrics import STAGE_BOUNDS, DoorTally, Metrics


def test_stages_are_noted_in_seconds():
    tally = DoorTally()
    tally.note_stage("encode", 15.0)
    tally.note_stage("encode", 15.0)
    assert tally.stages["encode"].total == 0.03
    assert tally.stages["encode"].counts[STAGE_BOUNDS.index(0.02)] == 2


NAMES = {
    "accessctl_frames",
    "accessctl_frames_dropped",
    "accessctl_camera_up",
    "accessctl_frame_age_seconds",
    "accessctl_camera_reconnects",
    "accessctl_stage_seconds",
    "accessctl_decisions",
    "accessctl_decision_latency_seconds",
    "accessctl_actions",
    "accessctl_people",
    "accessctl_people_beyond_calibration",
    "accessctl_gallery_up",
    "accessctl_acting",
    "accessctl_config_refused",
    "accessctl_gallery_age_seconds",
    "accessctl_lockout_seconds",
    "accessctl_people_locked_out",
    "accessctl_scenery_faces",
    "accessctl_frames_failed",
    "accessctl_camera_behind_seconds",
    "accessctl_camera_upside_down",
    "accessctl_camera_on_its_side",
    "accessctl_clock_doubt_seconds",
    "accessctl_watchdog_pings",
    "accessctl_uptime_seconds",
}


def scraped(text: str) -> dict[tuple, float]:
    """{(sample, labels): value} as Prometheus would understand it."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def samples(shown) -> dict[tuple, float]:
    return scraped(generate_latest(registry(Metrics(shown.statistics.totals))).decode())


def test_every_metric_has_a_name_and_a_meaning(shown):
    text = generate_latest(registry(Metrics(shown.statistics.totals))).decode()
    families = list(text_string_to_metric_families(text))
    assert {family.name for family in families} == NAMES
    assert all(family.documentation for family in families)


def test_counts_by_label(shown):
    shown.dropped = 4
    for number in range(3):
        shown.step(shown.unknown(str(number)))
    shown.step(shown.granted(PersonId("p")))
    shown.statistics.note_action("command open", True)
    shown.statistics.note_action("command open", False)
    shown.statistics.note_camera("lost", "It was unplugged.")
    shown.clock.time += 2.5
    found = samples(shown)
    assert found["accessctl_frames_total",] == 4
    assert found["accessctl_frames_dropped_total",] == 4
    decided = "accessctl_decisions_total"
    assert found[decided, ("outcome", "unknown"), ("reason", "no_match")] == 3
    assert found[decided, ("outcome", "granted"), ("reason", "matched")] == 1
    acted = "accessctl_actions_total"
    assert found[acted, ("action", "command open"), ("result", "ok")] == 1
    assert found[acted, ("action", "command open"), ("result", "failed")] == 1
    assert found["accessctl_camera_up",] == 0
    assert found["accessctl_frame_age_seconds",] == 2.5
    shown.statistics.note_camera("back", "camera")
    assert samples(shown)["accessctl_camera_reconnects_total",] == 1
    assert samples(shown)["accessctl_camera_up",] == 1


def test_an_infrared_camera_is_up_while_it_shows_something(shown):
    assert ("accessctl_infrared_up",) not in samples(shown)
    shown.infrared = ("USB camera /dev/video2", None)
    assert samples(shown)["accessctl_infrared_up",] == 1
    shown.infrared = ("USB camera /dev/video2", "It was unplugged.")
    assert samples(shown)["accessctl_infrared_up",] == 0


def test_buckets_are_cumulative(shown):
    for milliseconds in (8.0, 8.0, 15.0, 5000.0):
        shown.step(encode=milliseconds)
    found = samples(shown)
    stage = ("stage", "encode")
    counts = {
        bound: found["accessctl_stage_seconds_bucket", ("le", bound), stage]
        for bound in ("0.005", "0.01", "0.02", "1.0", "+Inf")
    }
    assert counts == {"0.005": 0, "0.01": 2, "0.02": 3, "1.0": 3, "+Inf": 4}
    assert found["accessctl_stage_seconds_count", stage] == 4
    assert found["accessctl_stage_seconds_sum", stage] == pytest.approx(5.031)


def test_before_the_first_frame_and_with_an_unreadable_lockout(shown):
    def broken():
        raise StoreError("The lockouts cannot be read.")

    shown.lockout = broken
    found = samples(shown)
    assert math.isnan(found["accessctl_frame_age_seconds",])
    assert math.isnan(found["accessctl_lockout_seconds",])
    assert found["accessctl_frames_total",] == 0


def test_no_name_and_no_visit_is_among_them(shown):
    shown.names[PersonId("p-quincy")] = "Quincy"
    shown.step(shown.granted(PersonId("p-quincy"), visit="visit-17"))
    text = generate_latest(registry(Metrics(shown.statistics.totals))).decode()
    assert "quincy" not in text.lower()
    assert "visit-17" not in text


def test_a_door_without_metrics_does_not_load_the_library():
    script = "import sys, accessctl.service.metrics\nsys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_clock_that_jumped_is_measured(shown):
    assert samples(shown)["accessctl_clock_doubt_seconds",] == 0
    shown.clock_doubt_s = -7200.0
    assert samples(shown)["accessctl_clock_doubt_seconds",] == -7200
    assert shown.statistics.report()["clock"] == {"believed": False, "jumped_s": -7200.0}
