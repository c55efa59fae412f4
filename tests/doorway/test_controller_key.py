import stat

import pytest

from accessctl.config import Config
from accessctl.doorway.controller_key import (
    CREDENTIAL,
    DEFAULT_KEY,
    keep_key,
    key_file,
    own_key,
    read_key,
)
from accessctl.errors import ConfigError
from tests.doorway.control_panel import KEY, OTHER_KEY


@pytest.fixture
def config(tmp_path):
    return Config.model_validate(
        {
            "audit": {"file": str(tmp_path / "state" / "events.sqlite")},
            "doorway": {"controller": {"type": "osdp", "device": "/dev/ttyUSB0"}},
        }
    )


def test_a_key_that_was_kept_is_read_and_is_its_owner_s_alone(config):
    path = key_file(config)
    assert path.name == "controller.key"
    keep_key(path, OTHER_KEY)
    keep_key(path, KEY)
    assert read_key(config, {}) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_systemd_s_goes_first(config, tmp_path):
    keep_key(key_file(config), OTHER_KEY)
    (tmp_path / CREDENTIAL).write_text(KEY.hex().upper() + "\n")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_key(config, environment) == KEY
    assert read_key(config, {}) == OTHER_KEY


def test_without_a_key_it_says_how_to_get_one(config):
    with pytest.raises(ConfigError, match="accessctl controller pair"):
        read_key(config, {})


@pytest.mark.parametrize("text", ["", "zz" * 16, KEY.hex()[:-2], KEY.hex() + "00"])
def test_what_is_no_key_is_refused_without_repeating_it(config, text):
    path = key_file(config)
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as refused:
        read_key(config, {})
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("key", [DEFAULT_KEY, bytes(16), b"\x11" * 16, b"short"])
def test_a_key_that_anybody_would_try_is_refused(config, key):
    with pytest.raises(ConfigError, match="anybody would try it"):
        own_key(key)


def test_the_standard_s_key_in_the_file_is_refused(config):
    keep_key(key_file(config), b"0123456789:;<=>?")
    with pytest.raises(ConfigError, match="anybody would try it"):
        read_key(config, {})


def test_a_key_that_others_may_read_is_refused(config):
    keep_key(key_file(config), KEY)
    key_file(config).chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_key(config, {})
