"""The demo's enrolled visitor as a camera in the network, for any number of doors at once.

One HTTP server of this machine alone sends MJPEG, as many a network camera does: the visitor steps
up, looks and is gone, again and again. All who watch see the same picture at the same time.
"""

import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import cv2

from accessctl.background import BackgroundThread
from accessctl.demo.scene import Scene
from accessctl.demo.script import ENTER_S, VISIT_S, WALK_S, Act, Performer
from accessctl.demo.sitting import sitting_stance
from accessctl.domain import Image

FPS = 10
# Of the walk only the last steps, of the stand as much as a decision takes.
FROM_S, UNTIL_S = ENTER_S + WALK_S - 1.5, ENTER_S + WALK_S + 2.0
AWAY_S = 1.5
QUALITY = 90
HEAD = b"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
CLOSE_S = 5.0


def visits(seed: int = 0, performer: Performer = Performer.ENROLLED) -> list[bytes]:
    """One visit and the pause after it, as JPEGs of 1280x720, FPS of them a second."""
    scene = Scene(seed, (Act(performer, 0.0),))
    there = [FROM_S + number / FPS for number in range(round((UNTIL_S - FROM_S) * FPS))]
    gone = [VISIT_S + 1 + number / FPS for number in range(round(AWAY_S * FPS))]
    return [_jpeg(scene.render(moment)) for moment in there + gone]


def sittings(yaw: float, seed: int = 0) -> list[bytes]:
    """A second of the stranger who sits for a photo, her head turned by `yaw` degrees
    (script.Stance), as such JPEGs."""
    scene = Scene(seed)
    moments = [number / FPS for number in range(FPS)]
    return [_jpeg(scene.sitting(sitting_stance(yaw, moment), moment)) for moment in moments]


def _jpeg(picture: Image) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), quality)
    return data.tobytes()


class Broadcast:
    """From `with` to its end at `url`, whatever the path behind it; shows `pictures` by turns, and
    others as soon as they are put in their place."""

    def __init__(self, pictures: Sequence[bytes], fps: float = FPS) -> None:
        self.pictures = pictures
        self._fps = fps
        self._closed = threading.Event()
        self._shown = threading.Condition()
        self._number = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _watching(self))
        self._server.daemon_threads = True
        self._threads = (
            BackgroundThread(
                self._go_on, name="pictures", stop=self._closed.set, patience_s=CLOSE_S
            ),
            BackgroundThread(
                self._server.serve_forever,
                name="broadcast",
                stop=self._server.shutdown,
                patience_s=CLOSE_S,
            ),
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def next_picture(self, after: int) -> tuple[int, bytes] | None:
        """The number of the picture that is shown once `after` is over, and the picture; None at
        the end. It waits."""
        with self._shown:
            self._shown.wait_for(lambda: self._number > after or self._closed.is_set())
            number, pictures = self._number, self.pictures
        if self._closed.is_set():
            return None
        return number, pictures[number % len(pictures)]

    def _go_on(self) -> None:
        while not self._closed.wait(1 / self._fps):
            with self._shown:
                self._number += 1
                self._shown.notify_all()
        with self._shown:
            self._shown.notify_all()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for thread in self._threads:
            thread.__exit__(kind, error, trace)
        self._server.server_close()


def _watching(broadcast: Broadcast) -> type[BaseHTTPRequestHandler]:
    class Watching(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=cut")
            self.end_headers()
            number = 0
            try:
                while (following := broadcast.next_picture(number)) is not None:
                    number, jpeg = following
                    self.wfile.write(HEAD % len(jpeg) + jpeg + b"\r\n")
            except OSError:
                # The door has closed its camera.
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: who watches is no news."""

    return Watching
