import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.domain import PersonRules
from accessctl.gallery.person import rules_to_bytes
from accessctl.hub.door_feed import DoorScope
from accessctl.hub.judging import HeldCause, PersonState, ProposalFacts, judge_proposal
from accessctl.sync.feed_wire import ProposalVerdict
from accessctl.sync.proposals import (
    AddBadge,
    AddPerson,
    AddPhoto,
    NewSitePhoto,
    Proposed,
    Remove,
    RemoveBadges,
    RemovePhoto,
    Rename,
    SetControllerNumber,
    SetPin,
    SetRules,
)

PHOTO = NewSitePhoto(
    photo="ab" * 16, sealed="", quality=0.5, added=1.0, fingerprint="e1", embedding=""
)


def rules(*groups: str) -> SetRules:
    return SetRules(rules=rules_to_bytes(PersonRules(groups)).decode())


ANY: tuple[Proposed, ...] = (
    AddPerson(name="Grace", photo=PHOTO),
    AddPhoto(photo=PHOTO),
    RemovePhoto(photo="ab" * 16),
    Rename(name="Ada"),
    Remove(),
    rules("staff"),
    SetPin(pin=None),
    SetControllerNumber(number=None),
    AddBadge(digest="ab" * 32, added=1.0),
    RemoveBadges(digests=()),
)
NEW, PHOTO_MORE, PHOTO_LESS, RENAME, REMOVE = ANY[:5]
UNKNOWN = ProposalFacts(state=PersonState.UNKNOWN)


STAFF = DoorScope(("staff",))


def enrolled(**facts) -> ProposalFacts:
    return ProposalFacts(state=PersonState.ENROLLED, **facts)


@pytest.mark.parametrize(
    ("proposed", "facts", "verdict", "cause"),
    [
        (NEW, UNKNOWN, "taken", None),
        (NEW, enrolled(), "refused", None),
        (NEW, ProposalFacts(state=PersonState.UNKNOWN, name_taken="taken"), "held", "name"),
        (NEW, ProposalFacts(state=PersonState.UNKNOWN, name_bad="bad"), "refused", None),
        (NEW, ProposalFacts(state=PersonState.UNKNOWN, like="another"), "held", "face"),
        (NEW, ProposalFacts(state=PersonState.UNKNOWN, photo_of="another"), "refused", None),
        (NEW, ProposalFacts(state=PersonState.UNKNOWN, fits_encoder=False), "refused", None),
        (PHOTO_MORE, enrolled(), "taken", None),
        (PHOTO_MORE, enrolled(like="another"), "held", "face"),
        (PHOTO_MORE, enrolled(photo_of="themselves"), "refused", None),
        (PHOTO_MORE, enrolled(fits_encoder=False, like="another"), "refused", None),
        (PHOTO_LESS, enrolled(photo_of="themselves", photos=2), "taken", None),
        (PHOTO_LESS, enrolled(photo_of="themselves", photos=1), "refused", None),
        (PHOTO_LESS, enrolled(photos=1), "taken", None),
        (RENAME, enrolled(), "taken", None),
        (RENAME, enrolled(name_taken="taken"), "refused", None),
        (RENAME, enrolled(name_bad="bad"), "refused", None),
        (AddBadge(digest="ab" * 32, added=1.0), enrolled(owner="another"), "refused", None),
        (NEW, ProposalFacts(state=PersonState.UNKNOWN, scope=STAFF), "held", "groups"),
        (rules("staff"), enrolled(scope=STAFF), "refused", None),
        (Remove(), enrolled(scope=STAFF), "refused", None),
        (Remove(), enrolled(scope=STAFF, groups=("staff",)), "taken", None),
        (rules("board"), enrolled(scope=STAFF, groups=("staff",)), "refused", None),
        (rules(), enrolled(scope=STAFF, groups=("staff",)), "refused", None),
        (rules("staff"), enrolled(scope=STAFF, groups=("staff", "board")), "refused", None),
        (rules("board"), enrolled(scope=STAFF, groups=("staff", "board")), "taken", None),
        (rules("board"), ProposalFacts(state=PersonState.WAITING, scope=STAFF), "refused", None),
        (rules("staff"), ProposalFacts(state=PersonState.WAITING, scope=STAFF), "held", "follows"),
        (
            rules("staff", "board"),
            enrolled(scope=STAFF, groups=("staff", "board")),
            "taken",
            None,
        ),
        (rules("board"), enrolled(), "taken", None),
    ],
)
def test_the_table(proposed, facts, verdict: str, cause: str | None) -> None:
    ruling = judge_proposal(proposed, facts)
    assert (ruling.verdict.value, ruling.cause and ruling.cause.value) == (verdict, cause)
    assert bool(ruling.problem) is (verdict != "taken")


@given(st.sampled_from(ANY), st.booleans(), st.sampled_from(["", "taken"]))
def test_a_removal_wins_over_everything(proposed: Proposed, like: bool, name: str) -> None:
    facts = ProposalFacts(
        state=PersonState.REMOVED, like="another" if like else None, name_taken=name
    )
    ruling = judge_proposal(proposed, facts)
    if isinstance(proposed, Remove):
        assert (ruling.verdict, ruling.does_nothing) == (ProposalVerdict.TAKEN, True)
    else:
        assert (ruling.verdict, "removed from the site" in ruling.problem) == (
            ProposalVerdict.REFUSED,
            True,
        )


@given(st.sampled_from(ANY))
def test_what_follows_somebody_who_waits_waits_too(proposed: Proposed) -> None:
    ruling = judge_proposal(proposed, ProposalFacts(state=PersonState.WAITING))
    if isinstance(proposed, Remove):
        assert ruling.verdict is ProposalVerdict.TAKEN
    else:
        assert (ruling.verdict, ruling.cause) == (ProposalVerdict.HELD, HeldCause.FOLLOWS)


@given(st.sampled_from(ANY[1:]))
def test_nobody_is_changed_whom_the_hub_does_not_know(proposed: Proposed) -> None:
    assert judge_proposal(proposed, UNKNOWN).verdict is ProposalVerdict.REFUSED


@given(st.sampled_from(ANY[1:]))
def test_a_door_changes_its_own_people_only(proposed: Proposed) -> None:
    scope = DoorScope(("staff",))
    others = enrolled(scope=scope, groups=("board",), photo_of="themselves", photos=2)
    assert judge_proposal(proposed, others).verdict is ProposalVerdict.REFUSED
    nobodys = enrolled(scope=scope, photo_of="themselves", photos=2)
    assert judge_proposal(proposed, nobodys).verdict is ProposalVerdict.REFUSED
    own = enrolled(scope=scope, groups=("staff",), photo_of=None, photos=2)
    assert judge_proposal(proposed, own).verdict is ProposalVerdict.TAKEN
