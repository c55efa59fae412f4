"""The last configuration that counts, kept sealed: a file that guards less has to be accepted.

A file that was cut off, or edited in a hurry, still loads: what is missing falls back to defaults
that may be weaker than what was asked for. So the door keeps the text that it last ran by, sealed
with the audit key, and goes on with it until somebody accepts the weaker one. Which one counts is
on record, so that an older copy of it is seen. The copy lies where no configuration can move it.
"""

import base64
import binascii
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from accessctl.administration.changes import DeferredLog
from accessctl.administration.gallery_heads import ReadableRecorder
from accessctl.audit.opening import find_key, generate_key, key_path
from accessctl.config import Config, config_in, read_config
from accessctl.config.former import NOTHING_FORMER, Former, former_after
from accessctl.config.guard import Weakening, changed_names, weakened
from accessctl.domain import Event, EventKind
from accessctl.errors import ConfigError, StoreError
from accessctl.gallery.schema import place_of
from accessctl.gallery.sealing import associated_data, seal, unseal
from accessctl.storage.files import write_atomically
from accessctl.storage.parsing import read_bounded

# Where a service has its configuration, and where it may write.
ETC, STATE = Path("/etc/accessctl"), Path("/var/lib/accessctl")
ENDING = ".accepted"
_PLACE = associated_data("accepted configuration", "2")


@dataclass(frozen=True, slots=True, eq=False)
class ConfigText:
    """A configuration's file as it was read, and what it says; `digest` is its SHA-256 (hex).

    `former` is what guarded the door before and is not in it any more."""

    content: bytes
    config: Config
    former: Former = NOTHING_FORMER

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read_text(path: Path) -> ConfigText:
    """The configuration in `path`; ConfigError."""
    content = read_config(path)
    return ConfigText(content, config_in(content, path))


def accepted_path(config_path: Path) -> Path:
    """Where the accepted copy of that configuration lies: by its own path and nothing else."""
    path = config_path.resolve()
    folder = STATE if path.is_relative_to(ETC) else path.parent / "state"
    return folder / f"{path.name}{ENDING}"


class AcceptedCopy:
    """The sealed copy of the configuration at `path`.

    The audit key seals it. Where that lies beside the log, the copy says where that is, in
    clear: the log's place is itself a setting.
    """

    def __init__(
        self,
        path: Path,
        environment: Mapping[str, str],
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._config_path = path
        self.path = accepted_path(path)
        self._environment = environment
        self._random = random_bytes

    def read(self) -> ConfigText | None:
        """None where none was kept yet; StoreError for one that cannot be opened."""
        try:
            key_file, sealed = _parsed(read_bounded(self.path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                f"The accepted configuration {self.path} cannot be read ({error.strerror}); run "
                "this as the user that the door runs as."
            ) from error
        except ValueError as error:
            raise self._damaged() from error
        key = find_key(key_file, self._environment)
        if key is None:
            raise StoreError(
                f"The accepted configuration {self.path} is sealed with the audit key, which is "
                f"not there; restore {key_file}, or run: accessctl config accept"
            )
        try:
            return self._opened(key, sealed)
        except StoreError as error:
            raise self._damaged() from error
        except ConfigError as error:
            raise StoreError(
                f"The configuration that was accepted does not suit this release ({error}) Look at "
                "the present one and run: accessctl config accept"
            ) from error

    def keep(self, text: ConfigText) -> None:
        """Put `text` in place of what was kept, on disk when this returns; StoreError."""
        key_file = key_path(text.config.audit)
        key = find_key(key_file, self._environment) or generate_key(key_file, self._random)
        content = _written(key_file, self._sealed(key, text))
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # What root accepts is for the door's user to read.
            status = self.path.parent.stat()
            owner = (status.st_uid, status.st_gid) if os.geteuid() == 0 else None
            write_atomically(self.path, content, owner=owner)
        except OSError as error:
            raise StoreError(
                f"The accepted configuration {self.path} cannot be written ({error.strerror}); "
                "let the door's user write there."
            ) from error

    def found(self, key: bytes) -> ConfigText | None:
        """What was kept, opened with that audit key; None where that cannot be."""
        try:
            return self._opened(key, _parsed(read_bounded(self.path))[1])
        except (OSError, ValueError, StoreError, ConfigError):
            return None

    def put_into(self, file: Path, key_file: Path, key: bytes, text: ConfigText) -> None:
        """Make `file` a copy of `text`, sealed with `key`, which lies in `key_file`; OSError."""
        write_atomically(file, _written(key_file, self._sealed(key, text)))

    def taken_along(self, file: Path, key_file: Path, key: bytes) -> ConfigText | None:
        """Make `file`, a copy from another place, say that its `key` lies in `key_file` now.

        What it holds; None where that cannot be opened, as it could not before. OSError.
        """
        try:
            _, sealed = _parsed(read_bounded(file))
        except ValueError:
            return None
        write_atomically(file, _written(key_file, sealed))
        try:
            return self._opened(key, sealed)
        except (StoreError, ConfigError):
            return None

    def _sealed(self, key: bytes, text: ConfigText) -> bytes:
        # One line of JSON, and then the file as it was read.
        former = text.former.model_dump_json().encode("utf-8")
        return seal(key, former + b"\n" + text.content, _PLACE, self._random)

    def _opened(self, key: bytes, sealed: bytes) -> ConfigText:
        """StoreError for another key, ConfigError for what is no configuration any more."""
        former, _, content = unseal(key, sealed, _PLACE).partition(b"\n")
        try:
            known = Former.model_validate_json(former)
        except ValidationError as error:
            raise ConfigError(
                "What guarded the door before is kept in a way that is not known."
            ) from error
        return ConfigText(content, config_in(content, self._config_path), known)

    def _damaged(self) -> StoreError:
        return StoreError(
            f"The accepted configuration {self.path} was damaged or altered; look at the "
            "configuration and run: accessctl config accept"
        )


def _parsed(content: bytes) -> tuple[Path, bytes]:
    """Where the key lies, and what is sealed with it; ValueError."""
    try:
        head = json.loads(content)
        return Path(head["key"]), base64.b64decode(head["sealed"], validate=True)
    except (TypeError, LookupError, RecursionError, binascii.Error) as error:
        raise ValueError("no accepted configuration") from error


def _written(key_file: Path, sealed: bytes) -> bytes:
    head = {"key": str(key_file), "sealed": base64.b64encode(sealed).decode("ascii")}
    return json.dumps(head).encode("ascii")


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Which configuration runs: the `file`'s, or the `accepted` one where the file guards less.

    `accepted` is None at the first start: then the file becomes it.
    """

    file: ConfigText
    accepted: ConfigText | None

    @property
    def weaker(self) -> tuple[Weakening, ...]:
        """In what the file guards less than what was accepted."""
        if self.accepted is None or self.accepted.digest == self.file.digest:
            return ()
        return weakened(self.accepted.config, self.file.config, self.accepted.former)

    @property
    def running(self) -> ConfigText:
        return self.accepted if self.weaker and self.accepted is not None else self.file

    @property
    def to_keep(self) -> ConfigText:
        """The file as it is accepted: with what guarded the door before and is not in it."""
        if self.accepted is None:
            return self.file
        former = former_after(self.accepted.config, self.accepted.former, self.file.config)
        return replace(self.file, former=former)

    @property
    def changed(self) -> tuple[str, ...]:
        """What the one that runs says otherwise than the one accepted before."""
        if self.accepted is None:
            return ()
        return changed_names(self.accepted.config, self.running.config)


def not_accepted(path: Path, weaker: tuple[Weakening, ...]) -> ConfigError:
    """Why the file at `path` does not count."""
    return ConfigError(
        f"{path} guards the door less than the configuration that was accepted: "
        f"{'; '.join(map(str, weaker))}. The accepted one counts; correct the file, or run: "
        "accessctl config accept"
    )


ACCEPTING, ACCEPTED, NOT_ACCEPTED = "config_accepting", "config_accepted", "config_not_accepted"
# What says on record which configuration counts: its digest stands there under `config`.
TELLING = (ACCEPTING, ACCEPTED, "started", "reloaded")


class AcceptanceRecord:
    """What the event log says of the configuration at one path; StoreError."""

    def __init__(self, path: Path, audit: ReadableRecorder, now: Callable[[], float]) -> None:
        """`now` is epoch time."""
        self.place = place_of(path)
        self._audit = audit
        self._now = now

    def known(self) -> frozenset[str]:
        """The digests of which one is that of the accepted copy; none where nothing is known.

        Two, where whoever kept the last one may have been stopped before it was kept; none where
        that was the first.
        """
        known: frozenset[str] = frozenset()
        for _, event in self._audit.query(kind=EventKind.SERVICE):
            data = event.data
            if data.get("state") not in TELLING or data.get("config_place") != self.place:
                continue
            said = frozenset({str(data.get("config"))})
            if data["state"] != ACCEPTING:
                known = said
            elif known:
                known |= said
        return known

    def accept(self, copy: AcceptedCopy, text: ConfigText, **more: Any) -> None:
        """From now on `text` counts: on record, kept, and on record as kept."""
        self._write(ACCEPTING, text, **more)
        copy.keep(text)
        self._write(ACCEPTED, text, **more)

    def confirm(self, text: ConfigText, **more: Any) -> None:
        """What is kept already is `text`, and goes on counting."""
        self._write(ACCEPTED, text, **more)

    def refuse(self, text: ConfigText, weaker: Sequence[Weakening]) -> None:
        """Tell of a file that does not count, and in what it is weaker."""
        self._write(NOT_ACCEPTED, text, weaker=[one.name for one in weaker])

    def _write(self, state: str, text: ConfigText, **more: Any) -> None:
        data = {"state": state, "config_place": self.place, "config": text.digest, **more}
        self._audit.append(Event(self._now(), EventKind.SERVICE, data))


def check_known(copy: AcceptedCopy, accepted: ConfigText | None, known: frozenset[str]) -> None:
    """ConfigError where the copy is not the one that the log says was accepted last."""
    if not known or (accepted is not None and accepted.digest in known):
        return
    what = "is gone" if accepted is None else "is not the one that was accepted last"
    raise ConfigError(
        f"The accepted configuration {copy.path} {what}, so nobody can say whether the present one "
        "guards the door as it should; look at it and run: accessctl config accept"
    )


class Acceptance:
    """A configuration that its owner may accept, and what is weaker in it."""

    def __init__(
        self, path: Path, environment: Mapping[str, str], record: AcceptanceRecord
    ) -> None:
        """ConfigError for a file that is none. An accepted copy that cannot be read, or is not
        the last one, is as `unknown` as one that was lost."""
        self._copy = AcceptedCopy(path, environment)
        self._record = record
        self._file = read_text(path)
        accepted: ConfigText | None = None
        self.unknown = False
        try:
            accepted = self._copy.read()
            check_known(self._copy, accepted, record.known())
        except (StoreError, ConfigError):
            accepted, self.unknown = None, True
        self._settled = Settled(self._file, accepted)

    @property
    def weaker(self) -> tuple[Weakening, ...]:
        return self._settled.weaker

    @property
    def counts(self) -> bool:
        """Whether it is the accepted one already."""
        accepted = self._settled.accepted
        return accepted is not None and accepted.digest == self._file.digest

    def accept(self) -> None:
        """StoreError where it cannot be kept or put on record."""
        weaker = [one.name for one in self.weaker]
        self._record.accept(self._copy, self._settled.to_keep, weaker=weaker, by="owner")


@contextmanager
def open_acceptance(
    path: Path, environment: Mapping[str, str], now: Callable[[], float] = time.time
) -> Iterator[Acceptance]:
    """For the owner at the keyboard; the log is that of the file's configuration."""
    config = read_text(path).config
    with DeferredLog(config.audit, environment) as audit:
        yield Acceptance(path, environment, AcceptanceRecord(path, audit, now))
