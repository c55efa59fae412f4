"""Doors as cards: how each is now, what is the matter, what it decided last. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accessctl.console.event_view import EventRow, Tone, event_row
from accessctl.console.words import DAY_S, Words
from accessctl.domain import PersonId, Posture
from accessctl.hub.door_states import ALARMS, SEES, DoorNow
from accessctl.hub.doors import KnownDoor
from accessctl.hub.records import RaisedAlarm
from accessctl.hub.tables import JOINED

SILENT_S = 120.0
"""A door that is there is heard of every half minute."""
JUST_NOW_S = 75.0
WARNED_DAYS = 14


@dataclass(frozen=True, slots=True)
class DoorTrouble:
    """What is the matter, worst first; `tone` is that of an alarm or of a trouble."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class DoorFact:
    label: str
    said: str


@dataclass(frozen=True, slots=True)
class DoorCard:
    """`tone` and `sign` say in one word how the door is; `ago` is how long ago it decided."""

    id: str
    name: str
    tone: Tone
    sign: str
    facts: tuple[DoorFact, ...]
    troubles: tuple[DoorTrouble, ...]
    last: EventRow | None
    ago: str
    posture: Posture | None
    face_entry: bool | None

    def is_sought(self, named: str, *, ill: bool) -> bool:
        """Whether its name holds that, and, with `ill`, something is the matter with it."""
        is_named = named.strip().casefold() in self.name.casefold()
        return is_named and (not ill or self.tone is not Tone.GRANTED)


@dataclass(frozen=True, slots=True)
class CardTally:
    """What stands above the cards."""

    tone: Tone
    text: str


def door_cards(
    doors: Iterable[KnownDoor],
    states: Mapping[str, DoorNow],
    alarms: Iterable[RaisedAlarm],
    words: Words,
    names: Mapping[PersonId, str],
    *,
    now: float,
) -> tuple[DoorCard, ...]:
    """Of all that are joined, those first with which something is the matter, then by name."""
    raised: dict[str, list[RaisedAlarm]] = {}
    for alarm in alarms:
        raised.setdefault(alarm.door, []).append(alarm)
    cards = [
        _card(door, states.get(door.id, DoorNow()), raised.get(door.id, []), words, names, now)
        for door in doors
        if door.state == JOINED
    ]
    worst = [Tone.ALARM, Tone.TROUBLE, Tone.GRANTED]
    return tuple(sorted(cards, key=lambda card: (worst.index(card.tone), card.name.casefold())))


def tally_of(cards: Iterable[DoorCard], words: Words) -> tuple[CardTally, ...]:
    """How many doors there are, and with how many something is the matter."""
    cards = list(cards)
    alarms = sum(card.tone is Tone.ALARM for card in cards)
    troubles = sum(card.tone is Tone.TROUBLE for card in cards)
    tallies = [CardTally(Tone.NOTE, words("doors.summary", count=len(cards)))]
    if alarms:
        tallies.append(CardTally(Tone.ALARM, words("doors.summary_alarms", count=alarms)))
    if troubles:
        tallies.append(CardTally(Tone.TROUBLE, words("doors.summary_troubles", count=troubles)))
    if cards and not alarms and not troubles:
        tallies.append(CardTally(Tone.GRANTED, words("doors.summary_well")))
    return tuple(tallies)


def is_silent(door: KnownDoor, now: float) -> bool:
    """Whether it was not heard of for longer than it takes one that is there."""
    # Written as "not (a <= b)" so that a NaN is silence.
    return door.seen is None or not now - door.seen <= SILENT_S


def heard(door: KnownDoor, words: Words, now: float) -> str:
    """How long ago it was heard of: a text that does not change each second."""
    if door.seen is None:
        return words("frame.never")
    ago_s = now - door.seen
    if ago_s < JUST_NOW_S:
        return words("doors.just_now")
    return words("frame.ago", length=words.lasting(ago_s))


def _card(
    door: KnownDoor,
    state: DoorNow,
    raised: list[RaisedAlarm],
    words: Words,
    names: Mapping[PersonId, str],
    now: float,
) -> DoorCard:
    troubles = _troubles(door, state, raised, words, now)
    tone = max(
        (trouble.tone for trouble in troubles),
        key=[Tone.GRANTED, Tone.TROUBLE, Tone.ALARM].index,
        default=Tone.GRANTED,
    )
    silent = is_silent(door, now)
    last = state.decision
    return DoorCard(
        id=door.id,
        name=door.name,
        tone=tone,
        sign=words("doors.silent" if silent and tone is Tone.TROUBLE else f"doors.is_{tone.value}"),
        facts=(
            DoorFact(words("doors.heard"), heard(door, words, now)),
            DoorFact(words("doors.posture"), _posture(state, words)),
            *_leaf(state, words),
            DoorFact(words("doors.camera"), _camera(state, words)),
            DoorFact(words("doors.liveness"), _liveness(state, words)),
        ),
        troubles=troubles,
        last=None if last is None else event_row(last, words, names),
        ago="" if last is None else _when(last.event.time, words, now),
        posture=state.posture,
        face_entry=state.face_entry,
    )


def _when(time: float, words: Words, now: float) -> str:
    """A clock within the last day, a date before."""
    return words.clock(time) if 0 <= now - time < DAY_S else words.moment(time)


def _silence(door: KnownDoor, words: Words, now: float) -> str:
    if door.seen is None:
        return words("doors.never_heard")
    return words("doors.silent_for", length=words.lasting(now - door.seen))


def _posture(state: DoorNow, words: Words) -> str:
    if state.posture is None:
        return words("doors.not_said")
    said = words(f"posture.{state.posture.value}")
    return words("doors.without_faces", posture=said) if state.face_entry is False else said


def _leaf(state: DoorNow, words: Words) -> tuple[DoorFact, ...]:
    """Nothing of a door without a contact: it is not to be known."""
    if state.is_open is None:
        return ()
    said = words("doors.leaf_open" if state.is_open else "doors.leaf_shut")
    return (DoorFact(words("doors.leaf"), said),)


def _liveness(state: DoorNow, words: Words) -> str:
    return words("doors.not_said") if state.liveness is None else words(f"life.{state.liveness}")


def _camera(state: DoorNow, words: Words) -> str:
    if state.camera is None:
        return words("doors.not_said")
    well = state.camera in SEES or state.camera == "started"
    return words(f"doors.camera_{'well' if well else state.camera}")


def _troubles(
    door: KnownDoor, state: DoorNow, raised: list[RaisedAlarm], words: Words, now: float
) -> tuple[DoorTrouble, ...]:
    found = [
        DoorTrouble(Tone.ALARM, words(f"state.{alarm}")) for alarm in sorted(state.alarms & ALARMS)
    ]
    for kind in sorted({alarm.kind for alarm in raised}):
        problem = words.known(f"alarm.{kind}", kind)
        found.append(DoorTrouble(Tone.ALARM, words("doors.log_alarm", problem=problem)))
    if is_silent(door, now):
        found.append(DoorTrouble(Tone.TROUBLE, _silence(door, words, now)))
    elif state.running is False:
        found.append(DoorTrouble(Tone.TROUBLE, words("state.stopped")))
    if state.camera is not None and state.camera not in {*SEES, "started"}:
        found.append(DoorTrouble(Tone.TROUBLE, words(f"state.camera_{state.camera}")))
    found += [
        DoorTrouble(Tone.TROUBLE, words(f"state.{trouble}")) for trouble in sorted(state.troubles)
    ]
    if not state.acting:
        found.append(DoorTrouble(Tone.TROUBLE, words("state.watching_only")))
    if door.expires is not None and door.expires - now < WARNED_DAYS * DAY_S:
        date = words.moment(door.expires)
        found.append(DoorTrouble(Tone.TROUBLE, words("doors.expires", date=date)))
    return tuple(found)
