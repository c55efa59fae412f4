"""A hub in memory as a door meets it, for tests: it seals and signs as a real one does.

It stands in for the connection (client.DoorClient) and for what a door knows of its hub
(identity.Membership). Nothing of it is kept.
"""

import base64
import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from accessctl.errors import HubError
from accessctl.sync.feed_wire import (
    COMMAND_S,
    Answered,
    Change,
    ChangeBatch,
    ChangeKind,
    CommandAnswer,
    FeedHead,
    HubCommand,
    KeysAnswer,
    KeysRequest,
    Proposal,
    ProposalsAnswer,
    ProposalsRequest,
    ProposalVerdict,
    ReceiptsRequest,
    RemovalReceipt,
    SiteBadgeKey,
    SitePerson,
    SitePhoto,
    WaitBeside,
    Waited,
    head_of_feed,
    removal_statement,
)
from accessctl.sync.proposals import (
    AddPerson,
    AddPhoto,
    NewSitePhoto,
    Remove,
    Rename,
    SetRules,
    read_proposal,
)
from accessctl.sync.shot_wire import ShotTaken, shot_id
from accessctl.sync.site_sealing import open_photo, seal_document, wrap_site_key

START = 1_700_000_000.0


class FakeHub:
    """One hub with one door, whose id is `door`.

    `time` is its clock, epoch seconds; `page` is how many changes it gives at once, `hands` whether
    it gives them with the answer to a wait; `fault` is raised by every request while it is set.
    `judge` gives the verdict on a proposal, None where it is to be taken. `pictures` are the photos
    that it was sent, by their ids or by the command that asked for one, `receipts` the removals
    that the door has answered for, `proposed` all proposals in the order in which they came.
    `settled` is what became of commands by their nonces, `faults` what was wrong with what the
    camera saw.
    """

    def __init__(self, door: str = "d" * 32) -> None:
        self.door = door
        self.time = START
        self.page = 200
        self.hands = False
        self.fault: HubError | None = None
        self.is_busy = False
        self.judge: Callable[[Proposal], Answered | None] = lambda _: None
        self.pictures: dict[str, bytes] = {}
        self.receipts: list[RemovalReceipt] = []
        self.proposed: list[Proposal] = []
        self.settled: dict[str, CommandAnswer] = {}
        self.faults: dict[str, str] = {}
        self._commands: list[HubCommand] = []
        self.people: dict[str, SitePerson] = {}
        self.asked_for_keys = 0
        self.generation = 1
        self._round: int | None = None
        self._seq = 0
        self._changes: dict[str, Change] = {}
        self._answered: dict[str, Answered] = {}
        self._key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
        self._door_key = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
        self._photos = X25519PrivateKey.from_private_bytes(b"p" * 32)
        self._nonces = 0

    @property
    def hub_id(self) -> str:
        return self._key.public_key().public_bytes_raw().hex()

    @property
    def seq(self) -> int:
        return self._seq

    def put(self, person: SitePerson) -> int:
        """The person as they are from now on; the number of the change."""
        self.people[person.id] = person
        content = person.model_dump_json().encode("utf-8")
        return self._say(person.id, ChangeKind.PERSON, content)

    def remove(self, person: str, *, removed: bool = True) -> int:
        """Removed everywhere, or only none of this door's people any more."""
        self.people.pop(person, None)
        return self._say(person, ChangeKind.GONE, None, removed=removed)

    def say(self, kind: str, content: bytes) -> int:
        """A document of the site, or of the door; `kind` is a ChangeKind, or a newer hub's."""
        return self._say(str(kind), kind, content)

    def set_badge_key(self, key: bytes) -> int:
        document = SiteBadgeKey(key=key.hex()).model_dump_json().encode("ascii")
        return self.say(ChangeKind.BADGE_KEY, document)

    def forget(self, person: str) -> None:
        """As if the change of this person had never been: only a round tells the door."""
        del self._changes[person]
        self.people.pop(person, None)

    def begin_anew(self) -> None:
        """The door has to ask for everything again, in a round."""
        self._round = self._seq

    def changes(self, after: int, round_: int | None) -> ChangeBatch:
        self._fail()
        if self._round is not None and round_ != self._round:
            return ChangeBatch(changes=(), more=True, round=self._round, head=self.head())
        rows = self._after(after)
        more = len(rows) > self.page
        if not more:
            self._round = None
        return ChangeBatch(
            changes=tuple(rows[: self.page]), more=more, round=round_, head=self.head()
        )

    def wait(self, after: int, beside: WaitBeside) -> Waited:
        """At once: nobody waits here."""
        self._fail()
        handed = None
        if self.hands and self._seq > after and self._round is None:
            handed = tuple(self._after(after))
        commands, self._commands = tuple(self._commands), []
        return Waited(
            changes=self._seq > after,
            commands=commands,
            crossing=beside.crossing,
            handed=handed,
            head=self.head(),
        )

    def command(self, kind: str, value: str = "", operator: str = "Grace") -> str:
        """The door's next wait brings it, once; its nonce. `kind` is a CommandKind, or a newer
        hub's."""
        nonce = self._random(16).hex()
        told = {"kind": kind, "value": value, "operator": operator, "expires_in_s": COMMAND_S}
        self._commands.append(HubCommand.model_validate({"nonce": nonce, **told}))
        return nonce

    def settle(self, nonce: str, answer: CommandAnswer) -> None:
        self._fail()
        self.settled[nonce] = answer

    def give_shot(self, nonce: str, shot: ShotTaken) -> None:
        self._fail()
        self.settled[nonce] = CommandAnswer(done=True)
        self.faults[nonce] = shot.fault
        if shot.sealed:
            name = shot_id(self.door, nonce)
            self.pictures[nonce] = open_photo(shot.sealed, name, self._photos)

    def keys(self, request: KeysRequest) -> KeysAnswer:
        self._fail()
        self.asked_for_keys += 1
        keys = {
            generation: wrap_site_key(
                self._site_key(generation), generation, self.door, request.box
            )
            for generation in range(1, self.generation + 1)
        }
        return KeysAnswer(keys=keys, photos=self._photos.public_key().public_bytes_raw().hex())

    def propose(self, request: ProposalsRequest) -> ProposalsAnswer:
        self._fail()
        for proposal in request.proposals:
            if proposal.id not in self._answered:
                self.proposed.append(proposal)
                self._answered[proposal.id] = self.judge(proposal) or self._taken(proposal)
        return ProposalsAnswer(answers=tuple(self._answered[p.id] for p in request.proposals))

    def receipt(self, request: ReceiptsRequest) -> None:
        self._fail()
        for one in request.receipts:
            statement = removal_statement(self.door, one.person, one.seq, one.time)
            self._door_key.public_key().verify(bytes.fromhex(one.signature), statement)
        self.receipts += request.receipts

    def close(self) -> None:
        """Nothing is open."""

    def head(self) -> FeedHead:
        signed = self._key.sign(head_of_feed(self.door, self._seq, self.time)).hex()
        return FeedHead(seq=self._seq, time=self.time, signature=signed)

    def check_head(self, head: FeedHead) -> None:
        """See identity.Membership."""
        statement = head_of_feed(self.door, head.seq, head.time)
        if self._key.sign(statement).hex() != head.signature:
            raise HubError("The hub signed how far its feed has come with another key.")

    def sign_removal(self, person: str, seq: int, time: float) -> str:
        """See identity.Membership: the door's own signature."""
        return self._door_key.sign(removal_statement(self.door, person, seq, time)).hex()

    def _after(self, after: int) -> list[Change]:
        rows = [change for change in self._changes.values() if change.seq > after]
        return sorted(rows, key=lambda change: change.seq)

    def _say(self, subject: str, kind: str, content: bytes | None, *, removed: bool = False) -> int:
        self._seq += 1
        if content is None:
            change = Change(seq=self._seq, subject=subject, kind=kind, removed=removed)
        else:
            site_key = self.generation, self._site_key(self.generation)
            sealed = seal_document(content, str(kind), subject, site_key, self._random)
            change = Change(
                seq=self._seq,
                subject=subject,
                kind=kind,
                generation=self.generation,
                wrapped=sealed.wrapped.hex(),
                sealed=base64.b64encode(sealed.content).decode("ascii"),
            )
        self._changes[subject] = change
        return self._seq

    def _taken(self, proposal: Proposal) -> Answered:
        said = read_proposal(proposal.change, proposal.data)
        match said:
            case AddPerson():
                person = SitePerson(
                    id=proposal.person,
                    name=said.name,
                    enrolled=said.photo.added,
                    photos=(self._photo(said.photo),),
                )
            case Remove():
                seq = self.remove(proposal.person)
                return Answered(id=proposal.id, verdict=ProposalVerdict.TAKEN, seq=seq)
            case AddPhoto():
                known = self.people[proposal.person]
                photos = (*known.photos, self._photo(said.photo))
                person = known.model_copy(update={"photos": photos})
            case Rename():
                person = self.people[proposal.person].model_copy(update={"name": said.name})
            case SetRules():
                person = self.people[proposal.person].model_copy(update={"rules": said.rules})
            case _:
                raise HubError(f"This fake takes no {proposal.change}.")
        return Answered(id=proposal.id, verdict=ProposalVerdict.TAKEN, seq=self.put(person))

    def _photo(self, said: NewSitePhoto) -> SitePhoto:
        if said.sealed:
            self.pictures[said.photo] = open_photo(said.sealed, said.photo, self._photos)
        return SitePhoto(
            id=said.photo,
            quality=said.quality,
            added=said.added,
            templates={said.fingerprint: said.embedding},
        )

    def _site_key(self, generation: int) -> bytes:
        return hashlib.sha256(b"site key %d" % generation).digest()

    def _random(self, count: int) -> bytes:
        self._nonces += 1
        return hashlib.shake_128(b"%d" % self._nonces).digest(count)

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault
