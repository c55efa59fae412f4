from hypothesis import given
from hypothesis import strategies as st

from accessctl.mqtt.outbox import EVENT_LIFE_S, Outbox
from tests.clocks import HandClock

NOW = 100.0


def taken(outbox: Outbox) -> list[tuple[str, bytes]]:
    found = []
    while (waiting := outbox.take()) is not None:
        found.append((waiting.message.topic, waiting.message.payload))
    return found


def connected(events: int = 3, clock: HandClock | None = None) -> Outbox:
    outbox = Outbox(events, clock or HandClock(NOW))
    outbox.connected()
    return outbox


def test_of_a_state_the_newest_is_told_once() -> None:
    outbox = connected()
    outbox.state("posture", b"normal")
    outbox.state("posture", b"locked_down")
    assert taken(outbox) == [("posture", b"locked_down")]
    outbox.state("posture", b"locked_down")
    assert taken(outbox) == []


def test_states_are_retained_and_events_are_not() -> None:
    outbox = connected()
    outbox.state("posture", b"normal")
    outbox.event("decision", b"granted")
    state, event = outbox.take(), outbox.take()
    assert state is not None
    assert event is not None
    assert (state.message.retain, state.is_event) == (True, False)
    assert (event.message.retain, event.is_event) == (False, True)
    assert event.message.expires_s == EVENT_LIFE_S


def test_a_broker_that_is_back_is_told_every_state_and_no_event_of_before() -> None:
    outbox = Outbox(3, HandClock(NOW))
    outbox.state("contact", b"ON")
    outbox.state("contact", b"OFF")
    outbox.state("posture", b"normal")
    for _ in range(500):
        outbox.event("decision", b"granted")
    outbox.connected()
    assert taken(outbox) == [("contact", b"OFF"), ("posture", b"normal")]
    assert outbox.missed == 500


def test_what_was_taken_and_not_confirmed_counts_as_missed() -> None:
    outbox = connected()
    outbox.event("decision", b"1")
    outbox.event("decision", b"2")
    assert outbox.take() is not None
    outbox.disconnected(unconfirmed=1)
    assert outbox.missed == 2


def test_events_beyond_those_that_may_wait_are_counted_the_oldest_first() -> None:
    outbox = connected(events=2)
    for number in range(5):
        outbox.event("decision", str(number).encode())
    assert taken(outbox) == [("decision", b"3"), ("decision", b"4")]
    assert outbox.missed == 3


def test_an_event_that_waited_too_long_is_no_news() -> None:
    clock = HandClock(NOW)
    outbox = connected(clock=clock)
    outbox.event("doorbell", b"ring")
    clock.time += EVENT_LIFE_S + 1
    outbox.event("decision", b"granted")
    assert taken(outbox) == [("decision", b"granted")]
    assert outbox.missed == 1


def test_a_picture_is_made_when_it_is_taken_and_only_the_newest() -> None:
    outbox = connected()
    made = []

    def make(number: int) -> bytes:
        made.append(number)
        return b"jpeg"

    outbox.picture("picture", lambda: make(1))
    outbox.picture("picture", lambda: make(2))
    assert taken(outbox) == [("picture", b"jpeg")]
    assert made == [2]


def test_no_picture_is_kept_for_a_broker_that_is_away() -> None:
    outbox = connected()
    outbox.picture("picture", lambda: b"jpeg")
    outbox.disconnected(0)
    outbox.picture("picture", lambda: b"jpeg")
    outbox.connected()
    assert taken(outbox) == []


def test_a_picture_that_cannot_be_made_is_none() -> None:
    outbox = connected()
    outbox.picture("picture", lambda: b"")
    assert outbox.take() is None


@given(st.lists(st.sampled_from(["state", "event", "picture", "take", "up", "down"]), max_size=60))
def test_every_event_is_sent_or_missed_and_no_more_wait_than_may(steps: list[str]) -> None:
    outbox, told, sent = Outbox(4, HandClock(NOW)), 0, 0
    for number, step in enumerate(steps):
        match step:
            case "state":
                outbox.state("s", str(number).encode())
            case "event":
                told += 1
                outbox.event("e", b"x")
            case "picture":
                outbox.picture("p", lambda: b"x")
            case "take":
                waiting = outbox.take()
                sent += waiting is not None and waiting.message.topic == "e"
            case "up":
                outbox.connected()
            case "down":
                outbox.disconnected(0)
    waiting_still = sum(topic == "e" for topic, _ in taken(outbox))
    assert waiting_still <= 4
    assert sent + waiting_still + outbox.missed == told
