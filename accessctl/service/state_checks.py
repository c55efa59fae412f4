"""What `accessctl doctor` finds in the state that outlives a door: whether its gallery and its
configuration are the last ones.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from accessctl.administration.acceptance import AcceptedCopy, Settled, not_accepted, read_text
from accessctl.administration.gallery_heads import GalleryHeads
from accessctl.audit.opening import open_log_to_check
from accessctl.config import Config
from accessctl.gallery import sealing
from accessctl.gallery.schema import database_file
from accessctl.gallery.store import open_gallery
from accessctl.service.checks import Finding, failure, ok


def check_gallery_head(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Says nothing where there is no gallery or no log yet, or no key: others do."""
    folder = config.gallery.folder
    if not database_file(folder).exists() or not config.audit.file.exists():
        return
    if sealing.find_key(folder, environment) is None:
        return
    with (
        open_gallery(config.gallery, environment) as gallery,
        open_log_to_check(config.audit, environment) as audit,
    ):
        objection = GalleryHeads(gallery, audit, time.time).objection()
    if objection is not None:
        yield failure("gallery", objection)
    else:
        yield ok("gallery", "It is the last one that the event log knows.")


def check_accepted_config(path: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Says nothing before the first start; StoreError for a copy that cannot be opened."""
    accepted = AcceptedCopy(path, environment).read()
    if accepted is None:
        return
    weaker = Settled(read_text(path), accepted).weaker
    if weaker:
        yield failure("config", str(not_accepted(path, weaker)))
    else:
        yield ok("config", "It guards the door no less than the one that was accepted.")
