"""One connection to a broker, MQTT 5, from its making to its end; it belongs to one thread.

Every connection begins anew: clean start, session expiry 0, and subscriptions that get nothing of
what the broker keeps (retain handling 2), but are told of each live message whether it is to be
kept (retain as published). So nothing that was sent while the door was away comes later, and a
kept command is seen to be one (OASIS MQTT 5.0, 3.1.2.4, 3.1.2.11.2, 3.8.3.1).
"""

import logging
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from accessctl.clock import boot_seconds
from accessctl.errors import BrokerError
from accessctl.mqtt.broker import BrokerAccess, paho_client
from accessctl.mqtt.commands import MAX_PAYLOAD
from accessctl.mqtt.topics import Message
from accessctl.storage.parsing import shortened

OPEN_S = 10.0
STALLED_S = 5.0
"""Whoever did not look for so long does not know when what is there was meant."""
MOST_UNCONFIRMED = 16
"""Below the 20 that brokers take at once (mosquitto.conf(5), max_inflight_messages)."""
# A topic and its properties besides the payload.
MAX_PACKET = MAX_PAYLOAD + 1024
MOST_WAITING = 64
"""Packets that the broker has not taken; the door itself makes far fewer wait."""
REFUSED = 0x80
# Whatever a broker sends: a flood must not take a core from the door.
READS_A_SECOND, PAUSE_S = 200, 0.02
UNSUPPORTED_VERSIONS = frozenset({1, 132})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that came at `at`, seconds of the connection's clock.

    `expires_s` is what was left of its life when the broker sent it, None: it does not end.
    """

    topic: str
    payload: bytes
    retained: bool
    at: float
    expires_s: float | None


class Connection:
    """See the module. `wake` is a socket that interrupts `turn` when it can be read."""

    def __init__(
        self,
        access: BrokerAccess,
        *,
        will: Message | None = None,
        subscribe: Sequence[str] = (),
        wake: socket.socket | None = None,
        clock: Callable[[], float] = boot_seconds,
    ) -> None:
        """Nothing is opened yet; FaultError without paho-mqtt. `subscribe` are whole topics."""
        self.access = access
        self._subscribe = tuple(subscribe)
        self._wake = wake
        self._clock = clock
        self._received: list[Received] = []
        self._refused: str | None = None
        self._accepted = False
        self._subscribed = not subscribe
        self._unconfirmed: dict[int, bool] = {}
        self._denied_events = 0
        self._told_denied = False
        self._looked = clock()
        self._reads, self._reads_since = 0, clock()
        self._client = self._made(will)

    def _made(self, will: Message | None) -> Any:
        paho = paho_client()
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, self.access.client, protocol=paho.MQTTv5
        )
        client.connect_timeout = OPEN_S
        if self.access.user is not None:
            client.username_pw_set(self.access.user, self.access.password)
        if self.access.tls is not None:
            client.tls_set_context(self.access.tls)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    @property
    def tls(self) -> str | None:
        """The version of TLS that is spoken; None: in the clear."""
        there = self._client.socket()
        return there.version() if isinstance(there, ssl.SSLSocket) else None

    @property
    def full(self) -> bool:
        """Whether the broker has to take something before it gets more."""
        return len(self._unconfirmed) >= MOST_UNCONFIRMED or self._client.want_write()

    @property
    def unconfirmed_events(self) -> int:
        """Events that were sent, and of which the broker has not said that it has them, or has said
        that it does not take them."""
        return sum(self._unconfirmed.values()) + self._denied_events

    def open(self) -> None:
        """Connect and subscribe; BrokerError when that is not done within OPEN_S.

        What comes before the subscription is confirmed can only be of an older one, and is thrown
        away.
        """
        properties = _properties("CONNECT", SessionExpiryInterval=0, MaximumPacketSize=MAX_PACKET)
        access = self.access
        try:
            self._client.connect(
                access.host,
                access.port,
                keepalive=access.keepalive_s,
                clean_start=True,
                properties=properties,
            )
        except (OSError, ValueError) as error:
            raise BrokerError(f"{_upper(access.place)} {unreachable(error)}.") from error
        until = self._clock() + OPEN_S
        self._looked = self._clock()
        while not (self._accepted and self._subscribed):
            self.turn(0.2)
            if self._clock() > until:
                raise BrokerError(f"{_upper(access.place)} does not answer.")

    def turn(self, timeout_s: float) -> list[Received]:
        """Read, write and keep alive, for `timeout_s` at most; what came meanwhile.

        BrokerError when the connection is over, and when nobody looked for STALLED_S: what came
        meanwhile is then thrown away unread.
        """
        stood_s = self._clock() - self._looked
        if stood_s > STALLED_S:
            self._client.disconnect()
            raise BrokerError(f"Nothing was read for {stood_s:.0f} s, so that all is asked anew.")
        try:
            self._turn(timeout_s)
        except Exception as error:
            # Not swallowed: whatever paho makes of what is no MQTT is the broker's fault.
            raise BrokerError(f"{_upper(self.access.place)} {unreachable(error)}.") from error
        if self._refused is not None:
            raise BrokerError(f"{_upper(self.access.place)} {self._refused}.")
        self._looked = self._clock()
        received, self._received = self._received, []
        return received

    def _turn(self, timeout_s: float) -> None:
        there = self._client.socket()
        if there is None:
            self._refused = self._refused or "has gone"
            return
        ready = isinstance(there, ssl.SSLSocket) and there.pending() > 0
        listened = [there] if self._wake is None else [there, self._wake]
        writing = [there] if self._client.want_write() else []
        readable, writable, _ = select.select(listened, writing, [], 0.0 if ready else timeout_s)
        if self._wake is not None and self._wake in readable:
            self._wake.recv(4096)
        failed = 0
        if ready or there in readable:
            self._hold_back()
            failed = self._client.loop_read()
        if self._is_overfull():
            self._refused = self._refused or "sends more than it may, or takes nothing"
            return
        if not failed and writable:
            failed = self._client.loop_write()
        failed = failed or self._client.loop_misc()
        if failed:
            self._refused = self._refused or "has gone"

    def _is_overfull(self) -> bool:
        """Whether the broker has begun a packet that is larger than it may be, has sent one of
        quality of service 2, which nobody subscribed to, or leaves lying what answers it.

        paho keeps each of these without a bound, and tells of none of them but here.
        """
        client = self._client
        return (
            client._in_packet["remaining_length"] > MAX_PACKET
            or len(client._in_messages) > 0
            or len(client._out_packet) > MOST_WAITING
        )

    def _hold_back(self) -> None:
        """Wait a little before a read that is one of too many in this second."""
        now = self._clock()
        if not 0.0 <= now - self._reads_since < 1.0:
            self._reads, self._reads_since = 0, now
        self._reads += 1
        if self._reads > READS_A_SECOND:
            time.sleep(PAUSE_S)

    def send(self, message: Message, *, is_event: bool = False) -> None:
        """Hand it over, quality of service 1; BrokerError."""
        expiry = {} if message.expires_s is None else {"MessageExpiryInterval": message.expires_s}
        sent = self._client.publish(
            message.topic,
            message.payload,
            qos=1,
            retain=message.retain,
            properties=_properties("PUBLISH", **expiry),
        )
        if sent.rc != 0:
            raise BrokerError(f"{_upper(self.access.place)} has gone.")
        self._unconfirmed[sent.mid] = is_event

    def close(self, last: Message | None = None) -> None:
        """Say goodbye, after `last`, without waiting for more than a second."""
        try:
            if last is not None:
                self.send(last)
            until = self._clock() + 1.0
            while self._unconfirmed and self._clock() < until:
                self.turn(0.1)
        except BrokerError:
            log.debug("The broker was gone before the goodbye.")
        self._client.disconnect()
        # Without a loop that runs, paho does not close what it has said goodbye to.
        there = self._client.socket()
        if there is not None:
            there.close()

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        from paho.mqtt.subscribeoptions import SubscribeOptions

        if code.is_failure:
            self._refused = _refusal(code)
            return
        self._accepted = True
        if self._subscribe:
            # Quality of service 0: nothing waits at the broker for a door that does not read.
            options = SubscribeOptions(qos=0, retainAsPublished=True, retainHandling=2)
            self._client.subscribe([(topic, options) for topic in self._subscribe])

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, codes: Any, _more: Any) -> None:
        self._subscribed = True
        denied = [t for t, c in zip(self._subscribe, codes, strict=False) if c.value >= REFUSED]
        if denied:
            log.warning("The broker does not let the door read %s.", ", ".join(denied))

    def _on_publish(self, _client: Any, _data: Any, mid: int, code: Any, _more: Any) -> None:
        was_event = self._unconfirmed.pop(mid, False)
        if code.value >= REFUSED:
            self._denied_events += was_event
            if not self._told_denied:
                self._told_denied = True
                log.warning(
                    "The broker does not take what the door tells (%s); see its rules.", code
                )

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        left = getattr(message.properties, "MessageExpiryInterval", None)
        received = Received(
            message.topic,
            message.payload,
            retained=bool(message.retain),
            at=self._clock(),
            expires_s=None if left is None else float(left),
        )
        self._received.append(received)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        self._refused = self._refused or f"has gone ({shortened(str(code), 60)})"


def _properties(packet: str, **values: int) -> Any:
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    made: Any = Properties(getattr(PacketTypes, packet))  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(made, name, value)
    return made


def _refusal(code: Any) -> str:
    if code.value in UNSUPPORTED_VERSIONS:
        return "does not speak MQTT 5, without which an old command looks like a new one"
    if code.value in {4, 5, 134, 135}:
        return "refuses the door's user or password; see mqtt.user and mqtt.password_file"
    return f"refuses the door ({shortened(str(code), 60)})"


def unreachable(error: Exception) -> str:
    """Why nobody can be reached there, without a secret: paho's errors hold none."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that does not hold ({shortened(error.verify_message, 100)})"
    if isinstance(error, ssl.SSLError):
        return f"does not come to an agreement on TLS ({shortened(error.reason or '', 60)})"
    if isinstance(error, TimeoutError):
        return "does not answer"
    if isinstance(error, socket.gaierror):
        return "has a name that nobody knows"
    if isinstance(error, OSError):
        return f"cannot be reached ({shortened(error.strerror or type(error).__name__, 60)})"
    return f"said what is no MQTT ({type(error).__name__})"


def _upper(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
