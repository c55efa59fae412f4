import asyncio
import math
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from accessctl.errors import StoreError
from accessctl.exposition import registry
from accessctl.hub.assembly import Hub
from accessctl.hub.backup import back_up_hub
from accessctl.hub.cluster import free_port
from accessctl.hub.database import HubDatabase
from accessctl.hub.metrics import HubMetrics, hub_metrics
from tests.clocks import HandClock
from tests.hub.conftest import JoinedTestDoor
from tests.hub.test_people_at_doors import photo

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


def told(hub: Hub, monotonic: Callable[[], float] = lambda: 0.0) -> dict[tuple[str, ...], float]:
    """{(sample, values of its labels): figure} as Prometheus would understand it."""
    return told_by(HubMetrics(hub, monotonic))


def told_by(metrics: HubMetrics) -> dict[tuple[str, ...], float]:
    text = generate_latest(registry(metrics)).decode()
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    return {
        (sample.name.removeprefix("accessctl_hub_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_site_is_told_in_figures(
    hub: Hub, joined: Callable[[str], JoinedTestDoor], clock: HandClock
) -> None:
    front = joined("front")
    joined("old")
    front.write(3)
    front.send_all()
    hub.doors.revoke("old")
    hub.people.add_person("Ada", photo(0))
    clock.time += 90
    found = told(hub)
    assert (found["up",], found["people",], found["held",]) == (1, 1, 0)
    assert (found["doors", "joined"], found["doors", "revoked"]) == (1, 1)
    # Who does not count any more has no figures of their own.
    assert ("door_records", "old") not in found
    assert found["door_records", "front"] == 3
    assert found["door_connected", "front"] == 0
    assert found["door_silent_seconds", "front"] == 90
    assert found["door_alarms", "front"] == 0
    assert 89 * 86400 < found["door_certificate_seconds", "front"] < 90 * 86400
    assert found["backup_age_seconds",] == math.inf

    async def while_it_waits() -> dict[tuple[str, ...], float]:
        with hub.waking.waiting(front.member.door):
            return told(hub)

    assert asyncio.run(while_it_waits())["door_connected", "front"] == 1
    assert found["requests_total", "2xx"] >= 3
    assert found["request_seconds_count",] == found["requests_total", "2xx"]


@EMBEDDED
def test_how_long_it_runs_and_when_it_was_backed_up(
    hub: Hub, clock: HandClock, tmp_path: Path
) -> None:
    uptime = HandClock(5.0)
    metrics = HubMetrics(hub, uptime)
    uptime.time = 65.5
    back_up_hub(hub.config, {}, tmp_path / "one.backup", clock())
    clock.time += 7200
    found = told_by(metrics)
    assert (found["uptime_seconds",], found["backup_age_seconds",]) == (60.5, 7200)


@EMBEDDED
def test_a_database_that_does_not_answer_is_told(hub: Hub) -> None:
    class AwayDatabase(HubDatabase):
        def check(self) -> None:
            raise StoreError("The hub's database does not answer.")

    away = AwayDatabase(hub.database._engine, "nowhere", hub.database.patience)
    found = told(replace(hub, database=away))
    assert found["up",] == 0
    assert "uptime_seconds" in {name for name, *_ in found}
    assert "people" not in {name for name, *_ in found}


@EMBEDDED
def test_no_person_is_among_them(hub: Hub) -> None:
    person = hub.people.add_person("Quincy", photo(0))
    text = generate_latest(registry(HubMetrics(hub))).decode()
    assert "quincy" not in text.lower()
    assert person.id not in text


@EMBEDDED
def test_they_are_served_where_the_configuration_says_so(hub: Hub) -> None:
    port = free_port()
    with hub_metrics(hub):
        pass
    config = hub.config.model_copy(update={"metrics_port": port})
    with (
        hub_metrics(replace(hub, config=config)),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer,
    ):
        assert "accessctl_hub_up 1.0" in answer.read().decode()
