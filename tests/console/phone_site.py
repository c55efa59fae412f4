"""Parts of the rig of enrolment by telephone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import httpx
import numpy as np

from accessctl.console.app import Console
from accessctl.console.photo_desk import PhotoDesk, PhotoJudge
from tests.console.site_console import client_of
from tests.console.test_enrol_pages import ByShade

NAME = "Eileen Collins"
LINK = re.compile(r"<code>https://[^/]+(/phone/[A-Za-z0-9_-]+)</code>")


@contextmanager
def judges() -> Iterator[PhotoJudge]:
    yield ByShade()


DESK = PhotoDesk(judges, 1_000_000, 2_000_000)
"""It sees no face in the dark; one shade is one person's."""


def png(shade: int, width: int = 16, height: int = 16) -> bytes:
    return bytes(cv2.imencode(".png", np.full((height, width, 3), shade, np.uint8))[1])


def link_in(page: str) -> str:
    """The path of the link that an operator is shown."""
    found = LINK.search(page)
    assert found is not None
    return found[1]


def send(client: httpx.Client, link: str, shade: int) -> httpx.Response:
    return client.post(f"{link}/photo", files={"photo": ("photo.png", png(shade))})


def agree(client: httpx.Client, link: str, **said: str) -> httpx.Response:
    return client.post(f"{link}/consent", data={"words": NAME, "agreed": "true", **said})


def complete(console: Console, operator: httpx.Client, **asked: str) -> str:
    """The link of somebody whose three photos are there."""
    link = link_in(operator.post("/people/phone", data=asked or {"name": NAME}).text)
    with client_of(console) as phone:
        agree(phone, link)
        for _ in range(3):
            assert send(phone, link, 200).status_code == 303
    return link
