"""Hub, doors and PostgreSQL killed at random moments, over real sockets.

ACCESSCTL_KILLS says how often; docs/site.md names the command of the full size.
"""

import os
import random
import time

import pytest

from accessctl.hub.assembly import open_hub
from accessctl.sync.outbox import kept_receipt
from tests.hub.conftest import wait_for
from tests.site.conftest import TrialSite
from tests.site.processes import PATIENCE_S, holds

KILLS = int(os.environ.get("ACCESSCTL_KILLS", "3"))
SEED = 20


def kill_one(site: TrialSite, victim: str) -> None:
    """It is gone, and started again, with what it had on its disk."""
    if victim == "hub":
        site.hub.kill()
        site.hub.start()
    elif victim == "database":
        assert site.cluster is not None
        site.cluster.kill()
        site.cluster.start()
    else:
        site.doors[victim].kill()
        site.doors[victim].start()


@pytest.mark.timeout(120 + 30 * KILLS)
def test_whichever_is_killed_nothing_is_lost_and_nothing_is_there_twice(site: TrialSite) -> None:
    moments = random.Random(SEED)
    parts = ["hub", "front", "database" if site.cluster else "back"]
    victims = parts + moments.choices(parts, k=max(0, KILLS - len(parts)))
    moments.shuffle(victims)
    site.hub.start()
    site.hub.until_answering()
    for door in site.doors.values():
        door.start()
    signed = dict.fromkeys(site.doors, 0)
    for victim in victims:
        time.sleep(moments.uniform(0.05, 1.5))
        kill_one(site, victim)
        for name, door in site.doors.items():
            kept = kept_receipt(door.sync_folder)
            signed[name] = max(signed[name], 0 if kept is None else kept.number)
    wait_for(lambda: all(door.acknowledged for door in site.doors.values()), "a record", PATIENCE_S)
    assert [door.end() for door in site.doors.values()] == [0, 0]
    assert site.hub.end() == 0, site.hub.said()
    with open_hub(site.hub.config, {}) as hub:
        holds(hub, site.doors)
        kept_at_hub = {one.name: one.records for one in hub.doors.listed()}
    # What the hub had signed for, at any moment, it still has.
    assert all(kept_at_hub[name] >= number for name, number in signed.items())
    assert "Traceback" not in site.hub.said()
    assert all("Traceback" not in door.said() for door in site.doors.values())
