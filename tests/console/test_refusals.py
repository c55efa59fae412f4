"""What an operator was refused is in the journal for ever: who asked for what, nobody's name."""

from typing import Any

import pytest

from accessctl.console.app import Console
from tests.console.held_site import put_held
from tests.console.sample_site import COLLINS, put_people, put_site
from tests.console.site_console import journal
from tests.console.test_pass_pages import DATES

ONE, NAME = f"/people/{COLLINS}", "Eileen Collins"
REFUSED = [
    ("/people/{one}/consent/withdraw", {"name": "Eileen"}, "InputError"),
    ("/people/{one}/passes", {**DATES, "group": ["nowhere"]}, "InputError"),
    ("/people/{one}/pin", {"pin": "1234", "again": "1234"}, "InputError"),
    ("/people/{one}/name", {"name": "Grace Hopper"}, "NameTakenError"),
    ("/people/{one}/rules", {"group": [""]}, "InputError"),
    ("/people/{one}/badges/remove", {"mark": "cdcdcdcd"}, "UnknownBadgeError"),
    ("/people/{one}/remove", {"name": "Eileen"}, "InputError"),
    ("/held/1/take", {"name": NAME}, "NameTakenError"),
    ("/held/1/add", {"name": "Eileen"}, "UnknownPersonError"),
]


@pytest.mark.parametrize(("path", "data", "why"), REFUSED, ids=[path for path, _, _ in REFUSED])
def test_a_refusal_is_on_record_without_a_name(
    console: Console, signed_in, path: str, data: dict[str, Any], why: str
) -> None:
    put_site(console.hub.database, console.now())
    put_people(console.hub, console.now())
    put_held(console.hub, b"\xff\xd8held")
    client = signed_in(name="Ada")
    before = len(journal(console))
    answer = client.post(path.format(one=COLLINS), data=data)
    assert answer.status_code == 400, answer.text
    told = journal(console)[before:]
    kind, said = told[-1]
    assert (kind, said["operator"], said["why"]) == ("refused", "Ada", why)
    for name in (NAME, "Grace Hopper", *map(str, data.values())):
        assert name not in str(told)
