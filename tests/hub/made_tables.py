"""The tables of an embedded hub, made once and copied: a hub that makes its own runs every
migration."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from accessctl.config import HubConfig
from accessctl.hub.database import FILE_NAME, open_database


def with_tables(config: HubConfig) -> HubConfig:
    """The same, in whose folder empty tables lie now, unless its hub is on PostgreSQL."""
    if config.database_file is None:
        config.folder.mkdir(mode=0o700)
        file = config.folder / FILE_NAME
        file.touch(0o600)
        file.write_bytes(_tables())
    return config


@cache
def _tables() -> bytes:
    with TemporaryDirectory() as name:
        open_database(HubConfig(folder=Path(name)), {}).close()
        assert [file.name for file in Path(name).iterdir()] == [FILE_NAME]
        return (Path(name) / FILE_NAME).read_bytes()
