"""A door's requests to its hub: short, bounded, and each failure one sentence."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from pydantic import BaseModel, ValidationError

from accessctl.clock import boot_seconds
from accessctl.errors import HubBusyError, HubError
from accessctl.policy.retrying import asked_pause
from accessctl.storage.parsing import shortened
from accessctl.sync.feed_wire import (
    CHANGES,
    COMMANDS,
    KEYS,
    PICTURE,
    PROPOSALS,
    RECEIPTS,
    WAIT,
    ChangeBatch,
    CommandAnswer,
    KeysAnswer,
    KeysRequest,
    LivePicture,
    PictureAnswer,
    ProposalsAnswer,
    ProposalsRequest,
    ReceiptsRequest,
    WaitBeside,
    Waited,
    as_received,
    known_kinds,
)
from accessctl.sync.identity import Membership, utc_in_words
from accessctl.sync.model_wire import MODELS, OfferedModels
from accessctl.sync.picture_wire import PICTURES, EventPicture, PictureTaken
from accessctl.sync.shot_wire import SHOT, ShotTaken
from accessctl.sync.wire import (
    API,
    CERTIFICATE,
    HUB_NAME,
    LOG,
    MAX_ANSWER_BYTES,
    CertificateAnswer,
    CertificateRequest,
    HubRefusal,
    LogBatch,
    LogMark,
    LogReceipt,
)

if TYPE_CHECKING:
    import httpx

CONNECT_S = 10.0
"""Long enough for a hub that was away to let in some hundreds of doors that come back together."""
ANSWER_S = 30.0
WAIT_ANSWER_S = 45.0
"""A wait is answered after 25 s at the latest, or some seconds later where the hub has a lot to
do."""
NOT_NOW = (429, 503)
KEEP_S = 70.0
"""A silent connection is used again for so long, a little less than the hub keeps it: a new one
costs the hub more than what is asked."""
DEAD_AFTER_S = 15
"""A connection that was dropped on the way is noticed, and given up, after about that."""
PROBES = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, DEAD_AFTER_S // 5),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * DEAD_AFTER_S),
)
"""The kernel asks of a silent line every 20 s whether it is still there: that also keeps it open
where what lies between forgets those that say nothing (see the hub's WAIT_S)."""
# The name that every hub's certificate bears, whatever address this one is reached by.
BY_NAME = {"sni_hostname": HUB_NAME}

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class _Noted(BaseModel):
    """An answer that says no more than that it is one."""


class HubConnection:
    """Requests with JSON to one hub; HubError for whatever goes wrong. A context manager."""

    def __init__(self, url: str, tls: ssl.SSLContext, now: Callable[[], float] = time.time) -> None:
        """`url` as https://hub:8443; what `tls` trusts is all that is trusted. `now` is epoch
        time."""
        import httpx

        self.url = url.rstrip("/")
        self._now = now
        self._client = httpx.Client(
            base_url=self.url,
            transport=httpx.HTTPTransport(
                verify=tls,
                limits=httpx.Limits(keepalive_expiry=KEEP_S),
                trust_env=False,
                socket_options=PROBES,
            ),
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            trust_env=False,
            # A little that unpacks to a lot would be read before it is counted.
            headers={"accept-encoding": "identity"},
            follow_redirects=False,
        )

    @property
    def is_busy(self) -> bool:
        """Whether somebody else is being answered by it: another question would open another
        line."""
        return False

    def ask(
        self,
        method: str,
        path: str,
        answer: type[AnswerT],
        body: BaseModel | None = None,
        *,
        within_s: float | None = None,
    ) -> AnswerT:
        """The answer to one request, below `/api/v1`; `path` may hold a query. It may be silent for
        `within_s` where that is not ANSWER_S."""
        import httpx

        content = None if body is None else body.model_dump_json().encode("utf-8")
        headers = {} if body is None else {"content-type": "application/json"}
        patience = ANSWER_S if within_s is None else within_s
        try:
            request = self._client.build_request(
                method,
                API + path,
                content=content,
                headers=headers,
                timeout=httpx.Timeout(patience, connect=CONNECT_S),
                extensions=BY_NAME,
            )
            with closing(self._client.send(request, stream=True)) as response:
                text = b"".join(self._bounded(response, MAX_ANSWER_BYTES))
        except httpx.HTTPError as error:
            raise self._unreached(error) from error
        if response.status_code != httpx.codes.OK:
            raise self._refused(response, text)
        try:
            return answer.model_validate_json(text)
        except ValidationError as error:
            raise HubError(
                f"The hub {self.url} answered something else than was asked; is it an accessctl "
                "hub, and as new as this door?"
            ) from error

    def stream(self, path: str, most: int) -> Iterator[bytes]:
        """The bytes of an answer that is no JSON, as they come; HubError for more than `most`."""
        import httpx

        try:
            request = self._client.build_request("GET", API + path, extensions=BY_NAME)
            with closing(self._client.send(request, stream=True)) as response:
                if response.status_code != httpx.codes.OK:
                    text = b"".join(self._bounded(response, MAX_ANSWER_BYTES))
                    raise self._refused(response, text)
                yield from self._bounded(response, most)
        except httpx.HTTPError as error:
            raise self._unreached(error) from error

    def _bounded(self, response: "httpx.Response", most: int) -> Iterator[bytes]:
        for part in response.iter_raw():
            most -= len(part)
            if most < 0:
                raise HubError(f"The hub {self.url} answered too much; is it an accessctl hub?")
            yield part

    def _unreached(self, error: Exception) -> HubError:
        return HubError(
            f"The hub {self.url} cannot be reached ({_why(error)}); check that it runs, and "
            "the network between."
        )

    def _refused(self, response: "httpx.Response", text: bytes) -> HubError:
        try:
            problem = HubRefusal.model_validate_json(text).problem
        except ValidationError:
            problem = f"it answered {response.status_code}; is it an accessctl hub?"
        told = f"The hub {self.url} refuses: {shortened(problem)}"
        if response.status_code in NOT_NOW:
            return HubBusyError(told, asked_pause(response.headers.get("retry-after"), self._now()))
        return HubError(told)

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()


class Lines(Protocol):
    """Where a connection comes from that others use, too; see shared_lines.SharedLines."""

    def taken(self, member: Membership) -> HubConnection: ...


class DoorClient:
    """What a joined door asks of its hub; HubError. A context manager."""

    def __init__(
        self, url: str, membership: Membership, now: float, lines: Lines | None = None
    ) -> None:
        """HubError where its certificate has run out at `now` (epoch seconds). Without `lines` the
        connection is its own."""
        if membership.expires <= now:
            raise HubError(
                f"This door's certificate ran out ({utc_in_words(membership.expires)}): the "
                "hub gets nothing more from it, and the door works on. On the hub run `accessctl "
                "hub revoke` and `accessctl hub invite`, then here: accessctl join"
            )
        try:
            self._connection = (
                HubConnection(url, membership.tls()) if lines is None else lines.taken(membership)
            )
        except (OSError, ssl.SSLError) as error:
            raise HubError(
                f"The door's certificate in {membership.folder} cannot be used; join again: "
                "accessctl join URL"
            ) from error

    @property
    def is_busy(self) -> bool:
        """See HubConnection.is_busy."""
        return self._connection.is_busy

    def mark(self) -> LogMark:
        """Up to where the hub has this door's log."""
        return self._connection.ask("GET", LOG, LogMark)

    def mark_at(self, number: int) -> LogMark:
        """That record of this door as the hub has it."""
        return self._connection.ask("GET", f"{LOG}/{number}", LogMark)

    def send(self, batch: LogBatch) -> LogReceipt:
        """Up to where the hub has it now, on its disk."""
        return self._connection.ask("POST", LOG, LogReceipt, batch)

    def renew(self, csr: str) -> str:
        """The next certificate, PEM."""
        request = CertificateRequest(csr=csr)
        return self._connection.ask("POST", CERTIFICATE, CertificateAnswer, request).certificate

    def wait(self, after: int, beside: WaitBeside) -> Waited:
        """As soon as there is something for this door, and after half a minute at the latest;
        commands come with what is left of their time."""
        asked = boot_seconds()
        path = f"{WAIT}?after={after}&{beside.query}"
        waited = self._connection.ask("GET", path, Waited, within_s=WAIT_ANSWER_S)
        return as_received(waited, boot_seconds() - asked)

    def settle(self, nonce: str, answer: CommandAnswer) -> None:
        """Say what became of a command."""
        self._connection.ask("POST", f"{COMMANDS}/{nonce}", _Noted, answer)

    def give_shot(self, nonce: str, shot: ShotTaken) -> None:
        """Say what came of the photo that a command asked for."""
        self._connection.ask("POST", f"{COMMANDS}/{nonce}{SHOT}", _Noted, shot)

    def show(self, picture: LivePicture) -> bool:
        """Whether somebody looks on."""
        return self._connection.ask("POST", PICTURE, PictureAnswer, picture).live

    def changes(self, after: int, round_: int | None) -> ChangeBatch:
        """What the hub's feed has for this door after that number; `round_` is the one that the
        hub ordered and that is in progress."""
        ordered = "" if round_ is None else f"&round={round_}"
        asked = f"{CHANGES}?after={after}{ordered}{known_kinds()}"
        return self._connection.ask("GET", asked, ChangeBatch)

    def keys(self, request: KeysRequest) -> KeysAnswer:
        """The site's keys, for the door's own public key."""
        return self._connection.ask("POST", KEYS, KeysAnswer, request)

    def propose(self, request: ProposalsRequest) -> ProposalsAnswer:
        """What becomes of changes that were made here."""
        return self._connection.ask("POST", PROPOSALS, ProposalsAnswer, request)

    def receipt(self, request: ReceiptsRequest) -> None:
        """Say that nothing is left here of people who were removed."""
        self._connection.ask("POST", RECEIPTS, _Noted, request)

    def send_picture(self, number: int, picture: EventPicture) -> PictureTaken:
        """Have the picture of that record of this door's log kept."""
        return self._connection.ask("POST", f"{PICTURES}/{number}", PictureTaken, picture)

    def models(self) -> OfferedModels:
        """The model files that the hub has."""
        return self._connection.ask("GET", MODELS, OfferedModels)

    def model(self, digest: str, offset: int, most: int) -> Iterator[bytes]:
        """The bytes of one of them from `offset` on, at most so many."""
        return self._connection.stream(f"{MODELS}/{digest}?offset={offset}", most)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _why(error: Exception) -> str:
    return shortened(str(error), 200).rstrip(".") or type(error).__name__
