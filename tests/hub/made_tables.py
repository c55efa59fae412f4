"""The hub's tables, made once and copied: a hub that makes its own runs every migration."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from accessctl.config import HubConfig
from accessctl.hub.database import FILE_NAME, open_database

TEMPLATE = "made"
# Before this version a database was copied by its files anyway.
ASKED_TO_COPY_FILES = 150_000


def with_tables(config: HubConfig) -> HubConfig:
    """The same, in whose folder lies an embedded database that nobody has used."""
    config.folder.mkdir(mode=0o700, parents=True)
    file = config.folder / FILE_NAME
    file.touch(0o600)
    file.write_bytes(_embedded())
    return config


@cache
def _embedded() -> bytes:
    with TemporaryDirectory() as name:
        open_database(HubConfig(folder=Path(name)), {}).close()
        assert [file.name for file in Path(name).iterdir()] == [FILE_NAME]
        return (Path(name) / FILE_NAME).read_bytes()


def make_template(server: str, folder: Path) -> None:
    """What `database_with_tables` copies, at the PostgreSQL of this URL."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as db:
        db.execute(f"CREATE DATABASE {TEMPLATE}")
    file = url_file(folder / "template", f"{server}/{TEMPLATE}")
    open_database(HubConfig(folder=folder, database_file=file), {}).close()


@contextmanager
def database_with_tables(server: str) -> Iterator[str]:
    """The URL of a database that nobody has used; it is gone at the end."""
    name = f"hub_{os.urandom(6).hex()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as db:
        asked = "STRATEGY FILE_COPY" if db.info.server_version >= ASKED_TO_COPY_FILES else ""
        db.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} {asked}")
    yield f"{server}/{name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def new_schema(server: str) -> str:
    """The URL of a schema without tables: it is made, and gone, much sooner than a database."""
    name = f"hub_{os.urandom(6).hex()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}")
    return f"{server}/postgres?options=-csearch_path%3D{name}"


def url_file(file: Path, url: str) -> Path:
    """That file, private and with the URL in it, as hub.database_file names it."""
    file.touch(0o600)
    file.write_text(f"{url}\n", encoding="ascii")
    return file
