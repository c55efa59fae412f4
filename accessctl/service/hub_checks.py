"""What `accessctl doctor` finds between a door and its hub, without asking the hub."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from accessctl.clock import Clocks
from accessctl.config import Config
from accessctl.errors import FaultError
from accessctl.gallery.schema import database_file
from accessctl.gallery.site_store import open_site_gallery
from accessctl.service.checks import Finding, ok, warning
from accessctl.sync.age import HubAge
from accessctl.sync.identity import load_membership, utc_in_words
from accessctl.sync.outbox import kept_receipt
from accessctl.sync.site_config import RULES, SETTINGS, laid_over, wish_in

SUBJECT = "hub"
QUIET_S = 3600.0
"""A hub that has signed for nothing for so long is told of: a running door asks each minute."""


def check_hub(
    config: Config,
    environment: Mapping[str, str],
    now: Callable[[], float] = time.time,
    clocks: Clocks | None = None,
) -> Iterator[Finding]:
    """Says nothing of a door that never had to do with a hub. None of it is a failure: the door
    works without its hub. StoreError, GalleryKeyError."""
    if config.sync.hub is None:
        yield from _left_behind(config, environment)
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
    yield from _people(config, environment, clocks or Clocks())


def _left_behind(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Of a door that has left its hub: nobody tells it any more of whom is removed there."""
    if not database_file(config.gallery.folder).exists():
        return
    site = open_site_gallery(config.gallery, environment)
    with closing(site.gallery):
        count = 0 if site.position() is None else len(site.ids())
    if count:
        yield warning(
            SUBJECT,
            f"{count} people of a hub are here that is not asked any more: whoever is removed "
            "there may enter here all the same. Remove those whom this door shall not know, or "
            "put sync.hub back.",
        )


def _people(config: Config, environment: Mapping[str, str], clocks: Clocks) -> Iterator[Finding]:
    """How old the people are, and what of them or of settings does not count."""
    if not database_file(config.gallery.folder).exists():
        return
    site = open_site_gallery(config.gallery, environment)
    with closing(site.gallery):
        age_s, waiting = HubAge(site, clocks).age_s(), site.waiting_count()
        wish = wish_in(site.document(RULES), site.document(SETTINGS))
    if age_s is None:
        yield warning(SUBJECT, "It has not said yet who may enter here.")
    elif math.isinf(age_s):
        yield warning(
            SUBJECT,
            "Since the machine was off nobody knows how old its last word is, and the strictest of "
            "sync.stale holds until it answers, or the clock is synchronised.",
        )
    elif age_s > QUIET_S:
        yield warning(
            SUBJECT,
            f"The people are as it had them {age_s / 3600:.1f} h ago; see sync.stale for what "
            "comes of that.",
        )
    if waiting:
        yield warning(SUBJECT, f"{waiting} changes made here wait for its answer.")
    for refused in laid_over(config, wish).refused:
        yield warning(SUBJECT, f"What it wants of this door does not count: {refused}.")
