"""A door's event log is its outbox: what of it goes to the hub next, and when it has arrived.

Nothing is noted at the door before the hub has answered that it is on its disk, and the hub takes
no record twice: so each arrives once, wherever either of the two is killed. Where the hub holds
another record than the door, the first one that differs is sent, so that the hub's alarm names it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accessctl.audit.append import End
from accessctl.audit.chain import ChainReader, ChainRecord
from accessctl.audit.schema import LATEST
from accessctl.config import Config
from accessctl.storage.parsing import read_bounded
from accessctl.sync.identity import RECEIPT_FILE, is_member
from accessctl.sync.private_files import keep_private
from accessctl.sync.wire import (
    MAX_BATCH_BYTES,
    MAX_RECORDS,
    ChainPoint,
    Digest,
    LogBatch,
    LogMark,
    LogReceipt,
    Number,
    SentRecord,
    Signature,
)

log = logging.getLogger(__name__)


class LogReceiver(Protocol):
    """What an outbox asks of the hub; see client.DoorClient. HubError."""

    def mark(self) -> LogMark: ...

    def mark_at(self, number: int) -> LogMark: ...

    def send(self, batch: LogBatch) -> LogReceipt: ...


class HeadSigner(Protocol):
    """See identity.Membership."""

    def sign_head(self, end: End) -> str: ...

    def check_receipt(self, end: End, time: float, signature: str) -> None: ...


class KeptReceipt(BaseModel):
    """What stands in `receipt.json`: the hub's last receipt."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: Number
    hash: Digest
    time: float = Field(ge=0, le=LATEST, allow_inf_nan=False)
    signature: Signature


@dataclass(frozen=True, slots=True)
class LogOutbox:
    """A log, the hub it goes to, and where the last receipt is kept."""

    reader: ChainReader
    hub: LogReceiver
    signer: HeadSigner
    folder: Path

    def mark(self) -> LogMark:
        """Up to where the hub has the log; told where that is less than it had once."""
        mark = self.hub.mark()
        kept = kept_receipt(self.folder)
        if kept is not None and mark.number < kept.number:
            log.error(
                "The hub has this door's log up to record %d, and had signed for record %d: it "
                "was put back to an older state. What is still here is sent again.",
                mark.number,
                kept.number,
            )
        return mark

    def send(self, mark: LogMark) -> LogMark:
        """One batch after `mark`, an empty one where there is nothing; where the hub is then.

        HubError, also where the hub refuses the log; StoreError.
        """
        batch = self.batch(mark)
        receipt = self.hub.send(batch)
        end = End(receipt.number, bytes.fromhex(receipt.hash))
        self.signer.check_receipt(end, receipt.time, receipt.signature)
        keep_receipt(self.folder, receipt)
        return LogMark(number=receipt.number, hash=receipt.hash)

    def batch(self, mark: LogMark) -> LogBatch:
        """What is to be sent to a hub that has the log up to `mark`; HubError, StoreError."""
        end = self.reader.end()
        after = self._after(mark, end)
        # What was written since the end was signed comes with the next batch.
        found = self.reader.after(after.number, MAX_RECORDS)
        records = within([record for record in found if record.number <= end.number])
        return LogBatch(
            mark=mark.number,
            after=ChainPoint.of(after),
            records=[SentRecord.of(record) for record in records],
            end=ChainPoint.of(end),
            signature=self.signer.sign_head(end),
        )

    def _after(self, mark: LogMark, end: End) -> End:
        """The last record before what is sent, as it stands in this door's log."""
        beginning = self.reader.beginning()
        if mark.hash is None or mark.number < beginning.number:
            return beginning
        if mark.number > end.number:
            return end
        here = self.reader.hash_at(mark.number)
        if here is not None and here.hex() == mark.hash:
            return End(mark.number, here)
        return self._before_the_first_that_differs(beginning, mark.number)

    def _before_the_first_that_differs(self, beginning: End, number: int) -> End:
        """The hash of a record says all of those before it: so half of them are passed over at a
        time. Record `number` differs."""

        def is_same(at: int) -> bool:
            here = self.reader.hash_at(at)
            return here is not None and here.hex() == self.hub.mark_at(at).hash

        last = last_before_change(is_same, beginning.number, number)
        here = self.reader.hash_at(last)
        return beginning if here is None else End(last, here)


def last_before_change(is_same: Callable[[int], bool], low: int, high: int) -> int:
    """The largest number from `low` on for which `is_same`, where that is so up to some number and
    then no more, and no more at `high`; `low` where it never is."""
    while high - low > 1:
        middle = (low + high) // 2
        if is_same(middle):
            low = middle
        else:
            high = middle
    return low


def within(records: list[ChainRecord], max_bytes: int = MAX_BATCH_BYTES) -> list[ChainRecord]:
    """As many of the first records as fit; one that is larger alone goes alone."""
    total, fit = 0, 0
    for record in records:
        total += len(record.record)
        if fit and total > max_bytes:
            break
        fit += 1
    return records[:fit]


def kept_receipt(folder: Path) -> KeptReceipt | None:
    """The hub's last receipt, None where there is none, or none that can be read."""
    try:
        return KeptReceipt.model_validate_json(read_bounded(folder / RECEIPT_FILE))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.warning("The hub's last receipt cannot be read: %s", type(error).__name__)
        return None


def keep_receipt(folder: Path, receipt: LogReceipt) -> None:
    """On disk when this returns; FaultError."""
    kept = KeptReceipt.model_validate(receipt.model_dump())
    keep_private(folder / RECEIPT_FILE, kept.model_dump_json().encode("ascii"))


def unsent_after(config: Config) -> int | None:
    """The last record that the hub has signed for: none after it may be removed. None where this
    door sends nothing, and all may go."""
    if config.sync.hub is None or not is_member(config.sync_folder):
        return None
    kept = kept_receipt(config.sync_folder)
    return 0 if kept is None else kept.number
