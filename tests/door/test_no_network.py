"""A door that names no host opens no connection, nor tries: the kernel has counted."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]

# In a network of its own, where every address leads to nobody: a program that tries to reach
# one is not refused at once, so the attempt is counted (RFC 1213: tcpActiveOpens,
# udpOutDatagrams). The numbers are those of Linux's sockios.h and route.h.
PROGRAM = """
import ctypes, fcntl, json, socket, struct, subprocess, sys

ADD_ROUTE, SET_FLAGS, UP_AND_RUNNING = 0x890B, 0x8914, 0x41
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", b"lo", UP_AND_RUNNING))
    everywhere = struct.pack("H14x", socket.AF_INET)
    device = ctypes.create_string_buffer(b"lo")
    route = struct.pack(
        "L16s16s16sHhLPhPLLH", 0, everywhere, everywhere, everywhere, 1, 0, 0, 0, 0,
        ctypes.addressof(device), 0, 0, 0,
    )
    fcntl.ioctl(any_socket, ADD_ROUTE, route)
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
lines = [line.split() for line in open("/proc/net/snmp")]
counts = {
    head[0] + name: int(value)
    for head, row in zip(lines[::2], lines[1::2])
    for name, value in zip(head[1:], row[1:])
}
print(json.dumps({
    "tried": counts["Tcp:ActiveOpens"] + counts["Udp:OutDatagrams"],
    "code": done.returncode, "out": done.stdout, "err": done.stderr,
}))
"""


def attempts(*command: str) -> dict:
    """How often `command` tried to reach somebody, and what it said."""
    unshare = shutil.which("unshare")
    own_network = [str(unshare), "--map-root-user", "--net"]
    if unshare is None or subprocess.run([*own_network, "true"], capture_output=True).returncode:
        pytest.skip("this machine gives no network namespace to count in")
    done = subprocess.run(
        [*own_network, sys.executable, "-c", PROGRAM, *command],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"ACCESSCTL_CONFIG": ""},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.create_connection(('192.0.2.1', 80), 0.1)",
    ],
    ids=["a datagram", "a connection"],
)
def test_an_attempt_is_counted(attempt: str) -> None:
    assert attempts(sys.executable, "-W", "ignore", "-c", f"import socket; {attempt}")["tried"] > 0


def test_a_visitor_before_the_whole_door_reaches_nobody(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    sections = {
        "encoder": {"folder": str(REPOSITORY / "models" / "encoder"), "device": "cpu"},
        "vision": {"models": str(REPOSITORY / "models" / "cache" / "mediapipe")},
        "camera": {"source": "demo"},
        "actions": {"granted": [{"type": "command", "argv": ["true"]}]},
    }
    config.write_text(yaml.safe_dump(sections))
    said = attempts(sys.executable, "-m", "accessctl", "doctor", "--json", "--config", str(config))
    findings = [json.loads(line) for line in said["out"].splitlines()]
    # The self test enrols somebody and lets them in: without it this proves nothing.
    assert [found["level"] for found in findings if found["subject"] == "self test"] == ["ok"], said
    assert said["tried"] == 0
