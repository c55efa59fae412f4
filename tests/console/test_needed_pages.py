"""The rig's own application answers as the whole one does."""

import httpx
import pytest
from starlette.routing import Match

from accessctl.console.app import Console, console_application, page_modules
from tests.console.needed_pages import NeededPages, modules_with
from tests.console.site_console import ORIGIN, InProcess

OWN = {"origin": ORIGIN}


def asked(method: str, path: str) -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/people"), ("POST", "/people/0/name"), ("GET", "/sign-in"), ("GET", "/held")],
)
def test_every_module_that_has_a_page_for_a_path_is_found(
    console: Console, method: str, path: str
) -> None:
    found = modules_with(asked(method, path), console)
    assert found
    for number, routes in enumerate(page_modules()):
        has_one = any(
            route.matches(asked(method, path))[0] is not Match.NONE
            for route in routes(console).routes
        )
        assert has_one == (number in found)


def test_it_makes_no_more_than_is_asked_for_and_answers_as_the_whole(console: Console) -> None:
    whole, needed = console_application(console), NeededPages(console)
    asks = [("GET", "/sign-in"), ("GET", "/people"), ("DELETE", "/people"), ("GET", "/none")]
    asks += [("GET", "/static/style.css"), ("GET", "/"), ("POST", "/sign-in")]
    for method, path in asks:
        answers = []
        for app in (whole, needed):
            with httpx.Client(transport=InProcess(app), base_url=ORIGIN, headers=OWN) as client:
                answer = client.request(method, path)
                answers.append((answer.status_code, answer.headers.get("location"), answer.text))
        assert answers[0] == answers[1], (method, path)
    assert 0 < len(needed.made) < len(page_modules())
