"""`badge`, as an owner uses it."""

import io
import json
import os
import pty
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from accessctl.audit.base import MemoryLog
from accessctl.cli import badges
from accessctl.config import GalleryConfig
from accessctl.control.server import ControlServer
from accessctl.domain import PersonId
from accessctl.door.badges import BadgesAtDoor, badge_handlers
from accessctl.errors import BadgeTakenError, FaultError, InputError, UnknownPersonError
from accessctl.gallery.badges import Badge
from accessctl.gallery.store import open_gallery
from tests.patience import wait_for

NUMBER = "0004711"


@pytest.fixture
def house(tmp_path: Path, grace: PersonId) -> Path:
    """A folder with a configuration, where Grace is enrolled."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"service": {"socket": "here.sock"}}))
    return tmp_path


class Book:
    """What a running door knows of the gallery in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._gallery = GalleryConfig(folder=folder / "enrolled")
        with open_gallery(self._gallery, {}) as gallery:
            self.gallery_id = gallery.mark().gallery
            self._kept = {badge.digest: badge for badge in gallery.badges()}

    def digest_of(self, number: str) -> bytes:
        with open_gallery(self._gallery, {}) as gallery:
            return gallery.badge_digest(number)

    def badge_of(self, digest: bytes) -> Badge | None:
        return self._kept.get(digest)


def marks(house: Path) -> list[str]:
    with open_gallery(GalleryConfig(folder=house / "enrolled"), {}) as gallery:
        return [badge.mark for badge in gallery.badges()]


def mark(house: Path, number: str = NUMBER) -> str:
    return Book(house).digest_of(number).hex()[:8]


def test_a_badge_is_set_listed_shown_and_removed_and_never_its_number(
    house: Path, run, changes, capsys: pytest.CaptureFixture[str]
) -> None:
    told = mark(house)
    run("badge", "set", "grace", typed=f"{NUMBER}\r\n")
    assert capsys.readouterr().out == f"Grace has the badge {told}.\n"
    run("badge", "list", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert (listed["person"], listed["badge"]) == ("Grace", told)
    run("badge", "list")
    assert capsys.readouterr().out.split()[:5] == ["NAME", "BADGE", "SINCE", "Grace", told]
    run("badge", "show", typed=f"{NUMBER}\n")
    assert capsys.readouterr().out.startswith(f"The badge {told} is Grace's since ")
    run("badge", "show", typed="12\n")
    assert capsys.readouterr().out == f"The badge {mark(house, '12')} is nobody's.\n"
    run("badge", "remove", "Grace", told)
    assert capsys.readouterr().out == f"Grace has the badge {told} no more.\n"
    assert marks(house) == []
    assert changes() == [
        {"change": "badge_added", "badge": told},
        {"change": "badge_removed", "badge": told},
    ]
    written = b"".join(file.read_bytes() for file in (house / "state").iterdir())
    assert NUMBER.encode() not in written


def test_without_badges_that_is_said(house: Path, run, capsys) -> None:
    run("badge", "list")
    assert "Nobody has a badge" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "typed", "error"),
    [
        (("set", "Nobody"), "1\n", UnknownPersonError),
        (("set", "Grace"), "", InputError),
        (("set", "Grace"), "\n", InputError),
        (("set", "Grace"), "x" * 500, InputError),
        (("set", "Grace"), "grüße\n", InputError),
        (("remove", "Grace"), "", InputError),
        (("present",), "1\n", FaultError),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    house: Path, run, argv: tuple[str, ...], typed: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        run("badge", *argv, typed=typed)
    assert marks(house) == []


def test_a_badge_of_somebody_is_nobody_elses(house: Path, run) -> None:
    run("badge", "set", "Grace", typed="1\n")
    with pytest.raises(BadgeTakenError):
        run("badge", "set", "Grace", typed="1\n")
    assert len(marks(house)) == 1


def desk_of(house: Path) -> BadgesAtDoor:
    return BadgesAtDoor(Book(house), MemoryLog(), time.time, time.monotonic)


def when(ready: Callable[[], bool], then: Callable[[], object]) -> threading.Thread:
    def act() -> None:
        wait_for(ready, "somebody who waits")
        then()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_the_running_door_reads_it(house: Path, run, capsys) -> None:
    desk = desk_of(house)
    with ControlServer(house / "here.sock", badge_handlers(desk)):
        reading = when(lambda: bool(desk._ticket), lambda: desk.offer(NUMBER, "a reader"))
        run("badge", "set", "Grace", "--reader")
        reading.join()
    assert marks(house) == [mark(house)]
    assert desk.report().person is None
    assert "Hold the badge" in capsys.readouterr().out


def test_a_door_with_another_gallery_reads_none_for_this_one(house: Path, run) -> None:
    book = Book(house)
    book.gallery_id = "another"
    desk = BadgesAtDoor(book, MemoryLog(), time.time, time.monotonic)
    with (
        ControlServer(house / "here.sock", badge_handlers(desk)),
        pytest.raises(InputError, match="has another gallery"),
    ):
        run("badge", "set", "Grace", "--reader")
    assert marks(house) == []


def test_without_a_door_the_serial_line_is_read_here(house: Path, run) -> None:
    with ExitStack() as stack:
        reader, far = pty.openpty()
        stack.callback(os.close, reader)
        stack.callback(os.close, far)
        settings = {"service": {"socket": "here.sock"}, "badges": {"serial": os.ttyname(far)}}
        (house / "config.yaml").write_text(yaml.safe_dump(settings))
        done = threading.Event()

        def write() -> None:
            # The line is opened at some moment, and what came before is thrown away.
            while not done.wait(0.05):
                os.write(reader, f"{NUMBER}\n".encode())

        writing = threading.Thread(target=write)
        writing.start()
        try:
            run("badge", "set", "Grace", "--reader")
        finally:
            done.set()
            writing.join()
    assert marks(house) == [mark(house)]


def test_without_door_and_line_there_is_no_reader(house: Path, run) -> None:
    with pytest.raises(FaultError, match="No door is running"):
        run("badge", "set", "Grace", "--reader")


def test_patience_has_an_end(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = badges.BadgeSetOptions(config=house / "config.yaml", reader=True, name="Grace")
    monkeypatch.chdir(house)
    with (
        ControlServer(house / "here.sock", badge_handlers(desk_of(house))),
        pytest.raises(InputError, match="No badge was read"),
    ):
        badges.run_set(options, patience_s=0.0)
    assert marks(house) == []


def test_a_badge_is_given_to_the_running_door(
    house: Path, run, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("badge", "set", "Grace", typed=f"{NUMBER}\n")
    desk = desk_of(house)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with ControlServer(house / "here.sock", badge_handlers(desk)):
        run("badge", "present", typed=f"{NUMBER}\n")
    assert "Look at the camera." in capsys.readouterr().out
    assert desk.report().person is not None
