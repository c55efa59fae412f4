import subprocess
import sys

from accessctl.config import Config
from accessctl.service.following import bridge_of

LOADED = """
import sys
import accessctl.cli.run, accessctl.cli.doctor, accessctl.cli.running_door
import accessctl.service.daemon
from accessctl.config import Config
from accessctl.service.following import bridge_of
assert bridge_of(Config(), {}) is None
print([name for name in sys.modules if name.startswith(("paho", "accessctl.mqtt"))])
"""


def test_without_the_section_nothing_of_mqtt_is_loaded() -> None:
    said = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"


def test_without_a_broker_there_is_no_bridge() -> None:
    assert bridge_of(Config(), {}) is None
