import os
from collections.abc import Callable

import numpy as np
import pytest

from accessctl.console.phone_desk import (
    LINK_S,
    MOST_LINKS,
    MOST_TRIES,
    POSES,
    WAIT_S,
    NoSuchLinkError,
    PhoneDesk,
    PhonePose,
    PhoneVisit,
)
from accessctl.errors import InputError
from accessctl.recognition.enrolment import Candidate
from tests.administration.backed_up import YARDSTICK
from tests.clocks import HandClock

PHOTO = Candidate(np.ones(8, np.float32), "f" * 64, 0.8, b"\xff\xd8\xff\xd9", "photo", YARDSTICK)


@pytest.fixture
def desk(clock: HandClock) -> PhoneDesk:
    return PhoneDesk(clock, os.urandom)


def complete(desk: PhoneDesk, name: str = "Eileen Collins") -> tuple[str, PhoneVisit]:
    token, visit = desk.invite(name, None, "Ada")
    desk.agree(token, name, None)
    for pose in POSES:
        desk.begin_try(token)
        visit = desk.add(token, pose, PHOTO)
    return token, visit


def refused(ask: Callable[[], object]) -> None:
    with pytest.raises(NoSuchLinkError):
        ask()


def test_three_photos_are_asked_for_in_their_order_and_then_wait(desk: PhoneDesk) -> None:
    token, visit = desk.invite("Eileen Collins", None, "Ada")
    desk.agree(token, " Eileen ", 3)
    seen = []
    while not visit.is_complete:
        assert desk.waiting() == ()
        seen.append(visit.pose)
        visit = desk.add(token, visit.pose, PHOTO)
    assert seen == [PhonePose.FRONT, PhonePose.LEFT, PhonePose.RIGHT]
    (waiting,) = desk.waiting()
    assert (waiting.words, waiting.version, waiting.name) == ("Eileen", 3, "Eileen Collins")
    refused(lambda: desk.begin_try(token))
    refused(lambda: desk.agree(token, "Somebody else", 3))


def test_a_photo_that_is_sent_twice_counts_once(desk: PhoneDesk) -> None:
    token, _ = desk.invite("Eileen Collins", None, "Ada")
    assert len(desk.add(token, PhonePose.FRONT, PHOTO).photos) == 1
    assert len(desk.add(token, PhonePose.FRONT, PHOTO).photos) == 1


def test_nothing_is_judged_without_consent(desk: PhoneDesk) -> None:
    token, _ = desk.invite("Eileen Collins", None, "Ada")
    refused(lambda: desk.begin_try(token))
    with pytest.raises(InputError, match="Type your name"):
        desk.agree(token, "  ", None)
    refused(lambda: desk.begin_try(token))


def test_a_link_takes_so_many_tries_and_no_more(desk: PhoneDesk) -> None:
    token, _ = desk.invite("Eileen Collins", None, "Ada")
    desk.agree(token, "Eileen", None)
    for _ in range(MOST_TRIES):
        desk.begin_try(token)
    refused(lambda: desk.begin_try(token))


@pytest.mark.parametrize("later", [LINK_S, -1.0], ids=["run out", "clock set back"])
def test_a_link_holds_for_fifteen_minutes(desk: PhoneDesk, clock: HandClock, later: float) -> None:
    token, _ = desk.invite("Eileen Collins", None, "Ada")
    clock.time += LINK_S - 1
    assert desk.visit(token).name == "Eileen Collins"
    clock.time += 1 - LINK_S + later
    refused(lambda: desk.visit(token))


def test_photos_are_gone_after_a_day(desk: PhoneDesk, clock: HandClock) -> None:
    _, visit = complete(desk)
    clock.time += WAIT_S - 1
    assert len(desk.waiting()) == 1
    clock.time += 1
    assert desk.waiting() == ()
    refused(lambda: desk.take(visit.id))


def test_of_two_who_take_it_one_has_it_unless_it_could_not_be_kept(desk: PhoneDesk) -> None:
    token, visit = complete(desk)
    taken = desk.take(visit.id)
    refused(lambda: desk.take(visit.id))
    desk.put_back(taken)
    assert desk.waiting() == (taken,)
    refused(lambda: desk.visit(token))


def test_a_token_is_kept_nowhere(desk: PhoneDesk) -> None:
    token, visit = desk.invite("Eileen Collins", None, "Ada")
    assert token not in repr(vars(desk))
    assert visit.id not in token
    refused(lambda: desk.visit(token[:-1]))


def test_there_are_only_so_many_links(desk: PhoneDesk, clock: HandClock) -> None:
    for _ in range(MOST_LINKS):
        desk.invite("Eileen Collins", None, "Ada")
    with pytest.raises(InputError, match="approve or discard"):
        desk.invite("Grace Hopper", None, "Ada")
    clock.time += LINK_S
    desk.invite("Grace Hopper", None, "Ada")
