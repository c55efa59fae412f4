"""What the hub does each minute goes on, whatever goes wrong."""

import ssl
import threading

import pytest

from accessctl.errors import StoreError
from accessctl.hub.assembly import Hub
from accessctl.hub.server import Minutes
from accessctl.hub.sole import AnotherHubError

pytestmark = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "fault", [StoreError("The disk is full."), RuntimeError("of no kind that is foreseen")]
)
def test_no_fault_ends_it(hub: Hub, caplog: pytest.LogCaptureFixture, fault: Exception) -> None:
    faults, again = [fault], threading.Event()

    def stays_sole() -> None:
        if faults:
            raise faults.pop()
        again.set()

    with Minutes(hub, stays_sole=stays_sole, every_s=0.01):
        assert again.wait(20)
    assert str(fault) in caplog.text


def test_where_another_hub_serves_it_ends_and_does_nothing_more(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(type(hub.withholding), "settle", lambda _: done.append("settled"))

    def stays_sole() -> None:
        done.append("looked")
        raise AnotherHubError("Another hub serves this database already.")

    ended = threading.Event()
    with Minutes(hub, stays_sole=stays_sole, every_s=0.01, end=ended.set) as minutes:
        assert ended.wait(20)
    assert str(minutes.fault) == "Another hub serves this database already."
    assert done == ["looked"]


def test_one_thing_that_fails_keeps_no_other_from_being_done(
    hub: Hub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def fails(_: object) -> None:
        raise StoreError("One person is damaged.")

    monkeypatch.setattr(type(hub.withholding), "settle", fails)
    monkeypatch.setattr(type(hub.pictures), "forget_old", lambda _: done.append("pictures"))
    monkeypatch.setattr(type(hub.expiry), "judge", lambda _: done.append("expiry"))
    Minutes(hub).turn()
    assert done == ["pictures", "expiry"]
    assert "One person is damaged." in caplog.text


def test_its_own_certificate_is_renewed_in_time_and_shown_by_all_its_servers(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, loaded = [True, False], []
    monkeypatch.setattr(type(hub.authority), "renew_hub", lambda _, names: answers.pop())
    monkeypatch.setattr(type(hub.authority), "load_hub", lambda _, tls: loaded.append(tls))
    contexts = [ssl.create_default_context() for _ in range(2)]
    minutes = Minutes(hub, *contexts)
    minutes.turn()
    assert loaded == []
    minutes.turn()
    assert loaded == contexts
