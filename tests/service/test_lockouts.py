import pytest

from accessctl.errors import StoreError
from accessctl.policy.lockout import Lockout, Uptime
from accessctl.policy.lockout_store import LockoutStore
from accessctl.service.lockouts import LockoutView, read_lockout

NOW = Uptime("boot", 110.0)


def test_what_the_door_wrote_is_read(tmp_path):
    file = tmp_path / "lockout.sqlite"
    with LockoutStore(file) as store:
        store.change("front", lambda _: Lockout(5, Uptime("boot", 100.0), 30.0))
        store.change("back", lambda _: Lockout(50, off=True))
    assert read_lockout(file, "front", NOW) == LockoutView(5, 20.0)
    assert not read_lockout(file, "front", NOW).off
    assert read_lockout(file, "back", NOW).off
    assert read_lockout(file, "side", NOW) == LockoutView()


def test_a_file_that_is_none_is_a_store_error(tmp_path):
    file = tmp_path / "lockout.sqlite"
    file.write_text("this is no database, but long enough to be looked at" * 20)
    with pytest.raises(StoreError):
        read_lockout(file, "front", NOW)
