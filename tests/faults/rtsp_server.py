"""A camera that speaks RTSP and shows a folder of pictures in turn. Run by the system's Python.

`rtsp_server.py PORT FOLDER` serves rtsp://127.0.0.1:PORT/door (0: any port) and prints the port.
The pictures are 0.jpg, 1.jpg, ..., of one size, a multiple of 8 each way.
"""

import itertools
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")

from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions come first

FPS = 15
LAUNCH = (
    "( appsrc name=pictures is-live=true do-timestamp=true format=time "
    f"caps=image/jpeg,framerate={FPS}/1 ! jpegparse ! rtpjpegpay name=pay0 pt=26 )"
)


def main(port: str, folder: str) -> None:
    Gst.init(None)
    pictures = [path.read_bytes() for path in sorted(Path(folder).glob("*.jpg"))]
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(LAUNCH)
    factory.connect("media-configure", lambda _, media: show(pictures, media))
    server.get_mount_points().add_factory("/door", factory)
    if not server.attach(None):
        sys.exit(f"port {port} is taken")
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def show(pictures: list[bytes], media: Any) -> None:
    source = media.get_element().get_child_by_name("pictures")
    turns = itertools.cycle(pictures)

    def push() -> bool:
        """Whether to come again: not when the stream has ended."""
        buffer = Gst.Buffer.new_wrapped(next(turns))
        return source.emit("push-buffer", buffer) == Gst.FlowReturn.OK

    GLib.timeout_add(1000 // FPS, push)


main(*sys.argv[1:])
