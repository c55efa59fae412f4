"""What `accessctl doctor` finds between a door and its hub, without asking the hub."""

import time
from collections.abc import Callable, Iterator

from accessctl.config import Config
from accessctl.errors import FaultError
from accessctl.service.checks import Finding, ok, warning
from accessctl.sync.identity import load_membership, utc_in_words
from accessctl.sync.outbox import kept_receipt

SUBJECT = "hub"
QUIET_S = 3600.0
"""A hub that has signed for nothing for so long is told of: a running door asks each minute."""


def check_hub(config: Config, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Says nothing of a door whose configuration names no hub. None of it is a failure: the door
    works without its hub."""
    if config.sync.hub is None:
        return
    try:
        member = load_membership(config.sync_folder)
    except FaultError as error:
        yield warning(SUBJECT, str(error))
        return
    if member is None:
        yield warning(
            SUBJECT,
            f"The configuration names the hub {config.sync.hub}, and this door has not joined it, "
            "so nothing is sent; run: accessctl join",
        )
        return
    until = utc_in_words(member.expires)
    if member.left(now()) <= 0:
        yield warning(
            SUBJECT,
            f"This door's certificate ran out ({until}), so nothing is sent; revoke and invite it "
            "at the hub, then run: accessctl join",
        )
    kept = kept_receipt(config.sync_folder)
    if kept is None:
        yield warning(SUBJECT, f"{config.sync.hub} has nothing of this door's log yet.")
    elif now() - kept.time > QUIET_S:
        yield warning(
            SUBJECT,
            f"{config.sync.hub} was last heard of at {utc_in_words(kept.time)}; the door's log "
            "says why, if the door runs.",
        )
    else:
        yield ok(SUBJECT, f"{config.sync.hub} has the log up to record {kept.number}.")
