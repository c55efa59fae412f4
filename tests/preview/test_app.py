from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.camera.fake import FakeSource
from accessctl.config.policy import AccessConfig
from accessctl.domain import Frame, Image, Quality
from accessctl.door.access_gate import AccessGate
from accessctl.door.badges import BadgesAtDoor
from accessctl.door.fake import FACE_BOX, FakeHouse, portrait
from accessctl.door.session import Session
from accessctl.gallery.badges import Badge
from accessctl.preview.app import (
    HELP,
    LATEST,
    MAX_LENGTH,
    SMOOTHING,
    WINDOW,
    Meter,
    NameEntry,
    Preview,
)
from accessctl.preview.overlay import Panel, Thresholds
from accessctl.preview.screen import CLOSED
from accessctl.recognition.enrolment import Enrolment
from accessctl.vision.fake import fake_face


def test_no_rate_before_the_second_frame() -> None:
    meter = Meter()
    assert meter.fps == 0
    meter.note(1.0, {})
    assert meter.fps == 0


def test_the_rate_is_that_of_the_frames_in_the_window() -> None:
    meter = Meter()
    for now in (0.0, 0.1, 0.2, 0.5):
        meter.note(now, {})
    assert meter.fps == pytest.approx(3 / 0.5)


def test_what_is_long_ago_does_not_count() -> None:
    meter = Meter()
    meter.note(0.0, {})
    for index in range(WINDOW):
        meter.note(1000 + index / 15, {})
    assert meter.fps == pytest.approx(15)


def test_a_clock_that_stands_still_gives_no_rate() -> None:
    meter = Meter()
    meter.note(1.0, {})
    meter.note(1.0, {})
    assert meter.fps == 0


def test_stage_times_are_smoothed_from_the_first_on() -> None:
    meter = Meter()
    meter.note(0.0, {"search": 10.0})
    meter.note(0.1, {"search": 20.0, "encode": 5.0})
    assert meter.stages["search"] == pytest.approx(10 + SMOOTHING * 10)
    assert meter.stages["encode"] == 5.0


def typed(*keys: int | str) -> NameEntry:
    entry = NameEntry()
    for key in keys:
        for code in [key] if isinstance(key, int) else map(ord, key):
            entry = entry.press(code)
    return entry


def test_typing_a_name() -> None:
    assert typed("Ada L", 13) == NameEntry("Ada L", done=True)
    assert typed("Ada", 10).done


def test_letters_of_latin_1() -> None:
    assert typed("Zoë Ångström").text == "Zoë Ångström"


@pytest.mark.parametrize("key", [8, 127])
def test_taking_back(key: int) -> None:
    assert typed("Adx", key, "a").text == "Ada"
    assert typed(key).text == ""


@pytest.mark.parametrize("blank", ["", " ", "   "])
def test_nothing_is_no_name(blank: str) -> None:
    assert not typed(blank, 13).done


def test_escape_gives_up() -> None:
    entry = typed("Ada", 27)
    assert entry.cancelled
    assert not entry.done


def test_keys_that_are_no_letters() -> None:
    # Tab, an arrow key's low byte, delete characters, a soft hyphen.
    assert typed("A", 9, 0, 1, 31, 0x80, 0x9F, 0xAD, CLOSED, "b").text == "Ab"


def test_a_name_does_not_grow_for_ever() -> None:
    assert len(typed("x" * (MAX_LENGTH + 50)).text) == MAX_LENGTH


@given(st.lists(st.integers(0, 300)))
def test_whatever_is_pressed_the_text_can_be_shown(keys: list[int]) -> None:
    entry = typed(*keys)
    assert entry.text.isprintable()
    assert len(entry.text) <= MAX_LENGTH


ADA = 1
Q, SPACE, E, ENTER, ESC = ord("q"), ord(" "), ord("e"), 13, 27


class FakeReader:
    """Frames of one person, ten a second, and then the end."""

    def __init__(self, frames: int) -> None:
        self.source = FakeSource([])
        self._left = [Frame(portrait(ADA), index / 10, index) for index in range(frames)]

    @property
    def ended(self) -> bool:
        return not self._left

    def next(self, timeout_s: float) -> Frame | None:
        return self._left.pop(0) if self._left else None


class FakeScreen:
    """Keeps what it is shown, answers with the keys it is given, then with None."""

    def __init__(self, keys: Sequence[int | None]) -> None:
        self._keys = list(keys)
        self.images: list[Image] = []

    def show(self, image: Image) -> int | None:
        self.images.append(image)
        return self._keys.pop(0) if self._keys else None

    def close(self) -> None:
        return


@dataclass
class Show:
    """A preview that has been run: what stood on the screen, and the house afterwards."""

    house: FakeHouse
    screen: FakeScreen
    panels: list[Panel]
    pauses: list[float]
    reader: FakeReader
    thresholds: list[Thresholds]

    @property
    def messages(self) -> list[str]:
        return [panel.help for panel in self.panels]


@pytest.fixture
def play() -> Callable[..., Show]:
    def play(
        *keys: int | None,
        frames: int = 5,
        house: FakeHouse | None = None,
        stop: Event | None = None,
        stop_at_pause: int | None = None,
        seconds: float | None = None,
        gate: AccessGate | None = None,
    ) -> Show:
        house = house or FakeHouse()
        show = Show(house, FakeScreen(keys), [], [], FakeReader(frames), [])
        stop = stop or Event()

        def draw(image: Image, faces: object, names: object, thresholds: Thresholds, panel: Panel):
            show.panels.append(panel)
            show.thresholds.append(thresholds)
            return image

        def pause(wait_s: float) -> bool:
            show.pauses.append(wait_s)
            if len(show.pauses) == stop_at_pause:
                stop.set()
            return stop.is_set()

        ticks = count()
        door = house.door(gate)
        enrolment = Enrolment(house.observer, house.recogniser, door.roster)
        session = Session(None, show.reader, door)  # type: ignore[arg-type]
        preview = Preview(session, enrolment, house.administration(), show.screen, pause, draw)
        preview.run(stop, lambda: float(next(ticks)), seconds)
        return show

    return play


def test_the_panel_tells_whose_badge_was_read(play) -> None:
    house = FakeHouse()
    ada = house.enrol("Ada", ADA)
    badge = Badge(ada, house.gallery.badge_digest("1"), 1.0)
    house.gallery.add_badge(badge)
    desk = BadgesAtDoor(house.roster(), house.audit, float, float)
    assert desk.offer("1", "test").accepted
    gate = AccessGate(AccessConfig(), house.policy, badges=desk)
    show = play(frames=1, house=house, gate=gate)
    assert show.panels[0].status.endswith("1 enrolled   badge of Ada read")


def watched() -> FakeHouse:
    house = FakeHouse()
    house.observer.faces = [fake_face(box=FACE_BOX)]
    return house


def test_every_frame_is_shown_until_the_feed_ends(play) -> None:
    show = play(frames=5)
    assert len(show.screen.images) == 5
    assert set(show.messages) == {HELP}
    assert show.pauses == []


@pytest.mark.parametrize("key", [Q, CLOSED])
def test_q_or_closing_the_window_ends_it(play, key: int) -> None:
    assert len(play(None, key, frames=50).screen.images) == 2


def test_other_keys_do_nothing(play) -> None:
    assert len(play(ord("x"), ENTER, ESC, frames=5).screen.images) == 5


def test_it_ends_after_so_many_seconds(play) -> None:
    # The clock ticks once a look: 0 to begin with, then 1, 2 and so on.
    assert len(play(frames=50, seconds=4).screen.images) == 3


def test_the_panel_tells_source_rate_people_and_stages(play) -> None:
    house = watched()
    house.enrol("Ada", ADA)
    show = play(frames=3, house=house)
    assert show.panels[0].status == "fake camera   0.0 fps   1 enrolled"
    assert show.panels[-1].status == "fake camera   10.0 fps   1 enrolled"
    assert {"search", "encode", "match", "frame"} <= set(show.panels[0].stages)


def test_decisions_are_told_from_then_on(play) -> None:
    house = watched()
    house.enrol("Ada", ADA)
    show = play(frames=5, house=house)
    assert [len(panel.decisions) for panel in show.panels] == [0, 0, 1, 1, 1]
    assert "granted  Ada  (matched)" in show.panels[-1].decisions[0]


def test_only_the_latest_decisions_are_told(play) -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    numbers = count()

    class NewFaceNowAndThen:
        """Eight tenths of a second apart: sooner it would be the same visitor on another track."""

        def __init__(self) -> None:
            self.timings: dict[str, float] = {}

        def observe(self, frame: Frame) -> list:
            number = next(numbers)
            return [] if number % 8 else [fake_face(number, box=FACE_BOX)]

    house.policy = house.policy.model_copy(update={"min_frames": 1, "cooldown_s": 60})
    house.observer = NewFaceNowAndThen()  # type: ignore[assignment]
    show = play(frames=8 * (LATEST + 5), house=house)
    assert len(show.panels[-1].decisions) == LATEST
    assert "granted" in show.panels[0].decisions[0]
    assert all("cooldown" in line for line in show.panels[-1].decisions)


def test_space_holds_the_picture_and_space_lets_it_go(play) -> None:
    show = play(None, SPACE, None, None, SPACE, frames=3)
    # Two frames, the second three times more while held, then the third.
    assert show.messages == [HELP, HELP, *["paused   space go on   q quit"] * 3, HELP]
    assert len(show.pauses) == 2
    held = show.screen.images[1:5]
    assert all(image is held[0] for image in held)
    assert show.screen.images[5] is not held[0]


@pytest.mark.parametrize("key", [Q, CLOSED])
def test_a_held_picture_can_be_left(play, key: int) -> None:
    assert len(play(SPACE, None, key, frames=50).screen.images) == 3


def test_a_signal_ends_a_held_picture(play) -> None:
    show = play(SPACE, frames=50, stop_at_pause=4)
    assert len(show.pauses) == 4


def test_a_face_is_enrolled_by_its_typed_name(play) -> None:
    house = watched()
    show = play(E, *map(ord, "Ada"), ENTER, frames=4, house=house)
    assert [person.name for person in house.gallery.people()] == ["Ada"]
    assert [e.data.get("change") for e in house.events() if "change" in e.data] == ["enrolled"]
    assert show.messages[1:5] == [
        f"name of this person: {typed}_   Enter enrol   Esc cancel"
        for typed in ("", "A", "Ad", "Ada")
    ]
    assert show.messages[5].startswith("enrolled Ada   ")
    # The one frame at which e was pressed, four times for the name, and the three after it.
    assert len(show.screen.images) == 8


def test_waiting_for_a_letter_does_not_spin(play) -> None:
    assert len(play(E, None, None, ESC, frames=1).pauses) == 2


@pytest.mark.parametrize("ending", [ESC, CLOSED])
def test_a_name_can_be_given_up(play, ending: int) -> None:
    house = watched()
    show = play(E, ord("A"), ending, frames=2, house=house)
    assert house.gallery.people() == []
    assert show.messages[-1] == HELP


def test_closing_the_window_over_a_name_ends_it_all(play) -> None:
    # A closed window stays closed: it says so again for the next frame.
    show = play(E, CLOSED, CLOSED, frames=50)
    assert len(show.screen.images) == 3


def test_q_in_a_name_is_a_letter(play) -> None:
    house = watched()
    play(E, *map(ord, "Quqe"), ENTER, frames=2, house=house)
    assert [person.name for person in house.gallery.people()] == ["Quqe"]


def test_a_signal_ends_the_typing(play) -> None:
    house = watched()
    show = play(E, ord("A"), frames=50, house=house, stop_at_pause=3)
    assert len(show.pauses) == 3
    assert house.gallery.people() == []


@pytest.mark.parametrize(
    ("faces", "why"),
    [
        ([], "no face found"),
        ([fake_face(1, box=FACE_BOX), fake_face(2, box=FACE_BOX)], "2 faces found"),
        ([fake_face(box=FACE_BOX, quality=Quality(0.1, ("too blurred",)))], "blurred"),
    ],
)
def test_a_face_that_will_not_do_is_told(play, faces: list, why: str) -> None:
    house = FakeHouse()
    house.observer.faces = faces
    show = play(E, ord("A"), ENTER, frames=2, house=house)
    assert show.messages[-1].startswith("not enrolled: This picture: ")
    assert why in show.messages[-1]
    assert house.gallery.people() == []


def test_a_name_that_is_taken_is_told(play) -> None:
    house = watched()
    house.enrol("Ada", ADA)
    revision = house.gallery.revision()
    show = play(E, *map(ord, "ada"), ENTER, frames=2, house=house)
    assert show.messages[-1].startswith("not enrolled: ")
    assert "enrolled already" in show.messages[-1]
    assert house.gallery.revision() == revision


def test_each_face_is_measured_by_what_a_grant_of_it_needs(play) -> None:
    house = FakeHouse()
    house.enrol("Ada", ADA)
    show = play(frames=1, house=house)
    matcher, policy = house.roster().matcher, house.policy
    searched = matcher.threshold(policy.target_fpir / policy.attempts)
    claimed = matcher.threshold(policy.target_fmr / policy.attempts)
    assert show.thresholds == [Thresholds(searched, claimed)]
    assert searched < claimed
