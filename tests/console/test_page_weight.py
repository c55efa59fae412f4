"""What pages weigh at a site of many doors and people, with all that belongs to them."""

import re
from dataclasses import replace
from urllib.parse import urljoin

import numpy as np
import pytest

from accessctl.console.app import Console
from accessctl.domain import PersonId
from accessctl.gallery.people import no_record
from tests.console.sample_site import (
    GRANTED,
    HOPPER,
    put_door,
    put_events,
    put_people,
    sample_photo,
)
from tests.console.site_console import SignIn

MOST_BYTES = 100_000
DOORS, PEOPLE = 40, 400
BELONGS = re.compile(r'(?:src|href)="(/static/[^"]+)"')


@pytest.fixture
def large(console: Console) -> Console:
    hub, now = console.hub, console.now()
    put_people(hub, now - 86400)
    photo = sample_photo(np.float32([0.5, 0.5, 0.5, 0.5]), now)
    with hub.people.changing() as edit:
        for number in range(PEOPLE):
            person = PersonId(f"{number:032x}")
            kept, picture = hub.people._to_keep(photo)
            edit.add_person(person, f"Somebody of Number {number}", kept, picture, no_record)
    for number in range(DOORS):
        door = f"{number:032x}"
        put_door(hub.database, door, f"building-{number // 10}-room-{number}", now)
        passed = replace(GRANTED, person=HOPPER)
        put_events(hub.database, door, [passed.event(now - 60 * at) for at in range(3, 0, -1)])
    return console


@pytest.mark.parametrize("path", ["/doors", "/events", "/people", "/figures", "/site", "/consent"])
def test_no_page_of_a_large_site_weighs_more_than_a_small_board_sends_at_once(
    large: Console, signed_in: SignIn, path: str
) -> None:
    client = signed_in()
    page = client.get(path)
    assert page.status_code == 200
    assert len(page.text) > 20_000
    parts = {urljoin(path, one) for one in BELONGS.findall(page.text)}
    assert "/static/style.css" in parts
    answers = [page, *(client.get(part) for part in parts)]
    assert sum(int(one.headers["content-length"]) for one in answers) < MOST_BYTES
