"""Puts the hub's parts together as the configuration says."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select

from accessctl.config import HubConfig
from accessctl.hub.answering import DatabasePatience
from accessctl.hub.authority import AUTHORITY_FILE, Authority, open_authority
from accessctl.hub.certifying import Certifier
from accessctl.hub.commands import Commands
from accessctl.hub.consent import Consents
from accessctl.hub.crossings import SiteAreas, newest_crossings
from accessctl.hub.database import USUAL, HubDatabase, open_database
from accessctl.hub.directory import DirectoryUsers
from accessctl.hub.directory_groups import DirectoryGroups
from accessctl.hub.door_feed import DoorFeed
from accessctl.hub.doors import Doors
from accessctl.hub.expiry import Expiry, spans_of
from accessctl.hub.expiry_spans import SpanSettings
from accessctl.hub.feed import SiteFeed
from accessctl.hub.handing import Handing
from accessctl.hub.held import HeldProposals
from accessctl.hub.likeness import SiteLikeness, Yardsticks, no_yardstick
from accessctl.hub.live import Live
from accessctl.hub.model_files import ModelFiles, Named, nothing_named
from accessctl.hub.passes import Passes
from accessctl.hub.people import SitePeople
from accessctl.hub.pictures import EventPictures
from accessctl.hub.proposals import Proposals
from accessctl.hub.records import Records
from accessctl.hub.removals import Removals
from accessctl.hub.request_tally import RequestTally
from accessctl.hub.scim_token import DirectoryTokens
from accessctl.hub.site_keys import SiteKeys, open_site_keys
from accessctl.hub.site_settings import SiteConfiguration
from accessctl.hub.tables import SITE_KEY
from accessctl.hub.waking import Newest, Waking, notify
from accessctl.hub.withholding import Withholding
from accessctl.policy.consent import Withheld


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub that is open; `now` is epoch time."""

    config: HubConfig
    database: HubDatabase
    authority: Authority
    doors: Doors
    records: Records
    waking: Waking
    commands: Commands
    live: Live
    areas: SiteAreas
    site_keys: SiteKeys
    feed: SiteFeed
    door_feed: DoorFeed
    people: SitePeople
    proposals: Proposals
    held: HeldProposals
    removals: Removals
    pictures: EventPictures
    models: ModelFiles
    certifier: Certifier
    passes: Passes
    withholding: Withholding
    consents: Consents
    expiry: Expiry
    site: SiteConfiguration
    directory: DirectoryUsers
    directory_groups: DirectoryGroups
    tokens: DirectoryTokens
    requests: RequestTally
    now: Callable[[], float]


def is_made(config: HubConfig) -> bool:
    """Whether a hub was begun in the folder of its keys."""
    return (config.folder / AUTHORITY_FILE).exists()


def _proofs(database: HubDatabase) -> dict[int, bytes]:
    """Of the site keys that the database knows, by their generations."""
    with database.reading() as db:
        return {row.generation: bytes(row.proof) for row in db.execute(select(SITE_KEY))}


@contextmanager
def open_hub(
    config: HubConfig,
    environment: Mapping[str, str],
    *,
    now: Callable[[], float] = time.time,
    random_bytes: Callable[[int], bytes] = os.urandom,
    yardsticks: Yardsticks = no_yardstick,
    models: Named = nothing_named,
    patience: DatabasePatience = USUAL,
) -> Iterator[Hub]:
    """Keys and database are made where there are none; FaultError, ConfigError.

    By `yardsticks` photos that doors propose are compared with everybody's; `models` are the files
    that doors may take from here; with `patience` the database is waited for.
    """
    authority = open_authority(config.folder, environment, now, random_bytes)
    database = open_database(config, environment, patience)
    try:
        keys = open_site_keys(config.folder, environment, _proofs(database), random_bytes)
        feed = SiteFeed(database, keys, now, random_bytes, lambda db: notify(database, db))
        with database.writing() as db:
            feed.begin(db)
        yield _assembled(config, feed, authority, random_bytes, yardsticks, models)
    finally:
        database.close()


def _assembled(
    config: HubConfig,
    feed: SiteFeed,
    authority: Authority,
    random_bytes: Callable[[int], bytes],
    yardsticks: Yardsticks,
    models: Named,
) -> Hub:
    database, keys, now = feed.database, feed.keys, feed.now
    is_required = config.consent == "required"
    people = SitePeople(feed, random_bytes, Withheld.NO_CONSENT if is_required else None)
    withholding = Withholding(database, people, is_required, now)
    consents = Consents(feed, people, withholding)
    doors = Doors(database, authority, now, random_bytes, feed.new_generation)
    directory = DirectoryUsers(feed, people, random_bytes)
    waking = _waking(feed)
    return Hub(
        config=config,
        database=database,
        authority=authority,
        doors=doors,
        records=Records(database, authority, now),
        waking=waking,
        commands=Commands(database, doors, waking, now, random_bytes),
        live=Live(database, doors, waking, now),
        areas=SiteAreas(database, now),
        site_keys=keys,
        feed=feed,
        door_feed=DoorFeed(feed, authority),
        people=people,
        proposals=Proposals(feed, people, SiteLikeness(people, yardsticks), now),
        held=HeldProposals(feed, people, now),
        removals=Removals(database, now),
        pictures=EventPictures(feed, config.keep_pictures_days),
        models=ModelFiles(models),
        passes=Passes(feed, people, doors, authority, random_bytes),
        certifier=Certifier(database, authority, now),
        withholding=withholding,
        consents=consents,
        expiry=Expiry(withholding, consents, SpanSettings(database, spans_of(config), now)),
        site=SiteConfiguration(feed),
        directory=directory,
        directory_groups=DirectoryGroups(feed, people, directory, random_bytes),
        tokens=DirectoryTokens(database, now, random_bytes),
        requests=RequestTally(),
        now=now,
    )


def _waking(feed: SiteFeed) -> Waking:
    return Waking(
        feed.database,
        lambda db: Newest(feed.seq(db), newest_crossings(db)),
        hand=Handing(feed.database).hand,
    )
