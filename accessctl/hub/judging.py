"""What becomes of a change that a door proposes: pure, one rule after the other.

The hub's state counts. A removal wins over everything; whoever comes later with a name or a badge
that is taken loses; and what could make one person out of two, or two out of one, is held until
somebody has looked. docs/site.md has the same as a table.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from accessctl.gallery.person import rules_from_bytes
from accessctl.hub.door_feed import DoorScope
from accessctl.sync.feed_wire import ProposalVerdict
from accessctl.sync.proposals import (
    AddBadge,
    AddPerson,
    AddPhoto,
    Proposed,
    Remove,
    RemovePhoto,
    Rename,
    SetRules,
)


class PersonState(StrEnum):
    """What the hub knows of a person's id."""

    UNKNOWN = "unknown"
    ENROLLED = "enrolled"
    REMOVED = "removed"
    WAITING = "waiting"
    """Proposed, and held until somebody decides."""
    DAMAGED = "damaged"
    """There, with a document that cannot be opened: they can be removed, and no more."""


class HeldCause(StrEnum):
    """Why a proposal is held."""

    NAME = "name"
    FACE = "face"
    GROUPS = "groups"
    """The door has groups, and nobody said which ones somebody new is in."""
    FOLLOWS = "follows"
    """It changes somebody who is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalFacts:
    """What there is to know about a proposal, as far as it concerns it.

    `groups` are the person's. `name_taken` and `name_bad` say in a sentence why a name cannot be
    had; `like` is somebody else whom the photo shows, `owner` whose badge it is, by their ids.
    `photo_of` is the id of whoever has a photo of that id, `photos` how many the person has.
    """

    state: PersonState
    groups: tuple[str, ...] = ()
    scope: DoorScope = field(default_factory=DoorScope)
    name_taken: str = ""
    name_bad: str = ""
    like: str | None = None
    owner: str | None = None
    photo_of: str | None = None
    photos: int = 1
    fits_encoder: bool = True


@dataclass(frozen=True, slots=True)
class Ruling:
    """`problem` says in a sentence why it was not taken; `does_nothing`: there is nothing to do
    for what was taken."""

    verdict: ProposalVerdict
    problem: str = ""
    cause: HeldCause | None = None
    does_nothing: bool = False


TAKEN = Ruling(ProposalVerdict.TAKEN)
NOTHING_TO_DO = Ruling(ProposalVerdict.TAKEN, does_nothing=True)
GONE = Ruling(ProposalVerdict.REFUSED, "That person was removed from the site; a removal counts.")
UNKNOWN = Ruling(ProposalVerdict.REFUSED, "Nobody of that id is enrolled at the site.")
UNREADABLE = Ruling(
    ProposalVerdict.REFUSED,
    "What the hub has of that person is damaged; restore it from a backup, or remove them.",
)
NO_PART = Ruling(
    ProposalVerdict.REFUSED, "This door has no part in that person: they are in other groups."
)
ANOTHERS_GROUPS = Ruling(
    ProposalVerdict.REFUSED, "This door can put people into its own groups only, not into others."
)
NO_GROUP = Ruling(
    ProposalVerdict.HELD,
    "This door has part in some groups only; somebody has to say at the hub who is new in which.",
    HeldCause.GROUPS,
)
KNOWN_ID = Ruling(ProposalVerdict.REFUSED, "Somebody of that id is enrolled at the site already.")
KNOWN_PHOTO = Ruling(ProposalVerdict.REFUSED, "A photo of that id is there already.")
OTHER_SIZE = Ruling(
    ProposalVerdict.REFUSED,
    "The photo's template is not of the size that this encoder's are at the site.",
)
LAST_PHOTO = Ruling(
    ProposalVerdict.REFUSED, "It is the only photo of that person; nobody is without one."
)
TAKEN_BADGE = Ruling(ProposalVerdict.REFUSED, "That badge belongs to somebody else at the site.")
FOLLOWS = Ruling(
    ProposalVerdict.HELD, "That person waits at the hub until somebody decides.", HeldCause.FOLLOWS
)
LIKE_ANOTHER = Ruling(
    ProposalVerdict.HELD,
    "The photo shows somebody who is enrolled at the site already, to the encoder; somebody has "
    "to decide at the hub.",
    HeldCause.FACE,
)


def judge_proposal(proposed: Proposed, facts: ProposalFacts) -> Ruling:
    """The first rule that speaks against it, or that it is taken."""
    if facts.state is PersonState.REMOVED:
        return NOTHING_TO_DO if isinstance(proposed, Remove) else GONE
    if facts.state is PersonState.WAITING:
        # A removal ends the waiting, too; of what follows nobody judges the rules later.
        if isinstance(proposed, Remove):
            return TAKEN
        return ANOTHERS_GROUPS if _rules(proposed, facts) is ANOTHERS_GROUPS else FOLLOWS
    if isinstance(proposed, AddPerson):
        return _new_person(facts)
    if facts.state is PersonState.UNKNOWN:
        return UNKNOWN
    if not facts.scope.has(facts.groups):
        return NO_PART
    if facts.state is PersonState.DAMAGED and not isinstance(proposed, Remove):
        return UNREADABLE
    return _RULES.get(type(proposed), _taken)(proposed, facts)


def _new_person(facts: ProposalFacts) -> Ruling:
    if facts.state in {PersonState.ENROLLED, PersonState.DAMAGED}:
        return KNOWN_ID
    refused = _photo_refused(facts)
    if refused is not None:
        return refused
    if facts.name_bad:
        return Ruling(ProposalVerdict.REFUSED, facts.name_bad)
    if facts.name_taken:
        return Ruling(ProposalVerdict.HELD, facts.name_taken, HeldCause.NAME)
    if facts.like is not None:
        return LIKE_ANOTHER
    # In no group they would be at every door but those that have groups.
    return TAKEN if facts.scope.groups is None else NO_GROUP


def _photo(_: Proposed, facts: ProposalFacts) -> Ruling:
    refused = _photo_refused(facts)
    if refused is not None:
        return refused
    return LIKE_ANOTHER if facts.like is not None else TAKEN


def _photo_refused(facts: ProposalFacts) -> Ruling | None:
    if facts.photo_of is not None:
        return KNOWN_PHOTO
    return None if facts.fits_encoder else OTHER_SIZE


def _less_a_photo(_: Proposed, facts: ProposalFacts) -> Ruling:
    if facts.photo_of is None:
        return NOTHING_TO_DO
    return LAST_PHOTO if facts.photos <= 1 else TAKEN


def _name(_: Proposed, facts: ProposalFacts) -> Ruling:
    problem = facts.name_bad or facts.name_taken
    return Ruling(ProposalVerdict.REFUSED, problem) if problem else TAKEN


def _rules(proposed: Proposed, facts: ProposalFacts) -> Ruling:
    if facts.scope.groups is None or not isinstance(proposed, SetRules):
        return TAKEN
    # Or whoever has one door's key could let its people in at every other.
    before, own = set(facts.groups), set(facts.scope.groups)
    after = set(rules_from_bytes(proposed.rules.encode("utf-8")).groups)
    return ANOTHERS_GROUPS if (before ^ after) - own or (before and not after) else TAKEN


def _badge(_: Proposed, facts: ProposalFacts) -> Ruling:
    return TAKEN if facts.owner is None else TAKEN_BADGE


def _taken(_: Proposed, __: ProposalFacts) -> Ruling:
    return TAKEN


_RULES: dict[type, Callable[[Proposed, ProposalFacts], Ruling]] = {
    AddPhoto: _photo,
    RemovePhoto: _less_a_photo,
    Rename: _name,
    SetRules: _rules,
    AddBadge: _badge,
}
