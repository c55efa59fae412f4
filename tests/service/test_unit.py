import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.config import ActionsConfig, Config
from accessctl.errors import InputError
from accessctl.service.unit import (
    ETC,
    STATE,
    ServicePlace,
    addresses,
    drop_in,
    is_as_written,
    marked,
    rendered,
)

REPOSITORY = Path(__file__).parents[2]
TEMPLATE = (REPOSITORY / "systemd" / "accessctl.service").read_text(encoding="utf-8")
WORST_EXPOSURE = 2.5


def config_with(**sections: dict[str, Any]) -> Config:
    own = {
        "gallery": {"folder": str(STATE / "enrolled")},
        "audit": {"file": str(STATE / "events.sqlite")},
        "service": {"socket": "/run/accessctl/door.sock"},
        "encoder": {"folder": "/opt/accessctl/models/dlib"},
        "vision": {"models": "/opt/accessctl/models/cache/mediapipe"},
    }
    merged = {name: {**own.get(name, {}), **sections.get(name, {})} for name in own | sections}
    return Config.model_validate(merged)


def place(python: str = "/opt/accessctl/.venv/bin/python") -> ServicePlace:
    return ServicePlace(Path(python), ETC / "config.yaml", ETC / "gallery.key", ETC / "audit.key")


WEBHOOK = {"type": "webhook", "url": "https://gate.example/open"}
CONFIGURATIONS = {
    "plain": config_with(),
    "network": config_with(
        camera={"source": "rtsp://user:pass@10.0.0.7/1"}, actions={"granted": [WEBHOOK]}
    ),
    "badges": config_with(badges={"serial": "/dev/ttyUSB0"}),
    "gpu": config_with(encoder={"device": "gpu"}, service={"metrics_port": 9100}),
    "hub": config_with(sync={"hub": "https://10.0.0.9:8443"}),
    "elsewhere": config_with(audit={"file": "/srv/door/events.sqlite"}),
}


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        missing = "there is no systemd-analyze; install it with: apt install systemd"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def installed(folder: Path, config: Config, version: int) -> Path:
    """The unit with its drop-in, as systemd would find them."""
    unit = folder / "accessctl.service"
    unit.write_text(marked(rendered(TEMPLATE, place(sys.executable), config)))
    beside = folder / "accessctl.service.d"
    beside.mkdir()
    (beside / "50-configuration.conf").write_text(
        marked(drop_in(config, place(sys.executable), version))
    )
    return unit


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_systemd_finds_nothing_wrong_with_it(analyze: str, name: str, tmp_path: Path) -> None:
    unit = installed(tmp_path, CONFIGURATIONS[name], 252)
    done = subprocess.run(
        [analyze, "verify", str(unit)], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "accessctl" in line]
    assert (done.returncode, ours) == (0, [])


def test_systemd_finds_nothing_wrong_with_the_hubs(analyze: str, tmp_path: Path) -> None:
    shipped = (REPOSITORY / "systemd" / "accessctl-hub.service").read_text(encoding="utf-8")
    assert "/opt/accessctl/.venv/bin/python" in shipped
    unit = tmp_path / "accessctl-hub.service"
    unit.write_text(shipped.replace("/opt/accessctl/.venv/bin/python", sys.executable))
    done = subprocess.run(
        [analyze, "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if "hub" in line]) == (
        0,
        [],
    )


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("accessctl.service", "WatchdogSec=30", "WatchdogSec=soon"),
        ("accessctl.service.d/50-configuration.conf", "[Service]", "[Service]\nWatchdogSec=soon"),
    ],
)
def test_systemd_would_find_something_wrong(
    analyze: str, file: str, before: str, after: str, tmp_path: Path
) -> None:
    unit = installed(tmp_path, CONFIGURATIONS["plain"], 252)
    broken = tmp_path / file
    broken.write_text(broken.read_text().replace(before, after))
    done = subprocess.run(
        [analyze, "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert f"{broken}:" in done.stderr
    assert "soon" in done.stderr


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_it_is_hardened(analyze: str, name: str, tmp_path: Path) -> None:
    """With the drop-in laid over it: `security` of a single file does not read one."""
    unit = installed(tmp_path, CONFIGURATIONS[name], 252)
    more = (tmp_path / "accessctl.service.d" / "50-configuration.conf").read_text()
    whole = unit.read_text().replace("\n[Install]", more.partition("[Service]")[2] + "\n[Install]")
    unit.write_text(whole)
    done = subprocess.run(
        [analyze, "security", "--offline=true", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Overall exposure level for accessctl.service: ([0-9.]+)", done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) <= WORST_EXPOSURE
    if name == "plain":
        # No network at all, and no code made at run time.
        assert float(found[1]) <= 1.0


def test_the_template_is_filled_in() -> None:
    there = ServicePlace(Path("/srv/py"), Path("/srv/c.yaml"), Path("/k/g"), Path("/k/a"), "warden")
    config = config_with(service={"socket": "/run/accessctl/other.sock"})
    unit = rendered(TEMPLATE, there, config)
    assert "ExecStart=/srv/py -P -m accessctl run --config /srv/c.yaml\n" in unit
    assert "ExecReload=/srv/py -P -m accessctl reload --socket /run/accessctl/other.sock\n" in unit
    assert "User=warden\nGroup=warden\n" in unit
    assert "LoadCredential=accessctl-key:/k/g\n" in unit
    assert "LoadCredential=accessctl-audit-key:/k/a\n" in unit


@pytest.mark.parametrize("bad", ["/srv/my door/py", "/srv/py%i", "/srv/$HOME", "/srv/a\nUser=root"])
def test_a_path_that_means_something_to_systemd_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="systemd cannot be told"):
        rendered(TEMPLATE, place(bad), config_with())


def test_a_template_that_lacks_a_line_is_refused() -> None:
    with pytest.raises(InputError, match="restore it"):
        rendered(TEMPLATE.replace("accessctl-audit-key:", "x:/"), place(), config_with())


def test_nothing_is_opened_that_is_not_needed() -> None:
    text = drop_in(config_with(), place(), 252)
    assert text == "[Service]\n# The configuration needs nothing beyond the unit.\n"


def test_an_address_is_opened_and_no_more() -> None:
    config = config_with(camera={"source": "rtsp://user:pass@10.0.0.7/1"})
    assert addresses(config) == (["10.0.0.7"], [])
    lines = drop_in(config, place(), 252).splitlines()
    assert "IPAddressAllow=10.0.0.7" in lines
    assert "PrivateNetwork=no" in lines
    assert "RestrictAddressFamilies=AF_INET AF_INET6" in lines
    assert "pass" not in drop_in(config, place(), 252)


def test_the_infrared_cameras_address_is_opened_too() -> None:
    config = config_with(
        camera={"source": "rtsp://10.0.0.7/1"},
        liveness={"ir_source": "rtsp://user:secret@10.0.0.8/ir"},
    )
    assert addresses(config) == (["10.0.0.7", "10.0.0.8"], [])
    assert "secret" not in drop_in(config, place(), 252)
    # Where nobody asks for life it is not looked through.
    off = config_with(liveness={"ir_source": "rtsp://10.0.0.8/ir", "mode": "off"})
    assert addresses(off) == ([], [])
    assert addresses(config_with(liveness={"ir_source": "/dev/video2"})) == ([], [])


def test_metrics_open_this_machine_only() -> None:
    lines = drop_in(config_with(service={"metrics_port": 9100}), place(), 252).splitlines()
    assert [line for line in lines if line.startswith("IPAddressAllow")] == [
        "IPAddressAllow=localhost"
    ]


def test_the_brokers_address_is_opened_too() -> None:
    assert addresses(config_with(mqtt={"host": "10.0.0.5"})) == (["10.0.0.5"], [])
    assert addresses(config_with(mqtt={"host": "broker.lan"})) == ([], ["broker.lan"])


def test_a_host_by_name_opens_all_addresses_and_says_which_host_it_is() -> None:
    text = drop_in(config_with(actions={"denied": [WEBHOOK]}), place(), 252)
    assert "IPAddressAllow=any" in text
    assert "#   gate.example\n" in text


def test_folders_outside_the_services_own_are_made_writable() -> None:
    config = config_with(
        audit={"file": "/srv/door/events.sqlite", "snapshots": {"folder": "/srv/pictures"}},
        gallery={"folder": "/home/ada/enrolled"},
    )
    lines = drop_in(config, place(), 252).splitlines()
    assert [line for line in lines if line.startswith("ReadWritePaths")] == [
        "ReadWritePaths=/home/ada/enrolled",
        "ReadWritePaths=/srv/door",
        "ReadWritePaths=/srv/pictures",
    ]
    assert "ProtectHome=no" in lines


def test_a_controller_s_line_is_opened_and_its_key_can_be_replaced() -> None:
    controller = {
        "type": "osdp",
        "device": "/dev/serial/by-id/usb-rs485",
        "key_file": "/srv/door/controller.key",
    }
    lines = drop_in(config_with(doorway={"controller": controller}), place(), 252).splitlines()
    assert "DeviceAllow=/dev/serial/by-id/usb-rs485 rw" in lines
    assert "SupplementaryGroups=dialout" in lines
    assert "ReadWritePaths=/srv/door" in lines


def test_a_program_in_a_home_is_read_only() -> None:
    lines = drop_in(config_with(), place("/home/ada/accessctl/.venv/bin/python"), 252).splitlines()
    assert "ProtectHome=read-only" in lines


def test_restarts_grow_rarer_where_systemd_knows_how() -> None:
    assert "RestartSteps=5" in drop_in(config_with(), place(), 254)
    assert "RestartSteps" not in drop_in(config_with(), place(), 253)


@given(st.text())
def test_a_file_tells_whether_it_was_changed(text: str) -> None:
    content = marked(text)
    assert is_as_written(content)
    assert not is_as_written(content + " ")
    assert not is_as_written(text)


LISTS = [
    name for name in ActionsConfig.model_fields if isinstance(getattr(ActionsConfig(), name), tuple)
]


@pytest.mark.parametrize("where", LISTS)
def test_the_address_of_every_action_is_in_the_network_rule(where: str) -> None:
    """By the list of actions itself, so that one that is added later is not left out."""
    webhook = {"type": "webhook", "url": "http://10.0.0.9/say"}
    config = config_with(actions={where: [webhook]})
    assert addresses(config) == (["10.0.0.9"], [])
    assert "IPAddressAllow=10.0.0.9" in drop_in(config, place(), 252)


def test_the_lists_of_actions_are_found() -> None:
    assert {"granted", "denied", "unknown", "challenge"} <= set(LISTS)


def test_the_lock_is_left_safe_however_the_door_ends() -> None:
    at = place()
    said = rendered(TEMPLATE, at, config_with())
    assert f"ExecStopPost=-{at.python} -P -m accessctl.service.leave_safe {at.config}" in said


def test_a_badge_reader_needs_its_group_and_serial_lines_to_be_read() -> None:
    text = drop_in(CONFIGURATIONS["badges"], place(), 252)
    assert "SupplementaryGroups=dialout\n" in text
    assert "DeviceAllow=char-ttyUSB r\n" in text
    assert "dialout" not in drop_in(CONFIGURATIONS["plain"], place(), 252)
