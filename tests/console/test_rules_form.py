import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.console.rules_form import (
    MOST,
    MOST_SPANS,
    GroupDraft,
    RulesDraft,
    ScheduleDraft,
    SpanDraft,
    acted,
    draft_in,
    draft_of,
    hours_of,
    rules_of,
)
from accessctl.errors import InputError
from accessctl.hub.site_settings import checked_rules
from accessctl.policy.access import WEEKDAYS, Hours

SPAN = SpanDraft(("mon", "tue"), "08:00", "18:00")
OFFICE = ScheduleDraft("office", (SPAN,))
STAFF = GroupDraft("staff", "office", everywhere=True)
DRAFT = RulesDraft("Europe/Berlin", "2026-12-25\n2026-12-26", (OFFICE,), (STAFF,))

minutes = st.integers(0, 1440)
spans = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from((*WEEKDAYS, "holiday")), min_size=1, unique=True),
        "opens": minutes,
        "closes": minutes,
    }
)
names = st.lists(st.sampled_from(["a", "day", "night", "x.y"]), max_size=3, unique=True)


@st.composite
def site_rules(draw: st.DrawFn) -> dict[str, object]:
    schedules = {name: draw(st.lists(spans, max_size=3)) for name in draw(names)}
    groups = {
        name: {
            "doors": draw(st.none() | st.lists(st.sampled_from(["front", "back"]), max_size=2)),
            "schedule": draw(st.sampled_from([None, *schedules])),
            "second_factor": draw(st.sampled_from([None, "off", "pin", "button"])),
        }
        for name in draw(names)
    }
    holidays = draw(st.sampled_from([[], ["2026-12-25", "2027-01-01"]]))
    zone = {"timezone": "Europe/Berlin", "holidays": holidays}
    return {**zone, "schedules": schedules, "groups": groups}


@given(rules=site_rules())
def test_no_rule_is_lost_or_widened_by_the_form(rules) -> None:
    kept = checked_rules(rules)
    draft = draft_of(kept)
    assert checked_rules(rules_of(draft)) == kept
    assert draft_in(sent(draft)) == draft


def sent(draft: RulesDraft) -> list[tuple[str, str]]:
    """The fields of the form, as a browser sends them."""
    fields = [("timezone", draft.timezone), ("holidays", draft.holidays), ("csrf", "x")]
    for at, schedule in enumerate(draft.schedules):
        fields.append((f"s{at}.name", schedule.name))
        for number, span in enumerate(schedule.spans):
            fields += [(f"s{at}.{number}.days", day) for day in span.days]
            fields.append((f"s{at}.{number}.opens", span.opens))
            fields.append((f"s{at}.{number}.closes", span.closes))
    for at, group in enumerate(draft.groups):
        fields += [(f"g{at}.{name}", getattr(group, name)) for name in ("name", "schedule")]
        fields += [(f"g{at}.{name}", getattr(group, name)) for name in ("doors", "factor")]
        if group.everywhere:
            fields.append((f"g{at}.everywhere", "on"))
    return fields


def test_a_group_of_no_door_does_not_become_one_of_every_door() -> None:
    rules = rules_of(RulesDraft(groups=(GroupDraft("none"), GroupDraft("two", doors="a, b,,"))))
    assert rules["groups"]["none"]["doors"] == []
    assert rules["groups"]["two"]["doors"] == ["a", "b"]


@pytest.mark.parametrize(
    ("act", "after"),
    [
        ("add-span.0", RulesDraft(schedules=(ScheduleDraft("office", (SPAN, SpanDraft())),))),
        ("drop-span.0.0", RulesDraft(schedules=(ScheduleDraft("office"),))),
        ("add-schedule", RulesDraft(schedules=(OFFICE, ScheduleDraft()))),
        ("drop-schedule.0", RulesDraft()),
        ("add-group", RulesDraft(schedules=(OFFICE,), groups=(GroupDraft(),))),
    ],
    ids=["add-span", "drop-span", "add-schedule", "drop-schedule", "add-group"],
)
def test_a_button_changes_one_thing(act: str, after: RulesDraft) -> None:
    assert acted(RulesDraft(schedules=(OFFICE,)), act) == after


@pytest.mark.parametrize(
    "act", ["", "drop-span.0.1", "drop-group.0", "drop-schedule", "add-span.7", "open-door.1"]
)
def test_no_button_reaches_what_is_not_there(act: str) -> None:
    with pytest.raises(InputError):
        acted(RulesDraft(schedules=(OFFICE,)), act)


@pytest.mark.parametrize(
    "draft",
    [
        RulesDraft(schedules=(ScheduleDraft(" "),)),
        RulesDraft(groups=(STAFF, GroupDraft("staff "))),
        RulesDraft(schedules=(OFFICE, OFFICE)),
    ],
    ids=["nameless", "groups", "schedules"],
)
def test_a_name_that_would_swallow_another_is_refused(draft: RulesDraft) -> None:
    with pytest.raises(InputError, match="name"):
        rules_of(draft)


def test_a_form_is_bounded() -> None:
    with pytest.raises(InputError, match="at most"):
        draft_in([(f"g{at}.name", "x") for at in range(MOST + 1)])
    spans = [(f"s0.{at}.opens", "08:00") for at in range(MOST_SPANS + 1)]
    with pytest.raises(InputError, match="at most"):
        draft_in([("s0.name", "x"), *spans])


def test_what_cannot_be_read_yet_is_not_drawn() -> None:
    half = ScheduleDraft("office", (SPAN, SpanDraft(("wed",), "8", "x"), SpanDraft()))
    assert hours_of(half) == (Hours(frozenset({"mon", "tue"}), 480, 1080),)
