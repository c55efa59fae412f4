import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import update

from accessctl.config import Config
from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.photo_desk import HandedIn, JudgedPhoto
from accessctl.hub.tables import EVENT_PICTURE
from accessctl.policy.consent import Withheld
from tests.console.naming_site import VISIT, jpeg, put_visit
from tests.console.sample_site import FRONT, GRANTED, SCREEN, SPOOF, STRANGER, put_door
from tests.console.site_console import console_on, journal, put_rules_of_a_later_release
from tests.console.test_enrol_pages import DESK, hand_in, png

ADA, GRACE, NOBODY = 110, 210, 0
"""Shades of faces; in the last one nobody sees any."""


@pytest.fixture
def config(config: Config, request: pytest.FixtureRequest) -> Config:
    """With `hub.consent` as a test says by its parameter."""
    consent = getattr(request, "param", config.hub.consent)
    return config.model_copy(update={"hub": config.hub.model_copy(update={"consent": consent})})


@pytest.fixture
def console(hub, config, clock) -> Console:
    put_door(hub.database, FRONT, "front-door", clock())
    return replace(console_on(hub, config, clock), photos=DESK)


@pytest.fixture
def namer(console, signed_in: Callable[..., httpx.Client]) -> httpx.Client:
    """Of an operator who may do just what it takes; Grace is enrolled."""
    client = signed_in(Capability.LOOK, Capability.ENROL, Capability.PRIVACY, name="Ada")
    assert hand_in(client, "Grace", a=png(GRACE)).status_code == 303
    return client


def path_of(number: int) -> str:
    return f"/events/{FRONT}/{number}/name"


def name(client: httpx.Client, number: int, *pictures: int, **said: str) -> httpx.Response:
    data = {"looked": "true", **said, "picture": [str(one) for one in pictures or (number,)]}
    return client.post(path_of(number), data=data)


def people(console: Console) -> dict[str, int]:
    return {one.name: one.photos for one in console.hub.people.people()}


def refusals(console: Console) -> list[str]:
    return [data["why"] for kind, data in journal(console) if kind == "refused" and "why" in data]


def test_a_visit_becomes_somebody_new_and_the_journal_says_from_which_records(
    console, namer
) -> None:
    numbers = put_visit(console.hub, jpeg(ADA), None, jpeg(ADA))
    page = namer.get(path_of(numbers[0])).text
    assert "A new person" in page
    assert "The door saw a living face in this visit." in page
    assert page.count("?small=true") == 3
    assert "1 stranger in" in page
    assert "wanted: 1 stranger in 100,000" in page
    assert "Cannot be added to Grace" in page
    answer = name(namer, numbers[0], numbers[0], numbers[2], name="Joan")
    assert people(console) == {"Grace": 1, "Joan": 2}
    joan = console.hub.people.person("Joan")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{joan.id}")
    told = [data for kind, data in journal(console) if kind == "person"][-2:]
    assert [one["change"] for one in told] == ["enrolled", "photo_added"]
    for one in told:
        assert (one["operator"], one["person"], one["door"]) == ("Ada", joan.id, FRONT)
        assert (one["visit"], list(one["records"])) == (VISIT, [str(n) for n in numbers])
    assert console.hub.pictures.whose([(FRONT, number) for number in numbers]) == {
        (FRONT, numbers[0]): joan.id,
        (FRONT, numbers[2]): joan.id,
    }


def test_a_visit_is_added_to_whom_it_shows_after_a_look_at_both(console, namer) -> None:
    (number,) = put_visit(console.hub, jpeg(GRACE))
    grace = console.hub.people.person("Grace")
    page = namer.get(path_of(number)).text
    assert f'src="/people/{grace.id}/portrait"' in page
    assert "Add to Grace" in page
    assert "Cannot be somebody new" in page
    without = name(namer, number, person=grace.id, looked="")
    assert without.status_code == 400
    assert "Look at the pictures first" in without.text
    assert people(console) == {"Grace": 1}
    assert name(namer, number, person=grace.id).status_code == 303
    assert people(console) == {"Grace": 2}


def test_what_the_visit_does_not_show_is_refused_as_an_upload_is(console, namer) -> None:
    """The same judgement: who is enrolled is nobody new, and nobody is added to somebody else."""
    shown, other = (
        put_visit(console.hub, jpeg(one), visit=v)[0] for one, v in ((210, "a"), (110, "b"))
    )
    grace = console.hub.people.person("Grace")
    again = name(namer, shown, name="Joan")
    assert (again.status_code, "looks like Grace, who is enrolled" in again.text) == (400, True)
    assert name(namer, other, person=grace.id).status_code == 400
    assert name(namer, other, name="grace").status_code == 400
    assert people(console) == {"Grace": 1}
    assert refusals(console) == ["MisfitError", "MisfitError", "NameTakenError"]
    assert "Grace" not in str(refusals(console))


def test_what_is_wrong_with_a_picture_is_said_at_once(console, namer) -> None:
    bad, good = put_visit(console.hub, jpeg(NOBODY), jpeg(ADA))
    page = namer.get(path_of(bad)).text
    assert "No face was found in Picture 1, " in page
    assert name(namer, bad, bad, good, name="Joan").status_code == 400
    assert name(namer, bad, good + 1, good, name="Joan").status_code == 400
    assert people(console) == {"Grace": 1}
    assert name(namer, bad, good, name="Joan").status_code == 303
    (only,) = put_visit(console.hub, jpeg(NOBODY), visit="dd")
    assert "No picture of this visit is good enough" in namer.get(path_of(only)).text


@pytest.mark.parametrize(
    ("decisions", "said", "why"),
    [
        ([replace(STRANGER, cues=SCREEN)], "not for a living face", "not_alive"),
        ([STRANGER, SPOOF], "not for a living face", "not_alive"),
        ([STRANGER, GRANTED], "recognised somebody", "known"),
        ([GRANTED], "recognised somebody", "known"),
    ],
    ids=["screen", "screen later", "known later", "known"],
)
def test_no_picture_held_before_a_camera_becomes_an_enrolment(
    console, namer, decisions, said, why
) -> None:
    numbers = put_visit(console.hub, *[jpeg(ADA)] * len(decisions), decisions=decisions)
    for answer in (namer.get(path_of(numbers[0])), name(namer, numbers[0], name="Joan")):
        assert answer.status_code == 409
        assert said in answer.text
        assert "<form" not in answer.text
    assert people(console) == {"Grace": 1}
    assert refusals(console) == [why, why]
    assert not [data for _, data in journal(console) if data.get("what") == "compare a visit"]


def test_a_visit_is_named_once_whoever_comes_later(console, namer, signed_in) -> None:
    first, second = put_visit(console.hub, jpeg(ADA), jpeg(ADA))
    assert name(namer, first, name="Joan").status_code == 303
    other = signed_in(Capability.LOOK, Capability.ENROL, Capability.PRIVACY)
    again = name(other, second, name="Eve")
    assert again.status_code == 409
    assert "named already" in again.text
    assert "Named: Joan" in again.text
    assert people(console) == {"Grace": 1, "Joan": 1}
    assert "Named: Joan" in other.get(f"/events/{FRONT}/{first}").text


def test_of_two_who_name_it_at_once_one_has_it(console, namer, signed_in, monkeypatch) -> None:
    """Both looked at it before either had named it, and nothing else speaks against the later."""
    (number,) = put_visit(console.hub, jpeg(GRACE))
    grace = console.hub.people.person("Grace")
    other = signed_in(Capability.LOOK, Capability.ENROL, Capability.PRIVACY)
    judge = console.photos.judge
    faster: list[httpx.Response] = []

    def meanwhile(photos: Sequence[HandedIn]) -> list[JudgedPhoto]:
        monkeypatch.setattr(console.photos, "judge", judge)
        faster.append(name(other, number, person=grace.id))
        return judge(photos)

    monkeypatch.setattr(console.photos, "judge", meanwhile)
    late = name(namer, number, person=grace.id)
    assert (faster[0].status_code, late.status_code) == (303, 409)
    assert "Somebody has named this visit meanwhile" in late.text
    assert people(console) == {"Grace": 2}
    assert refusals(console) == ["HubError"]


def test_whoever_was_removed_meanwhile_gets_nothing_back(console, namer, signed_in) -> None:
    (number,) = put_visit(console.hub, jpeg(GRACE))
    grace = console.hub.people.person("Grace")
    signed_in(Capability.PRIVACY).post(f"/people/{grace.id}/remove", data={"name": "Grace"})
    answer = name(namer, number, person=grace.id)
    assert answer.status_code == 400
    assert "not enrolled any more" in answer.text
    assert people(console) == {}


def test_the_visits_pictures_go_with_the_person_they_show(console, namer, signed_in) -> None:
    (number,) = put_visit(console.hub, jpeg(ADA))
    name(namer, number, name="Joan")
    joan = console.hub.people.person("Joan")
    assert [one[1] for one in console.hub.pictures.of_person(joan.id)] == [number]
    signed_in(Capability.PRIVACY).post(f"/people/{joan.id}/remove", data={"name": "Joan"})
    assert not console.hub.pictures.has(FRONT, number)
    gone = namer.get(path_of(number))
    assert gone.status_code == 409
    assert "no picture of this visit" in gone.text


def test_a_picture_that_was_altered_enrols_nobody(console, namer) -> None:
    (number,) = put_visit(console.hub, jpeg(ADA))
    with console.hub.database.writing() as db:
        db.execute(update(EVENT_PICTURE).values(sealed=b"\x00" * 400))
    for answer in (namer.get(path_of(number)), name(namer, number, name="Joan")):
        assert answer.status_code == 409
        assert "not as its door sealed it" in answer.text
    assert people(console) == {"Grace": 1}


def test_groups_are_for_who_may_make_rules(console, namer, signed_in) -> None:
    console.hub.site.set_rules({"groups": {"staff": {}}}, "tests")
    (number,) = put_visit(console.hub, jpeg(ADA))
    assert "an operator who may make rules" in namer.get(path_of(number)).text
    assert name(namer, number, name="Joan", group="staff").status_code == 403
    assert people(console) == {"Grace": 1}
    maker = signed_in(*Capability)
    assert 'name="group" value="staff"' in maker.get(path_of(number)).text
    assert name(maker, number, name="Joan", group="nobody").status_code == 400
    assert people(console) == {"Grace": 1}
    assert name(maker, number, name="Joan", group="staff").status_code == 303
    joan = console.hub.people.person("Joan")
    assert console.hub.people.rules()[joan.id].groups == ("staff",)


def test_while_the_rules_cannot_be_read_a_visit_gets_a_name_and_no_group(
    console, signed_in
) -> None:
    (number,) = put_visit(console.hub, jpeg(ADA))
    maker = signed_in(*Capability)
    put_rules_of_a_later_release(console)
    assert maker.get(path_of(number)).status_code == 200
    refused = name(maker, number, name="Joan", group="staff")
    assert (refused.status_code, "hub rules set FILE" in refused.text) == (503, True)
    assert people(console) == {}
    assert name(maker, number, name="Joan").status_code == 303
    assert people(console) == {"Joan": 1}


@pytest.mark.parametrize(
    "missing", [Capability.ENROL, Capability.PRIVACY], ids=["may not enrol", "may see no pictures"]
)
def test_it_takes_both_capabilities(console, namer, signed_in, missing) -> None:
    (number,) = put_visit(console.hub, jpeg(ADA))
    client = signed_in(*set(Capability) - {missing})
    assert client.get(path_of(number)).status_code == 403
    assert name(client, number, name="Joan").status_code == 403
    for page in ("/events", f"/events/{FRONT}/{number}"):
        assert path_of(number) not in client.get(page).text
        assert path_of(number) in namer.get(page).text
    assert "Unknown visits" not in client.get("/events").text
    assert people(console) == {"Grace": 1}


def test_only_unknown_visits_with_a_picture_here_are_offered(console, namer) -> None:
    pictured, bare = put_visit(console.hub, jpeg(ADA), None)
    (spoof,) = put_visit(console.hub, jpeg(ADA), decisions=[SPOOF], visit="dd")
    page = namer.get("/events", params={"outcome": "unknown"}).text
    assert path_of(pictured) in page
    assert path_of(bare) not in page
    assert path_of(spoof) not in namer.get("/events").text
    assert path_of(spoof) not in namer.get(f"/events/{FRONT}/{spoof}").text


def test_who_looked_at_what_is_on_record_first(console, namer) -> None:
    (number,) = put_visit(console.hub, jpeg(ADA))
    grace = console.hub.people.person("Grace")
    namer.get(path_of(number))
    picture = namer.get(f"/events/{FRONT}/{number}/picture?small=true")
    portrait = namer.get(f"/people/{grace.id}/portrait")
    assert picture.content.startswith(b"\xff\xd8\xff")
    # ByShade keeps no real picture of anybody.
    assert portrait.status_code == 400
    told = [(kind, data["what"]) for kind, data in journal(console)[-3:]]
    assert told == [
        ("act", "compare a visit"),
        ("shown", "picture of a decision"),
        ("shown", "photo of a person"),
    ]
    assert namer.get(f"/people/{'0' * 32}/portrait").status_code == 404


@pytest.mark.parametrize("number", [1, 99])
def test_what_is_no_decision_cannot_be_named(console, namer, number) -> None:
    assert namer.get(path_of(number)).status_code == 404


@pytest.mark.parametrize("config", ["required"], indirect=True)
def test_where_consent_is_required_it_is_said_who_is_sent_to_no_door(console, namer) -> None:
    """As with an upload: whoever is new waits for a consent on record."""
    (new,) = put_visit(console.hub, jpeg(ADA))
    page = namer.get(path_of(new)).text
    assert "Sent to no door until their consent is on record" in page
    assert "no consent that counts is on record" in page
    name(namer, new, name="Joan")
    joan = console.hub.people.person("Joan")
    assert console.hub.people.withheld()[joan.id] == Withheld.NO_CONSENT


def test_it_is_told_in_german(console, namer) -> None:
    (number,) = put_visit(console.hub, jpeg(ADA))
    page = namer.get(path_of(number), headers={"accept-language": "de"}).text
    assert "Wem er am meisten gleicht" in page
    assert not re.search(r"naming\.[a-z]", page)


def test_the_form_does_not_take_what_it_cannot_hold(console, namer) -> None:
    (number,) = put_visit(console.hub, jpeg(ADA))
    assert name(namer, number, person="grace").status_code == 400
    assert name(namer, number, *range(1, 30), name="Joan").status_code == 400
    assert people(console) == {"Grace": 1}


def test_pictures_beyond_those_that_are_judged_are_counted(console, namer) -> None:
    first, *_ = put_visit(console.hub, *[jpeg(ADA)] * 12)
    page = namer.get(path_of(first)).text
    assert len(set(re.findall(r"/(\d+)/picture\?small=true", page))) == 10
    assert "2 more pictures of this visit are not shown here." in page
