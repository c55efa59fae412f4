from collections.abc import Sequence

import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from tests.console.held_site import LATER, NEW, put_held
from tests.console.sample_site import COLLINS, HOPPER, put_people
from tests.console.site_console import journal

ENROL, RULES, PRIVACY = Capability.ENROL, Capability.RULES, Capability.PRIVACY
NAMESAKE, PHOTO, AT_GROUPS = 1, 4, 5
"""The numbers of what put_held has wait."""


@pytest.fixture
def site(console: Console) -> Console:
    put_people(console.hub, console.now())
    put_held(console.hub, b"\xff\xd8held")
    return console


def decided(console: Console) -> Sequence[tuple]:
    told = [data for kind, data in journal(console) if kind == "decided"]
    return [(one["held"], one["decision"], one["person"], one["operator"]) for one in told]


def test_each_decision_is_shown_with_why_and_counted_in_the_navigation(site, signed_in) -> None:
    page = signed_in(ENROL, PRIVACY).get("/held").text
    assert page.count("<article") == 3
    assert "To decide: 3" in page
    assert "Somebody enrolled has that name" in page
    assert "this new photo shows somebody else than" in page
    assert "The door has part in some groups only" in page
    assert page.count('src="/held/1/picture"') == page.count('src="/held/2/picture"') == 1
    assert f'href="/people/{HOPPER}"' in page
    assert 'src="/held/1/other"' in page


def test_in_german_too(site, signed_in) -> None:
    page = signed_in(ENROL).get("/held", headers={"accept-language": "de"}).text
    assert "Zu entscheiden: 3" in page
    assert "Eine hinterlegte Person heißt so" in page


def test_who_may_not_decide_is_not_told_that_something_waits(site, signed_in) -> None:
    client = signed_in(Capability.LOOK)
    assert "/held" not in client.get("/people").text
    assert client.get("/held").status_code == 403


def test_photos_of_both_sides_are_shown_and_that_is_on_record_first(site, signed_in) -> None:
    client = signed_in(ENROL, PRIVACY, name="Ada")
    mine = client.get(f"/held/{NAMESAKE}/picture")
    assert (mine.headers["content-type"], mine.content) == ("image/jpeg", b"\xff\xd8held")
    assert client.get(f"/held/{NAMESAKE}/other").content == b"\xff\xd8\xff\xd9"
    first, second = [data for kind, data in journal(site) if kind == "shown"]
    assert first == {"held": NAMESAKE, "operator": "Ada"}
    assert second == {"held": NAMESAKE, "person": HOPPER, "operator": "Ada"}
    assert client.get(f"/held/{AT_GROUPS}/other").status_code == 404
    assert client.get("/held/99/picture").status_code == 400


def test_photos_of_enrolled_people_are_for_those_who_may_see_photos(site, signed_in) -> None:
    client = signed_in(ENROL)
    page = client.get("/held").text
    assert "/other" not in page
    assert "Photos of enrolled people show to operators who may see photos." in page
    assert client.get(f"/held/{NAMESAKE}/other").status_code == 403


def test_somebody_new_is_taken_under_a_name_of_their_own(site, signed_in) -> None:
    client = signed_in(ENROL, name="Ada")
    taken = client.post(f"/held/{NAMESAKE}/take", data={"name": "Grace Hopper"})
    assert taken.status_code == 400
    assert journal(site)[-1][0] == "refused"
    answer = client.post(f"/held/{NAMESAKE}/take", data={"name": "Grace M. Hopper"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{NEW}")
    assert site.hub.people.person("Grace M. Hopper").photos == 2
    assert decided(site) == [(NAMESAKE, "take", NEW, "Ada")]
    assert "To decide: 2" in client.get("/held").text


def test_somebody_new_comes_into_the_groups_that_are_ticked(site, signed_in) -> None:
    client = signed_in(ENROL, RULES)
    page = client.get("/held").text
    assert page.count('name="group" value="staff"') == 2
    data = {"name": "Ada", "group": ["night", "staff"]}
    assert client.post(f"/held/{AT_GROUPS}/take", data=data).status_code == 303
    assert site.hub.people.rules()[LATER].groups == ("night", "staff")


def test_groups_are_given_by_those_alone_who_may_set_rules(site, signed_in) -> None:
    client = signed_in(ENROL)
    page = client.get("/held").text
    assert 'name="group"' not in page
    assert "In no group they are at no door that has groups" in page
    data = {"name": "Ada", "group": "staff"}
    assert client.post(f"/held/{AT_GROUPS}/take", data=data).status_code == 403
    assert journal(site)[-1][1]["needs"] == "rules"
    assert decided(site) == []


def test_a_photo_is_given_to_its_person_or_to_whom_it_shows(site, signed_in) -> None:
    client = signed_in(ENROL, name="Ada")
    page = client.get("/held").text
    assert "It is Eileen Collins" in page
    assert "It is Grace Hopper" in page
    answer = client.post(f"/held/{PHOTO}/add", data={"person": COLLINS})
    assert (answer.status_code, answer.headers["location"]) == (303, "/held")
    assert site.hub.people.person("Eileen Collins").photos == 2
    assert client.post(f"/held/{NAMESAKE}/add", data={"name": "grace hopper"}).status_code == 303
    assert site.hub.people.person("Grace Hopper").photos == 3
    assert decided(site) == [
        (PHOTO, "add_to", COLLINS, "Ada"),
        (NAMESAKE, "add_to", HOPPER, "Ada"),
    ]


@pytest.mark.parametrize("said", [{"person": "0" * 32}, {"name": "Nobody"}, {}])
def test_what_is_given_to_nobody_waits_on_and_the_try_is_on_record(site, signed_in, said) -> None:
    answer = signed_in(ENROL).post(f"/held/{PHOTO}/add", data=said)
    assert answer.status_code == 400
    assert journal(site)[-1][0] == "refused"
    assert site.hub.held.waiting() == 3


def test_what_is_dropped_counts_nowhere(site, signed_in) -> None:
    client = signed_in(ENROL, name="Ada")
    for number in (NAMESAKE, PHOTO, AT_GROUPS):
        assert client.post(f"/held/{number}/drop").status_code == 303
    page = client.get("/held").text
    assert "Nothing waits for a decision" in page
    assert "To decide:" not in page
    assert len(site.hub.people.people()) == 2
    assert client.post(f"/held/{PHOTO}/drop").status_code == 400


def test_a_page_shows_so_many_decisions_and_says_how_many_more(
    site, signed_in, monkeypatch
) -> None:
    monkeypatch.setattr("accessctl.console.held_pages.MOST_SHOWN", 1)
    page = signed_in(ENROL).get("/held").text
    assert page.count("<article") == 1
    assert "2 more come when these are decided." in page
