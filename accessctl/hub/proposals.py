"""Changes that doors made are taken into the site, refused or held: each once, by its id.

The verdict, the change and the record of both are one transaction; a door that asks again, because
the answer was lost, is given the same one. What is held lies sealed, and counts nowhere.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, select

from accessctl.domain import PersonId
from accessctl.errors import BadNameError, InputError, StoreError
from accessctl.gallery.person import clean_name
from accessctl.hub import person_document as document
from accessctl.hub.applying import apply_proposal, check_texts
from accessctl.hub.door_feed import scope_of
from accessctl.hub.feed import HELD_KIND, SiteFeed
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.judging import HeldCause, PersonState, ProposalFacts, Ruling, judge_proposal
from accessctl.hub.likeness import ProposedFace, SiteLikeness
from accessctl.hub.people import SitePeople
from accessctl.hub.site_edit import SiteEdit, forget_held
from accessctl.hub.tables import HELD, PERSON, PHOTO, PROPOSAL, REMOVAL
from accessctl.sync.feed_wire import Answered, Proposal, ProposalVerdict
from accessctl.sync.proposals import (
    AddBadge,
    AddPerson,
    AddPhoto,
    NewSitePhoto,
    Proposed,
    RemovePhoto,
    Rename,
    read_proposal,
)

REMOVED_THERE = "removed"
"""How a waiting proposal was decided whose person the door removed again."""
EXPECTED = (
    "The company's directory expects somebody of that name; somebody has to decide at the hub "
    "whether it is them."
)


@dataclass(frozen=True, slots=True)
class ReadProposal:
    """A proposal that is understood; `photo` is the one that comes with it, and `face` it as it is
    compared, None where it cannot be."""

    said: Proposal
    proposed: Proposed
    photo: NewSitePhoto | None
    face: ProposedFace | None


class Proposals:
    """What the doors propose; any thread may bring it. `now` is epoch time."""

    def __init__(
        self, feed: SiteFeed, people: SitePeople, likeness: SiteLikeness, now: Callable[[], float]
    ) -> None:
        self._feed = feed
        self._people = people
        self._likeness = likeness
        self._now = now
        # One at a time: each may depend on the one before it, and faces are compared by one thread.
        self._lock = threading.Lock()

    def answer(self, door: str, proposal: Proposal) -> Answered:
        """What became of it, on the disk when this returns; StoreError, and HubError for a door
        that counts no more."""
        with self._lock:
            try:
                read = self._read(proposal)
                with self._people.changing(door) as edit:
                    known = _answered(edit.db, door, proposal)
                    answer = known or self._answer(edit, door, read)
            except InputError as error:
                # Nothing of it was done; that it was refused is kept by itself.
                with self._people.changing(door) as edit:
                    refused = Ruling(ProposalVerdict.REFUSED, str(error))
                    known = _answered(edit.db, door, proposal)
                    return known or self._keep(edit, door, proposal, refused)
            if read.face is not None and answer.verdict is ProposalVerdict.TAKEN and known is None:
                self._likeness.kept(PersonId(proposal.person), read.face)
            return answer

    def _answer(self, edit: SiteEdit, door: str, read: ReadProposal) -> Answered:
        facts = self._facts(edit, door, read)
        ruling = judge_proposal(read.proposed, facts)
        if ruling.verdict is ProposalVerdict.TAKEN and not ruling.does_nothing:
            if facts.state is PersonState.WAITING:
                waiting = HELD.c.person == read.said.person
                forget_held(edit.db, waiting, REMOVED_THERE, self._now())
            else:
                apply_proposal(edit, read.said.person, read.proposed)
                if isinstance(read.proposed, AddPerson):
                    # Whoever is none of that door's is there all the same, until it is told.
                    edit.tell_all(read.said.person)
        if ruling.verdict is ProposalVerdict.HELD:
            self._hold(edit, door, read, ruling, facts.like)
        return self._keep(edit, door, read.said, ruling, read.face is not None)

    def _read(self, proposal: Proposal) -> ReadProposal:
        """InputError for what is none."""
        proposed = read_proposal(proposal.change, proposal.data)
        check_texts(proposed)
        photo = proposed.photo if isinstance(proposed, AddPerson | AddPhoto) else None
        if photo is None:
            return ReadProposal(proposal, proposed, None, None)
        self._check_picture(photo)
        face = self._likeness.face(photo.vector(), photo.fingerprint, photo.quality)
        return ReadProposal(proposal, proposed, photo, face)

    def _check_picture(self, photo: NewSitePhoto) -> None:
        try:
            if photo.sealed:
                self._feed.keys.open_photo(photo.sealed, photo.photo)
        except StoreError as error:
            raise InputError("The picture of a photo is not sealed to this hub.") from error

    def _facts(self, edit: SiteEdit, door: str, read: ReadProposal) -> ProposalFacts:
        person = edit.everybody.people.get(read.said.person)
        bad, taken = _name_problems(edit, read)
        badge = read.proposed.digest if isinstance(read.proposed, AddBadge) else None
        return ProposalFacts(
            state=_state(edit, read.said.person),
            groups=_groups_of(edit, read.said.person),
            scope=scope_of(edit.db, door),
            name_bad=bad,
            name_taken=taken,
            like=self._like(edit, read),
            owner=None if badge is None else edit.badge_owner(badge),
            photo_of=_photo_owner(edit.db, read.proposed),
            photos=0 if person is None else len(person.photos),
            fits_encoder=read.photo is None or _is_of_their_size(edit, read.photo),
        )

    def _like(self, edit: SiteEdit, read: ReadProposal) -> str | None:
        if read.face is None or read.photo is None or not _is_of_their_size(edit, read.photo):
            return None
        known = read.said.person in edit.everybody.people
        return self._likeness.other(read.face, PersonId(read.said.person) if known else None)

    def _hold(
        self, edit: SiteEdit, door: str, read: ReadProposal, ruling: Ruling, like: str | None
    ) -> None:
        number = (edit.db.execute(select(func.max(HELD.c.number))).scalar() or 0) + 1
        content = read.said.data.encode("utf-8")
        sealed = self._feed.sealed(edit.db, content, HELD_KIND, str(number))
        row = {
            "number": number,
            "door": door,
            "person": read.said.person,
            "change": read.said.change,
            "cause": (ruling.cause or HeldCause.NAME).value,
            "like": like,
            "time": read.said.time,
            "generation": sealed.generation,
            "wrapped": sealed.wrapped,
            "sealed": sealed.content,
        }
        edit.db.execute(HELD.insert().values(row))

    def _keep(
        self,
        edit: SiteEdit,
        door: str,
        said: Proposal,
        ruling: Ruling,
        compared: bool = False,
    ) -> Answered:
        seq = self._feed.seq_of(edit.db, said.person)
        row = {
            "door": door,
            "id": said.id,
            "person": said.person,
            "change": said.change,
            "verdict": ruling.verdict.value,
            "seq": seq,
            "problem": ruling.problem,
            "time": said.time,
            "received": self._now(),
        }
        edit.db.execute(PROPOSAL.insert().values(row))
        told = {name: row[name] for name in ("door", "id", "person", "change", "verdict")}
        if ruling.cause is not None:
            told["cause"] = ruling.cause.value
        if said.change in ("add_person", "add_photo"):
            told["compared"] = compared
        write_journal(self._feed.database, edit.db, JournalKind.PROPOSAL, self._now(), told)
        return Answered(id=said.id, verdict=ruling.verdict, seq=seq, problem=ruling.problem)


def _answered(db: Connection, door: str, proposal: Proposal) -> Answered | None:
    """What was answered before."""
    same = (PROPOSAL.c.door == door) & (PROPOSAL.c.id == proposal.id)
    row = db.execute(select(PROPOSAL).where(same)).first()
    if row is None:
        return None
    return Answered(
        id=row.id, verdict=ProposalVerdict(row.verdict), seq=row.seq, problem=row.problem
    )


def _name_problems(edit: SiteEdit, read: ReadProposal) -> tuple[str, str]:
    """Why a proposed name is none, and why it cannot be theirs."""
    if not isinstance(read.proposed, AddPerson | Rename):
        return "", ""
    try:
        edit.refuse_taken(clean_name(read.proposed.name), read.said.person)
        if edit.is_expected(read.proposed.name):
            return "", EXPECTED
    except BadNameError as error:
        return str(error), ""
    except InputError as error:
        return "", str(error)
    return "", ""


def _state(edit: SiteEdit, person: str) -> PersonState:
    if person in edit.everybody.people:
        return PersonState.ENROLLED
    if person in edit.everybody.damaged:
        return PersonState.DAMAGED
    if edit.db.execute(select(REMOVAL.c.seq).where(REMOVAL.c.person == person)).first():
        return PersonState.REMOVED
    waiting = (HELD.c.person == person) & HELD.c.decided.is_(None)
    found: Row[tuple[int]] | None = edit.db.execute(select(HELD.c.number).where(waiting)).first()
    return PersonState.UNKNOWN if found is None else PersonState.WAITING


def _groups_of(edit: SiteEdit, person: str) -> tuple[str, ...]:
    """Also of somebody damaged."""
    found = edit.db.execute(select(PERSON.c.groups).where(PERSON.c.id == person)).scalar()
    return () if found is None else tuple(json.loads(found))


def _photo_owner(db: Connection, proposed: Proposed) -> str | None:
    """The id of whoever has a photo of the id that is proposed."""
    match proposed:
        case AddPerson() | AddPhoto():
            photo = proposed.photo.photo
        case RemovePhoto():
            photo = proposed.photo
        case _:
            return None
    found = db.execute(select(PHOTO.c.person).where(PHOTO.c.id == photo)).scalar()
    return None if found is None else str(found)


def _is_of_their_size(edit: SiteEdit, photo: NewSitePhoto) -> bool:
    """Whether the template is as long as those that the same encoder made here: with another one
    among them no door could compare any."""
    size = len(document.template_text(photo.vector()))
    for person in edit.everybody.people.values():
        for other in person.photos:
            if photo.fingerprint in other.templates:
                return len(other.templates[photo.fingerprint]) == size
    return True
