"""Puts the hub's parts together as the configuration says."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from accessctl.config import HubConfig
from accessctl.hub.authority import AUTHORITY_FILE, Authority, open_authority
from accessctl.hub.commands import Commands
from accessctl.hub.crossings import SiteAreas, newest_crossings
from accessctl.hub.database import HubDatabase, open_database
from accessctl.hub.doors import Doors
from accessctl.hub.live import Live
from accessctl.hub.records import Records
from accessctl.hub.waking import Newest, Waking


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
    now: Callable[[], float]


def newest(db: Connection) -> Newest:
    """What the doors that wait are told of."""
    return Newest(crossings=newest_crossings(db))


def is_made(config: HubConfig) -> bool:
    """Whether a hub was begun in the folder of its keys."""
    return (config.folder / AUTHORITY_FILE).exists()


@contextmanager
def open_hub(
    config: HubConfig,
    environment: Mapping[str, str],
    *,
    now: Callable[[], float] = time.time,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Iterator[Hub]:
    """Keys and database are made where there are none; FaultError, ConfigError."""
    authority = open_authority(config.folder, environment, now, random_bytes)
    database = open_database(config, environment)
    try:
        doors = Doors(database, authority, now, random_bytes)
        waking = Waking(database, newest)
        yield Hub(
            config=config,
            database=database,
            authority=authority,
            doors=doors,
            records=Records(database, authority, now),
            waking=waking,
            commands=Commands(database, doors, waking, now, random_bytes),
            live=Live(database, doors, waking, now),
            areas=SiteAreas(database, now),
            now=now,
        )
    finally:
        database.close()
