"""A real broker (mosquitto) on a free port, and somebody else who speaks to it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition
from typing import Any, Self

from paho.mqtt import client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.patience import PATIENCE_S, wait_for

WAIT_S = 20.0
PASSWORDS = {"door": "door secret", "homeassistant": "ha secret", "stranger": "stranger secret"} | {
    "janitor": "janitor secret"
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """One broker; `acl` are the lines of its ACL file, `more` of its configuration."""

    def __init__(self, acl: str | None = None, more: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="mosquitto-"))
        passwords = self.folder / "passwords"
        passwords.touch()
        for user, password in PASSWORDS.items():
            command = ["mosquitto_passwd", "-b", str(passwords), user, password]
            subprocess.run(command, check=True, capture_output=True)
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {passwords}",
            *more,
        ]
        if acl is not None:
            (self.folder / "acl").write_text(acl)
            lines.append(f"acl_file {self.folder / 'acl'}")
        if os.geteuid() == 0:
            lines.append("user mosquitto")
            shutil.chown(self.folder, "mosquitto")
            for file in self.folder.iterdir():
                shutil.chown(file, "mosquitto")
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None
        self._process = subprocess.Popen(
            [program, "-c", str(self.folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers, "the broker")

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """At once, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None

    def freeze(self) -> None:
        """It accepts connections, and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)


ALL_RIGHTS = "user janitor\ntopic readwrite #\n"


@dataclass(frozen=True)
class Heard:
    topic: str
    payload: str
    retained: bool
    raw: bytes


@dataclass
class Speaker:
    """A client that hears everything it may, and can publish; `with` connects it."""

    broker: Mosquitto
    user: str = "homeassistant"
    topics: Sequence[str] = ("#",)
    heard: list[Heard] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._changed = Condition()
        self._subscribed = False
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, f"test-{self.user}", protocol=paho.MQTTv5
        )
        self._client.username_pw_set(self.user, PASSWORDS[self.user])
        self._client.on_message = self._on_message
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.connect("127.0.0.1", self.broker.port, keepalive=30)
        self._client.loop_start()
        wait_for(lambda: self._subscribed, "the subscription")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(
        self,
        topic: str,
        payload: str | bytes,
        *,
        retain: bool = False,
        expires_s: int | None = None,
    ) -> None:
        properties: Any = Properties(PacketTypes.PUBLISH)
        if expires_s is not None:
            properties.MessageExpiryInterval = expires_s
        sent = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        sent.wait_for_publish(WAIT_S)

    def sweep(self) -> None:
        """Have the broker keep nothing of what was heard."""
        for topic in {one.topic for one in self.heard if one.retained}:
            self.say(topic, "", retain=True)

    def on(self, topic: str) -> list[str]:
        """All payloads that came there."""
        with self._changed:
            return [one.payload for one in self.heard if one.topic == topic]

    def wait(self, topic: str, fits: Callable[[str], bool] = bool) -> str:
        """The first payload there that fits, once it has come."""

        def found() -> str | None:
            return next((one for one in self.on(topic) if fits(one)), None)

        return str(wait_for(found, f"what fits on {topic}; heard {self.on(topic)}"))

    def _on_connect(self, client: Any, *_: Any) -> None:
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self.topics])

    def _on_subscribe(self, *_: Any) -> None:
        self._subscribed = True

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        payload = message.payload.decode("utf-8", "replace")
        with self._changed:
            self.heard.append(Heard(message.topic, payload, bool(message.retain), message.payload))
