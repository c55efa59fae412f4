"""Everything that a site keeps of one person, in one zip: for them, and for a program.

README.txt says what each file holds. Of others there is nothing in it: their ids are taken out of
the records, as the names of operators are. A PIN is not in it either: its salted hash would let
whoever finds the file try all PINs.
"""

import base64
import json
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
from sqlalchemy import Connection, select

from accessctl.domain import EventKind
from accessctl.hub import person_document as document
from accessctl.hub.assembly import Hub
from accessctl.hub.database import in_pages
from accessctl.hub.door_feed import scope_of
from accessctl.hub.drawn_signature import drawing_in
from accessctl.hub.held import HeldProposal
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.pass_rows import passes_in
from accessctl.hub.tables import (
    CROSSING,
    DOOR,
    DORMANCY,
    EVENT,
    JOINED,
    JOURNAL,
    LAST_GRANT,
    PERSON,
    PHOTO,
    PROPOSAL,
    REMOVAL,
)
from accessctl.storage.files import new_private_file
from accessctl.sync.feed_wire import SitePerson

SOMEBODY_ELSE, AN_OPERATOR = "somebody else", "an operator"
OPERATOR_FIELDS = ("operator", "by")

README = """What this site keeps of {name}
==============================

Made on {made} by accessctl. Times are in UTC.

person.json     name, when enrolled, groups and validity, whether a PIN is set, badges (keyed
                hashes of their numbers), the number at an access controller, the doors that get
                these data, when they were let in last, through which doors they went in and
                out last, and whether doors get the data at all
consent.json    to which text, when and how consent was given or withdrawn, with the signature
signatures/     signatures that were drawn on a page, by the consent's number, as pictures (SVG)
texts/          the texts that were consented to
photos/         the photos from enrolment, as JPEG
templates.json  the face templates: for each photo and face encoder a list of numbers, by which a
                door knows the face
events.jsonl    what the doors wrote down of this person, one record a line: every decision with
                its evidence, and every change
journal.jsonl   what the hub wrote down of this person, one record a line
passes.json     visitors' passes that name this person: from when to when they count, and where
proposals.json  changes of this person that were made at a door, and what became of them
pictures/       pictures of decisions about this person that doors sent to the hub, as JPEG, by the
                door's name and the record's number
directory.json  what the company's directory says of this person: user name, names, whether they
                count, and their groups there; null where it does not know them
held.json       those of them that wait for a decision; their photos are held-NUMBER.jpg

Other people's ids, and the names of operators, are taken out. The PIN is kept only as a salted
hash, which is left out: with it somebody who found this file could try all PINs. Pictures that a
door may keep of its visitors lie at that door for as long as its audit.retention says, and are in
here only as far as the hub has them. Backups of the hub hold the same data.
"""


def export_person(hub: Hub, name: str, path: Path, operator: str) -> Mapping[str, int]:
    """Write the zip, a new file (0600) that is there whole or not at all, once that it is made is
    on record; how much of what is in it. UnknownPersonError, InputError, FaultError, StoreError."""
    person = hub.people.everybody().named(name)
    with new_private_file(path) as file:
        return write_export(hub, person, file, operator)


def write_export(hub: Hub, person: SitePerson, file: IO[bytes], operator: str) -> Mapping[str, int]:
    """Write the zip into a file that can be sought in, once that it is made is on record; how much
    of what is in it. StoreError."""
    told = {"person": person.id, "operator": operator}
    with hub.database.writing() as db:
        write_journal(hub.database, db, JournalKind.EXPORTED, hub.now(), told)
    waiting = [
        (held, hub.held.picture(held.number, operator))
        for held in hub.held.listed()
        if held.person == person.id
    ]
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        hub.database.reading() as db,
    ):
        found = _PersonArchive(hub, db, person).write(archive)
        _write_waiting(archive, waiting)
    return found


class _PersonArchive:
    """Writes one person's files, as one reading transaction sees them."""

    def __init__(self, hub: Hub, db: Connection, person: SitePerson) -> None:
        self._hub = hub
        self._db = db
        self._person = person
        removed = db.execute(select(REMOVAL.c.person)).scalars()
        self._others = {*db.execute(select(PERSON.c.id)).scalars(), *removed} - {person.id}

    def write(self, archive: zipfile.ZipFile) -> Mapping[str, int]:
        made = f"{datetime.fromtimestamp(self._hub.now(), UTC):%Y-%m-%d %H:%M}"
        archive.writestr("README.txt", README.format(name=self._person.name, made=made))
        archive.writestr("person.json", _json(self._about()))
        archive.writestr("templates.json", _json(self._templates()))
        archive.writestr("proposals.json", _json(self._proposals()))
        archive.writestr("passes.json", _json(self._passes()))
        archive.writestr("directory.json", _json(self._directory()))
        return {
            "photos": self._write_photos(archive),
            "pictures": self._write_pictures(archive),
            "consents": self._write_consents(archive),
            "events": _write_lines(archive, "events.jsonl", self._events()),
            "journal": _write_lines(archive, "journal.jsonl", self._journal()),
        }

    def _about(self) -> dict[str, Any]:
        person = self._person
        its = (LAST_GRANT.c.person == person.id, DORMANCY.c.person == person.id)
        row = self._db.execute(select(PERSON).where(PERSON.c.id == person.id)).one()
        granted = self._db.execute(select(LAST_GRANT).where(its[0])).first()
        dormant = self._db.execute(select(DORMANCY).where(its[1])).first()
        doors = self._db.execute(select(DOOR).where(DOOR.c.state == JOINED).order_by(DOOR.c.name))
        groups = document.groups_of(person)
        sent = [door.name for door in doors if scope_of(self._db, door.id).has(groups)]
        return {
            "id": person.id,
            "name": person.name,
            "enrolled": _moment(person.enrolled),
            "rules": None if person.rules is None else json.loads(person.rules),
            "pin_is_set": person.pin is not None,
            "controller_number": None
            if person.controller_number is None
            else json.loads(person.controller_number),
            "badges": [{"hash": one.digest, "added": _moment(one.added)} for one in person.badges],
            "doors": [] if row.withheld else sent,
            "withheld_from_doors": row.withheld,
            "last_let_in": None if granted is None else _moment(granted.time),
            "disabled": None if dormant is None else _moment(dormant.disabled),
            "crossings": self._crossings(),
        }

    def _crossings(self) -> list[dict[str, Any]]:
        query = select(CROSSING, DOOR.c.name).join(DOOR, DOOR.c.id == CROSSING.c.door)
        query = query.where(CROSSING.c.person == self._person.id).order_by(CROSSING.c.number)
        return [
            {"door": row.name, "area": row.area, "way": row.way, "time": _moment(row.time)}
            for row in self._db.execute(query)
        ]

    def _directory(self) -> dict[str, Any] | None:
        entry = self._hub.directory.of_person(self._person.id)
        if entry is None:
            return None
        return {
            "user": entry.id,
            **asdict(entry.user),
            "groups": [name for _, name in entry.groups],
            "created": _moment(entry.created),
            "modified": _moment(entry.modified),
        }

    def _templates(self) -> list[dict[str, Any]]:
        return [
            {
                "photo": number,
                "added": _moment(photo.added),
                "quality": photo.quality,
                "templates": {
                    encoder: np.frombuffer(base64.b64decode(text), "<f4").tolist()
                    for encoder, text in photo.templates.items()
                },
            }
            for number, photo in enumerate(self._person.photos, 1)
        ]

    def _proposals(self) -> list[dict[str, Any]]:
        query = select(PROPOSAL, DOOR.c.name.label("door_name")).join(
            DOOR, DOOR.c.id == PROPOSAL.c.door
        )
        query = query.where(PROPOSAL.c.person == self._person.id).order_by(PROPOSAL.c.received)
        return [
            {
                "door": row.door_name,
                "time": _moment(row.time),
                "change": row.change,
                "verdict": row.verdict,
                "problem": row.problem,
            }
            for row in self._db.execute(query)
        ]

    def _passes(self) -> list[dict[str, Any]]:
        names = {row.id: row.name for row in self._db.execute(select(DOOR.c.id, DOOR.c.name))}
        return [
            {
                "id": one.id,
                "from": _moment(one.begins),
                "until": _moment(one.ends),
                "doors": [names[door] for door in one.doors],
                "groups": list(one.groups),
                "made": _moment(one.made),
                "withdrawn": _moment(one.withdrawn),
            }
            for one in passes_in(self._db, self._person.id)
        ]

    def _write_photos(self, archive: zipfile.ZipFile) -> int:
        """Of a photo whose picture nobody kept there is none."""
        written = 0
        for number, photo in enumerate(self._person.photos, 1):
            row = self._db.execute(select(PHOTO.c.sealed).where(PHOTO.c.id == photo.id)).first()
            if row is not None and row.sealed is not None:
                sealed = base64.b64encode(row.sealed).decode("ascii")
                jpeg = self._hub.site_keys.open_photo(sealed, photo.id)
                archive.writestr(f"photos/{number}.jpg", jpeg, zipfile.ZIP_STORED)
                written += 1
        return written

    def _write_pictures(self, archive: zipfile.ZipFile) -> int:
        names = {row.id: row.name for row in self._db.execute(select(DOOR.c.id, DOOR.c.name))}
        count = 0
        for door, number, jpeg in self._hub.pictures.of_person(self._person.id):
            # Several doors may have had a name one after the other.
            archive.writestr(f"pictures/{names[door]}-{door[:8]}-{number}.jpg", jpeg)
            count += 1
        return count

    def _write_consents(self, archive: zipfile.ZipFile) -> int:
        texts = {text.version: text for text in self._hub.consents.texts()}
        told = []
        for record, given in self._hub.consents.of(self._person.id):
            drawing = None if given is None else drawing_in(given.strokes)
            if drawing is not None:
                archive.writestr(f"signatures/{record.number}.svg", drawing.svg())
            chosen = None if record.version is None else texts[record.version]
            told.append(
                {
                    "number": record.number,
                    "version": record.version,
                    "text_sha256": None if chosen is None else chosen.digest.hex(),
                    "how": record.how.value,
                    "time": _moment(record.time),
                    "withdrawn": _moment(record.withdrawn),
                    "words": None if given is None else given.words,
                    "signature_base64": None
                    if given is None
                    else base64.b64encode(given.strokes).decode("ascii"),
                }
            )
        archive.writestr("consent.json", _json(told))
        for version, text in texts.items():
            if any(one["version"] == version for one in told):
                archive.writestr(f"texts/{version}.txt", text.text)
        return len(told)

    def _events(self) -> Iterator[dict[str, Any]]:
        query = select(EVENT, DOOR.c.name).join(DOOR, DOOR.c.id == EVENT.c.door)
        mark = self._person.id.encode("ascii")
        with self._db.execute(in_pages(query.order_by(EVENT.c.time, EVENT.c.number))) as rows:
            for row in rows:
                if mark in row.record:
                    yield self._event(row.name, json.loads(row.record))

    def _event(self, door: str, record: list[Any]) -> dict[str, Any]:
        number, time, kind, person, text = record
        told: dict[str, Any] = {"door": door, "record": number, "time": _moment(time), "kind": kind}
        if person == self._person.id:
            return {**told, "data": without_others(json.loads(text), self._others)}
        # It is somebody else's, and says that these two were taken for each other, or nearly.
        named = "named beside somebody else" if kind == EventKind.DECISION else "named"
        return {**told, "mention": named}

    def _journal(self) -> Iterator[dict[str, Any]]:
        mentions = JOURNAL.c.data.contains(self._person.id, autoescape=True)
        query = select(JOURNAL).where(mentions).order_by(JOURNAL.c.number)
        with self._db.execute(in_pages(query)) as rows:
            for row in rows:
                data = without_others(json.loads(row.data), self._others)
                yield {
                    "record": row.number,
                    "time": _moment(row.time),
                    "kind": row.kind,
                    "data": without_operators(data),
                }


def without_others(value: Any, others: Collection[str]) -> Any:
    """The same JSON value with each of these ids taken out."""
    if isinstance(value, dict):
        return {
            SOMEBODY_ELSE if key in others else key: without_others(one, others)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [without_others(one, others) for one in value]
    return SOMEBODY_ELSE if isinstance(value, str) and value in others else value


def without_operators(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same data of a record of the journal, which says of no operator who it was."""
    return {key: AN_OPERATOR if key in OPERATOR_FIELDS else one for key, one in data.items()}


def _write_waiting(
    archive: zipfile.ZipFile, waiting: Sequence[tuple[HeldProposal, bytes | None]]
) -> None:
    told = []
    for held, jpeg in waiting:
        told.append({"number": held.number, "door": held.door, "time": _moment(held.time)})
        told[-1] |= {"change": held.change, "cause": held.cause}
        if jpeg is not None:
            archive.writestr(f"photos/held-{held.number}.jpg", jpeg, zipfile.ZIP_STORED)
    archive.writestr("held.json", _json(told))


def _write_lines(archive: zipfile.ZipFile, name: str, lines: Iterator[dict[str, Any]]) -> int:
    count = 0
    with archive.open(name, "w", force_zip64=True) as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")
            count += 1
    return count


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _moment(epoch: float | None) -> str | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).isoformat()
