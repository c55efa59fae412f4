"""A door whose hub has not been heard of for long."""

import math
from itertools import count
from pathlib import Path

import pytest

from accessctl.clock import Clocks, Uptime
from accessctl.config import Config
from accessctl.config.policy import AccessConfig
from accessctl.config.site import StaleTier
from accessctl.domain import Outcome, PersonRules, Reason
from accessctl.door.access_gate import AccessGate
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.door.staleness import NO_HUB, Staleness, open_staleness
from accessctl.gallery.site import AgeMark
from accessctl.gallery.site_store import open_site_gallery
from accessctl.policy.evidence_record import from_data
from accessctl.vision.fake import fake_face

GRACE = 1
H = 3600.0
TIERS = (
    StaleTier(groups=("guests",), after_h=4, then="nothing"),
    StaleTier(after_h=72, then="second_factor"),
)
ACCESS = AccessConfig.model_validate({"groups": {"guests": {}, "staff": {}}})


@pytest.mark.parametrize(
    ("group", "age_s", "outcome", "reason"),
    [
        ("guests", None, Outcome.GRANTED, Reason.MATCHED),
        ("guests", 3.9 * H, Outcome.GRANTED, Reason.MATCHED),
        ("guests", 4.1 * H, Outcome.DENIED, Reason.RULES_STALE),
        ("guests", math.inf, Outcome.DENIED, Reason.RULES_STALE),
        ("staff", 71 * H, Outcome.GRANTED, Reason.MATCHED),
        # Nobody at this door can show a PIN.
        ("staff", 73 * H, Outcome.DENIED, Reason.SECOND_FACTOR_MISSING),
    ],
)
def test_what_each_group_may_still_do(
    group: str, age_s: float | None, outcome: Outcome, reason: Reason
) -> None:
    house = FakeHouse()
    grace = house.enrol("Grace", GRACE)
    house.gallery.set_rules(grace, PersonRules((group,)))
    gate = AccessGate(ACCESS, house.policy, staleness=Staleness(lambda: age_s, TIERS))
    numbers = count(1)
    # A reload goes on with the same age.
    gate = gate.under(ACCESS, house.policy)
    door = house.door(gate, wall_clock=lambda: 0.0, new_visit_id=lambda: f"{next(numbers):x}")
    face = fake_face(box=FACE_BOX, track=1)
    made = decisions(house.play(door, [(GRACE, [face])] * 6, start=0.0))
    made += decisions(house.play(door, [(GRACE, ())], start=3.0))
    assert [(decision.outcome, decision.reason) for decision in made] == [(outcome, reason)]
    (event,) = [e for _, e in house.audit.query() if "evidence" in e.data]
    recorded = from_data(event.data["evidence"])
    assert recorded.stale == gate_demand(group, age_s)


def gate_demand(group: str, age_s: float | None) -> str:
    return Staleness(lambda: age_s, TIERS).demand(PersonRules((group,)))


def test_only_a_door_with_a_hub_is_held_to_it(tmp_path: Path) -> None:
    alone = Config.model_validate({"gallery": {"folder": tmp_path}})
    with open_staleness(alone, {}) as staleness:
        assert staleness is NO_HUB
    assert NO_HUB.demand(PersonRules()) == "none"
    assert list(tmp_path.iterdir()) == []


def test_the_age_is_that_of_the_gallery(tmp_path: Path) -> None:
    config = Config.model_validate(
        {"gallery": {"folder": tmp_path}, "sync": {"hub": "https://hub.example"}}
    )
    clocks = Clocks(lambda: 0.0, lambda: Uptime("boot", 721 * H), lambda: False)
    with open_staleness(config, {}, clocks) as staleness:
        assert staleness.demand(PersonRules()) == "none"
        site = open_site_gallery(config.gallery, {})
        site.note_age(AgeMark(0.0, 0.0, 0.0, Uptime("boot", 2 * H)))
        assert staleness.demand(PersonRules()) == "none"
        site.note_age(AgeMark(1.0, 0.0, 0.0, Uptime("boot", 0.0)))
        site.gallery.close()
        assert staleness.demand(PersonRules()) == "nothing"
