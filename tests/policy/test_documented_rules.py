"""What docs/rules.md shows must work as it says."""

from datetime import datetime
from pathlib import Path

from accessctl.config import load_config
from accessctl.domain import PersonRules, Reason
from accessctl.policy.access import AccessPlan, Crossing, objection
from accessctl.policy.admit import required

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_example_is_a_configuration_and_says_what_the_text_says(tmp_path: Path) -> None:
    example = DOCUMENT.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    file = tmp_path / "config.yaml"
    file.write_text(example, encoding="utf-8")
    config = load_config(file)
    plan = AccessPlan.of(config.access)

    def at(text: str, *groups: str) -> Reason | None:
        return objection(PersonRules(groups), plan, datetime.fromisoformat(text).timestamp())

    assert at("2026-12-24T17:59+01:00", "staff") is None
    assert at("2026-12-25T12:00+01:00", "staff") is Reason.OUTSIDE_SCHEDULE
    assert at("2026-12-25T12:00+01:00", "guards") is None
    # The shift of the 24th goes on; the one of a Friday begins as on any.
    assert at("2026-12-25T05:59+01:00", "guards") is None
    assert at("2026-12-18T21:59+01:00", "guards") is Reason.OUTSIDE_SCHEDULE
    assert at("2026-12-18T22:00+01:00", "guards", "staff") is None
    assert at("2026-12-19T03:00+01:00", "owners") is None
    assert at("2026-12-19T03:00+01:00") is None
    assert at("2026-12-19T12:00+01:00", "nobody") is Reason.WRONG_DOOR
    noon = datetime.fromisoformat("2026-12-18T12:00+01:00").timestamp()
    factor = config.policy.second_factor
    assert required(PersonRules(("staff",)), plan, factor, noon) == "button"
    assert required(PersonRules(("staff", "owners")), plan, factor, noon) == "off"
    assert plan.passback.noticed(Crossing("in", 3600.0))
    assert not plan.passback.refuses(Crossing("in", 3600.0))
