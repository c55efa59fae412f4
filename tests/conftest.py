import ctypes
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml

from accessctl import demo, extensions
from accessctl.cli.front import application
from accessctl.extensions import ExtensionKind
from tests.crashes import report_crashes
from tests.scratch import write_in_memory

PRESSED_S = PAINTED_S = 2
WAIT_S = 90.0
EXAMPLES = int(os.environ.get("ACCESSCTL_EXAMPLES", "50"))
"""How many of each property are tried that does not say so itself."""
KEY_PRESS, REVERT_TO_PARENT, NOW = 2, 2, 0
ON_ERROR = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
Z_PIXMAP, ALL_PLANES = 2, ctypes.c_ulong(-1)


class KeyEvent(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("root", ctypes.c_ulong),
        ("subwindow", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
        ("x", ctypes.c_int),
        ("y", ctypes.c_int),
        ("x_root", ctypes.c_int),
        ("y_root", ctypes.c_int),
        ("state", ctypes.c_uint),
        ("keycode", ctypes.c_uint),
        ("same_screen", ctypes.c_int),
        ("rest_of_an_event", ctypes.c_long * 24),
    ]


class XDisplay:
    """Somebody in front of an X display: finds windows, presses keys, sees colours."""

    def __init__(self, name: str) -> None:
        self.name = name
        # The X server's own tools need this library, so it is there whenever the server is.
        self._x = ctypes.CDLL("libX11.so.6")
        for function in ("XOpenDisplay", "XGetImage"):
            getattr(self._x, function).restype = ctypes.c_void_p
        for function in ("XDefaultRootWindow", "XStringToKeysym", "XGetPixel"):
            getattr(self._x, function).restype = ctypes.c_ulong
        # Xlib's own handler ends the process; a window may close between being found and touched.
        self._on_error = ON_ERROR(lambda display, event: 0)
        self._x.XSetErrorHandler(self._on_error)
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(name.encode()))
        assert self._display.value
        self._root = ctypes.c_ulong(self._x.XDefaultRootWindow(self._display))

    def wait_for_window(self, title: str) -> int:
        return self.wait(lambda: self._window(title), f"a window called {title}")

    def wait(self, look: Callable[[], int | None], what: str) -> int:
        """What `look` gives as soon as it gives something."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(0.02)
        pytest.fail(f"{what} did not come within {WAIT_S} s")

    def press(self, window: int, key: str) -> None:
        """`key` is a keysym's name: q, space, Return, Escape."""
        keysym = ctypes.c_ulong(self._x.XStringToKeysym(key.encode()))
        event = KeyEvent(type=KEY_PRESS, window=window, root=self._root.value, same_screen=1)
        event.keycode = self._x.XKeysymToKeycode(self._display, keysym) & 0xFF
        target = ctypes.c_ulong(window)
        self._x.XSetInputFocus(self._display, target, REVERT_TO_PARENT, ctypes.c_ulong(NOW))
        self._x.XSendEvent(self._display, target, 0, ctypes.c_long(1), ctypes.byref(event))
        self._x.XSync(self._display, 0)

    def press_until(self, window: int, key: str, heard: Callable[[], bool]) -> None:
        """Press a key again until it was `heard`, as anybody does: a window that has only just
        got the focus may not hear the first."""

        def pressed() -> int | None:
            self.press(window, key)
            until = time.monotonic() + PRESSED_S
            while time.monotonic() < until:
                if heard():
                    return 1
                time.sleep(0.02)
            return None

        self.wait(pressed, f"an answer to the key {key}")

    def wait_for_picture(self, window: int, there: Callable[[], bool]) -> None:
        """Until the picture is `there`; meanwhile the window is put away and back now and then.

        Without a window manager OpenCV's Qt sometimes misses that its window was mapped, and
        paints nothing until it is mapped again.
        """

        def painted() -> int | None:
            until = time.monotonic() + PAINTED_S
            while time.monotonic() < until:
                if there():
                    return 1
                time.sleep(0.02)
            self._x.XUnmapWindow(self._display, ctypes.c_ulong(window))
            self._x.XMapWindow(self._display, ctypes.c_ulong(window))
            self._x.XSync(self._display, 0)
            return None

        self.wait(painted, "the picture")

    def colour(self, x: int, y: int) -> tuple[int, int, int]:
        """RGB of one pixel of the screen."""
        image = ctypes.c_void_p(
            self._x.XGetImage(self._display, self._root, x, y, 1, 1, ALL_PLANES, Z_PIXMAP)
        )
        pixel = self._x.XGetPixel(image, 0, 0)
        self._x.XDestroyImage(image)
        return pixel >> 16 & 0xFF, pixel >> 8 & 0xFF, pixel & 0xFF

    def close(self) -> None:
        self._x.XCloseDisplay(self._display)

    def _window(self, title: str) -> int | None:
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        children = ctypes.POINTER(ctypes.c_ulong)()
        self._x.XQueryTree(
            self._display,
            self._root,
            ctypes.byref(root),
            ctypes.byref(parent),
            ctypes.byref(children),
            ctypes.byref(count),
        )
        for window in children[: count.value]:
            name = ctypes.c_char_p()
            self._x.XFetchName(self._display, ctypes.c_ulong(window), ctypes.byref(name))
            if name.value == title.encode():
                return int(window)
        return None


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    write_in_memory(os.environ)
    report_crashes(config)


@pytest.fixture(autouse=True, scope="session")
def demo_camera() -> None:
    """As the command line does, for tests that open a door without it."""
    demo.register()


@pytest.fixture(scope="session")
def understand() -> Callable[..., Any]:
    """What `accessctl` makes of words, as front.Typed; nothing is run."""

    def meant(*words: str | Path) -> Any:
        app = application()
        with app.make_context("accessctl", [str(word) for word in words]) as context:
            return app.invoke(context)

    return meant


@pytest.fixture(scope="session")
def display() -> Iterator[XDisplay]:
    """A display of its own, 1280x1024, on which nobody else opens windows."""
    server = shutil.which("Xvfb")
    if server is None:
        missing = "there is no Xvfb to open a window in; install it with: apt install xvfb"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    reading, writing = os.pipe()
    with subprocess.Popen(
        [server, "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(writing)
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        try:
            assert number, "Xvfb did not start"
            screen = XDisplay(f":{number}")
            yield screen
            screen.close()
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def mosquitto() -> Iterator[Callable[..., Any]]:
    """Starts brokers that last until all tests are over; see tests.mqtt.brokers.Mosquitto."""
    if shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        missing = "there is no broker to speak to; install it with: apt install mosquitto"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    from tests.mqtt.brokers import Mosquitto

    started: list[Mosquitto] = []

    def start(*args: Any, **more: Any) -> Mosquitto:
        started.append(Mosquitto(*args, **more))
        return started[-1]

    yield start
    for broker in started:
        broker.close()


@pytest.fixture(scope="session")
def tiny_textures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Texture networks for squares of 16 pixels and two reaches, by their file's name.

    The stacked one gives how red the nearer square is, the separate ones how red the further.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    def network(inputs: Any, red: int) -> Any:
        given = keras.layers.Concatenate()(inputs) if isinstance(inputs, list) else inputs
        dense = keras.layers.Dense(1)
        model = keras.Model(inputs, dense(keras.layers.GlobalAveragePooling2D()(given)))
        kernel = np.zeros((6, 1), np.float32)
        kernel[red] = 1
        dense.set_weights([kernel, np.zeros(1, np.float32)])
        return model

    def converted(model: Any) -> bytes:
        specs = [
            tf.TensorSpec((1, *one.shape[1:]), tf.float32, name=one.name) for one in model.inputs
        ]
        forward = tf.function(lambda *given: model(list(given) if len(given) > 1 else given[0]))
        concrete = forward.get_concrete_function(*specs)
        return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())

    stacked = network(keras.Input((16, 16, 6), name="squares"), 0)
    # What comes first in the file comes last by its name.
    names = ("b_far", "a_near")
    far, near = (keras.Input((16, 16, 3), name=name) for name in names)
    separate = network([far, near], 0)
    path = tmp_path_factory.mktemp("texture") / "separate.keras"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        separate.save(path)
        return {
            "stacked.tflite": converted(stacked),
            "separate.tflite": converted(separate),
            "separate.keras": path.read_bytes(),
        }


@pytest.fixture
def texture_folder(tmp_path: Path, tiny_textures: dict[str, bytes]) -> Callable[..., Path]:
    """Write a texture network's folder, its card with the given changes (None: left out)."""

    def make(file: str = "stacked.tflite", **changes: Any) -> Path:
        folder = tmp_path / "texture"
        folder.mkdir(exist_ok=True)
        (folder / file).write_bytes(tiny_textures[file])
        digest = hashlib.sha256(tiny_textures[file]).hexdigest()
        card = {
            "name": "tiny",
            "version": "1",
            "fingerprint": digest,
            "file": file,
            "sha256": digest,
            "input": {"size": 16, "reaches": [1.0, 2.0], "order": "rgb", "scale": "unit"},
            "layout": file.partition(".")[0],
            "output": {"kind": "probability", "index": 0},
            "origin": "made by a test",
            "licence": "none",
            "data": "nothing",
        } | changes
        kept = {key: value for key, value in card.items() if value is not None}
        (folder / "card.yaml").write_text(yaml.safe_dump(kept), encoding="utf-8")
        return folder

    return make


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Install a throwaway distribution of one module, with entry points; gives the module's name.

    `points` are {group: {name: what is in the module}}.
    """

    def install(name: str, code: str, points: dict[str, dict[str, str]]) -> str:
        site, module = tmp_path / name, name.replace("-", "_")
        metadata = site / f"{module}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: What {name} adds.\n"
        )
        lines = []
        for group, named in points.items():
            lines += [f"[{group}]", *(f"{key} = {module}:{what}" for key, what in named.items())]
        (metadata / "entry_points.txt").write_text("\n".join([*lines, ""]))
        (site / f"{module}.py").write_text(code)
        monkeypatch.syspath_prepend(site)
        monkeypatch.delitem(sys.modules, module, raising=False)
        return module

    return install


@pytest.fixture
def nothing_added() -> Iterator[None]:
    """What this process registered is not there, and what a test registers is forgotten."""
    before = [
        (kind, name, extensions.named(kind, name, "a test"))
        for kind in ExtensionKind
        for name in extensions.registered(kind)
    ]
    forget_all_added()
    yield
    forget_all_added()
    for kind, name, added in before:
        extensions.register(kind, name, added.load(), help=added.help)


def forget_all_added() -> None:
    for kind in ExtensionKind:
        for name in extensions.registered(kind):
            extensions.unregister(kind, name)


# A busy machine takes its time; what is slow by itself is cut off by the suite's own limit.
hypothesis.settings.register_profile("patient", deadline=None, max_examples=EXAMPLES)
hypothesis.settings.load_profile("patient")


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of ours gets onto the disk any more."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
