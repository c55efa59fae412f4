"""The console's tables on PostgreSQL: one operator's whole life there."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from accessctl.config import Config, HubConfig
from accessctl.console.app import Console
from accessctl.console.capabilities import ALL, Capability
from accessctl.console.guessing import MustWaitError, by_name
from accessctl.console.passwords import Given, NotRecognisedError
from accessctl.console.sessions import Visitor
from accessctl.errors import InputError
from accessctl.hub.assembly import open_hub
from tests.clocks import HandClock
from tests.console.site_console import PASSWORD, console_on, enrolled, journal
from tests.hub.conftest import postgresql
from tests.hub.made_tables import new_schema, url_file

__all__ = ["postgresql"]

HERE = Visitor("192.0.2.1", "tests")


@pytest.fixture
def console(postgresql: str, tmp_path: Path, clock: HandClock) -> Iterator[Console]:
    file = url_file(tmp_path / "database", new_schema(postgresql))
    config = Config(hub=HubConfig(folder=tmp_path / "hub", database_file=file))
    with open_hub(config.hub, {}, now=clock) as hub:
        yield console_on(hub, config, clock)


def test_an_operator_from_the_invitation_to_the_end(console: Console, clock: HandClock) -> None:
    ada = enrolled(console, clock)
    code = ada.code(clock())
    token = console.passwords.sign_in(Given("ada", PASSWORD, code), HERE)
    session = console.sessions.find(token)
    assert session is not None
    assert session.operator.capabilities == ALL
    with pytest.raises(NotRecognisedError):
        console.passwords.sign_in(Given("ada", PASSWORD, code), HERE)
    console.operators.invite(session.operator, "Grace", frozenset({Capability.LOOK}))
    console.operators.change(None, session.operator.id, ALL - {Capability.SITE})
    found = console.sessions.find(token)
    assert found is not None
    assert not found.operator.may(Capability.SITE)
    grace = console.operators.listed()[1]
    console.operators.remove(None, grace.operator.id)
    console.sessions.end_all(session.operator)
    assert console.sessions.find(token) is None
    kinds = [kind for kind, _ in journal(console)]
    assert kinds == [
        "signed_in",
        "refused",
        "operator_invited",
        "operator_changed",
        "operator_removed",
        "signed_out",
    ]


def test_of_two_who_take_an_invitation_at_once_one_has_it(console: Console) -> None:
    made = console.operators.invite(None, "Ada", ALL)
    outcomes: list[bool] = []
    begin = threading.Barrier(4)

    def take() -> None:
        begin.wait()
        try:
            console.operators.accept(made.code, HERE)
            outcomes.append(True)
        except InputError:
            outcomes.append(False)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]


def test_many_at_once_gain_nothing(console: Console) -> None:
    outcomes: list[bool] = []

    def guess() -> None:
        try:
            console.guesses.begin(by_name("Ada"))
            outcomes.append(True)
        except MustWaitError:
            outcomes.append(False)

    threads = [threading.Thread(target=guess) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 5 + [True] * 5
