"""Changes that were made at a door go to its hub, in their order, and what it says of them counts.

What is taken is everybody's; of what is refused, or held until somebody decides, the hub's state
counts here, too, which may be that there is nobody.
"""

import json
import logging
from collections.abc import Callable
from typing import Any, Protocol

from accessctl.errors import HubError
from accessctl.gallery.site import OwedReceipt, WaitingProposal
from accessctl.gallery.site_store import SiteGallery
from accessctl.storage.parsing import shortened
from accessctl.sync.feed import SiteRecord
from accessctl.sync.feed_wire import (
    MAX_CHANGES,
    MAX_PROPOSALS,
    Answered,
    Proposal,
    ProposalsAnswer,
    ProposalsRequest,
    ProposalVerdict,
    ReceiptsRequest,
    RemovalReceipt,
)
from accessctl.sync.site_key_ring import SiteKeyRing
from accessctl.sync.wire import MAX_BATCH_BYTES

HELD, REFUSED = "proposal_held", "proposal_refused"

log = logging.getLogger(__name__)


class ProposalTaker(Protocol):
    """See client.DoorClient. HubError."""

    def propose(self, request: ProposalsRequest) -> ProposalsAnswer: ...

    def receipt(self, request: ReceiptsRequest) -> None: ...


class RemovalSigner(Protocol):
    """See identity.Membership."""

    def sign_removal(self, person: str, seq: int, time: float) -> str: ...


class Proposing:
    """Sends what waits in the outbox of `site`; `now` is epoch time."""

    def __init__(
        self,
        taker: ProposalTaker,
        signer: RemovalSigner,
        keys: SiteKeyRing,
        site: SiteGallery,
        record: SiteRecord,
        now: Callable[[], float],
    ) -> None:
        self._taker = taker
        self._signer = signer
        self._keys = keys
        self._site = site
        self._record = record
        self._now = now

    def send(self) -> bool:
        """One request's worth; whether anything was answered. HubError, StoreError, FaultError."""
        self._site.propose_unknown()
        waiting = self._within(self._site.waiting(MAX_PROPOSALS))
        if not waiting:
            return False
        answer = self._taker.propose(
            ProposalsRequest(proposals=tuple(proposal for _, proposal in waiting))
        )
        answered = {one.id: one for one in answer.answers}
        if not any(proposal.id in answered for proposal, _ in waiting):
            raise HubError("The hub answered other changes than those that were proposed.")
        for proposal, _ in waiting:
            if proposal.id not in answered:
                break
            self._settle(proposal, answered[proposal.id])
        return True

    def owes_receipts(self) -> bool:
        """Whether the hub wants to hear of a removal. StoreError."""
        return bool(self._site.owed(1))

    def give_receipts(self) -> None:
        """Tell the hub of the removals that it wants to hear of. HubError, StoreError."""
        owed = self._site.owed(MAX_CHANGES)
        if owed:
            self._taker.receipt(ReceiptsRequest(receipts=tuple(map(self._receipt, owed))))
            self._site.receipted(owed)

    def _receipt(self, owed: OwedReceipt) -> RemovalReceipt:
        now = round(self._now(), 3)
        return RemovalReceipt(
            person=owed.person,
            seq=owed.seq,
            time=now,
            signature=self._signer.sign_removal(owed.person, owed.seq, now),
        )

    def _settle(self, proposal: WaitingProposal, answer: Answered) -> None:
        if answer.verdict is ProposalVerdict.TAKEN:
            self._site.taken({proposal.id: answer.seq})
            return
        is_held = answer.verdict is ProposalVerdict.HELD
        log.warning(
            "The hub %s what was changed here (%s): %s",
            "holds until somebody decides" if is_held else "refuses",
            proposal.change,
            shortened(answer.problem or "it says no more"),
        )
        self._record.write([(HELD if is_held else REFUSED, proposal.person)])
        with self._record.changing():
            self._site.not_taken(proposal, answer.seq, self._record.write)

    def _within(self, waiting: list[WaitingProposal]) -> list[tuple[WaitingProposal, Proposal]]:
        """As many of the first as fit into a request; one that is larger alone goes alone."""
        total = 0
        fit: list[tuple[WaitingProposal, Proposal]] = []
        for proposal in waiting:
            said = self._said(proposal)
            total += len(said.data)
            if fit and total > MAX_BATCH_BYTES:
                break
            fit.append((proposal, said))
        return fit

    def _said(self, waiting: WaitingProposal) -> Proposal:
        data = dict(waiting.data)
        photo = data.get("photo")
        if isinstance(photo, dict):
            data["photo"] = photo | {"sealed": self._sealed(photo)}
        return Proposal(
            id=waiting.id,
            time=waiting.time,
            change=waiting.change,
            person=waiting.person,
            data=json.dumps(data, allow_nan=False),
        )

    def _sealed(self, photo: dict[str, Any]) -> str:
        jpeg = self._site.picture(photo["photo"])
        return self._keys.sealed_photo(jpeg, photo["photo"]) if jpeg else ""
