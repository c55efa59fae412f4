"""Cameras on this machine's own network."""

import itertools
import socket
import subprocess
import threading
from pathlib import Path

import cv2
import numpy as np

from accessctl.domain import Image

RTSP_SERVER = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE_S = 60.0
FPS = 15


def jpegs(image: Image, width: int, height: int) -> list[bytes]:
    """One and a third seconds of a still life as a camera sees it: no two pictures agree."""
    noise = np.random.default_rng(1)
    scaled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    pictures = []
    for _ in range(20):
        grains = 3 * noise.standard_normal(scaled.shape, np.float32)
        noisy = np.clip(scaled + grains, 0, 255).astype(np.uint8)
        done, data = cv2.imencode(".jpg", cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR))
        assert done
        pictures.append(data.tobytes())
    return pictures


class Mjpeg:
    """A camera that sends pictures over HTTP to whoever connects."""

    def __init__(self, shown: list[bytes]) -> None:
        self.shown = shown
        self._closed = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/door"

    def close(self) -> None:
        self._closed.set()
        self._server.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=cut\r\n\r\n"
        part = "--cut\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
        with client:
            try:
                client.recv(4096)
                client.sendall(head.encode())
                for turn in itertools.count():
                    jpeg = self.shown[turn % len(self.shown)]
                    client.sendall((part % len(jpeg)).encode() + jpeg + b"\r\n")
                    if self._closed.wait(1 / FPS):
                        return
            except OSError:
                return


class Rtsp:
    """A camera that speaks RTSP, in a process that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self, pictures: list[bytes]) -> None:
        """On the port of the last time."""
        for number, picture in enumerate(pictures):
            (self._folder / f"{number}.jpg").write_bytes(picture)
        argv = [SYSTEM_PYTHON, str(RTSP_SERVER), str(self.port), str(self._folder)]
        self._process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
