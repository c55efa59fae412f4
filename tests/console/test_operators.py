import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import ALL, Capability, Operator, capabilities_in
from accessctl.console.operators import checked_email, checked_name
from accessctl.console.sessions import SignInWay, Visitor
from accessctl.errors import InputError
from tests.clocks import HandClock
from tests.console.site_console import SignIn, enrolled, journal, operator_with

HERE = Visitor("192.0.2.1", "tests")
LOOK = frozenset({Capability.LOOK})


def names(console: Console) -> list[str]:
    return [one.operator.name for one in console.operators.listed()]


def test_who_invites_is_on_record(console: Console) -> None:
    by = operator_with(console, ALL, "Ada")
    console.operators.invite(by, "Grace", LOOK, "Grace@Example.org ")
    kind, told = journal(console)[-1]
    assert kind == "operator_invited"
    assert (told["operator"], told["whose"], told["capabilities"]) == ("Ada", "Grace", "look")
    assert told["email"] == "grace@example.org"
    console.operators.invite(None, "Edith", LOOK)
    assert journal(console)[-1][1]["operator"] == "command line"


def test_nobody_gives_or_takes_what_they_do_not_have(console: Console) -> None:
    by = operator_with(console, {Capability.OPERATORS, Capability.LOOK}, "Ada")
    boss = operator_with(console, ALL, "Boss")
    with pytest.raises(InputError, match="command"):
        console.operators.invite(by, "Grace", frozenset({Capability.COMMAND}))
    # Neither by taking over, changing, throwing out nor removing somebody who may do more.
    for act in (
        lambda: console.operators.invite(by, "boss", LOOK),
        lambda: console.operators.change(by, boss.id, LOOK),
        lambda: console.operators.end_sessions(by, boss.id),
        lambda: console.operators.remove(by, boss.id),
    ):
        with pytest.raises(InputError, match="may not give or take"):
            act()
    assert names(console) == ["Ada", "Boss"]
    assert console.operators.known(boss.id).operator == boss


def test_whoever_is_invited_anew_has_lost_what_they_signed_in_with(
    console: Console, clock: HandClock
) -> None:
    enrolled(console, clock, "Ada")
    ada = console.operators.listed()[0]
    assert ada.has_password
    with console.hub.database.writing() as db:
        token = console.sessions.begin(db, ada.operator, SignInWay.PASSWORD, HERE)
    made = console.operators.invite(None, "ADA", ALL)
    # As long as nobody takes it, everything stays.
    assert console.sessions.find(token) is not None
    setup = console.operators.accept(made.code, HERE)
    assert console.sessions.find(token) is None
    assert not console.operators.listed()[0].can_sign_in
    session = console.sessions.find(setup)
    assert session is not None
    assert session.is_setup
    assert not session.is_fresh(clock())


def test_a_new_code_takes_the_place_of_the_one_before(console: Console) -> None:
    first = console.operators.invite(None, "Ada", ALL)
    second = console.operators.invite(None, "Ada", ALL)
    with pytest.raises(InputError, match="not valid"):
        console.operators.accept(first.code, HERE)
    console.operators.accept(second.code, HERE)


def test_a_change_counts_in_sessions_that_are_open(console: Console, signed_in: SignIn) -> None:
    client = signed_in(Capability.LOOK, Capability.SITE, name="Grace")
    assert client.get("/site").status_code == 200
    console.operators.change(None, console.operators.listed()[0].operator.id, LOOK)
    assert client.get("/site").status_code == 403


def test_whoever_is_removed_is_out_at_once(console: Console, signed_in: SignIn) -> None:
    signed_in(name="Ada")
    client = signed_in(Capability.LOOK, name="Grace")
    grace = next(one for one in console.operators.listed() if one.operator.name == "Grace")
    console.operators.remove(None, grace.operator.id)
    assert client.get("/account").headers["location"].startswith("/sign-in")
    assert names(console) == ["Ada"]
    assert journal(console)[-1][0] == "operator_removed"


def test_somebody_can_always_look_after_the_operators(console: Console) -> None:
    ada = operator_with(console, ALL, "Ada")
    for act in (
        lambda: console.operators.remove(ada, ada.id),
        lambda: console.operators.change(ada, ada.id, LOOK),
        lambda: console.operators.invite(ada, "Ada", LOOK),
    ):
        with pytest.raises(InputError, match="last one"):
            act()
    operator_with(console, {Capability.OPERATORS}, "Grace")
    console.operators.change(ada, ada.id, LOOK)


def test_a_page_that_is_older_than_somebody_elses_change_does_not_undo_it(
    console: Console, signed_in: SignIn
) -> None:
    grace = operator_with(console, {Capability.LOOK, Capability.COMMAND}, "Grace")
    client = signed_in()
    page = client.get(f"/operators/{grace.id}").text
    assert 'name="seen" value="command,look"' in page
    console.operators.change(None, grace.id, LOOK)
    given = {"capability": ["look", "command", "enrol"], "seen": "command,look"}
    answer = client.post(f"/operators/{grace.id}", data=given)
    assert answer.status_code == 409
    assert "changed by somebody else meanwhile" in answer.text
    assert console.operators.known(grace.id).operator.capabilities == LOOK
    answer = client.post(f"/operators/{grace.id}", data={**given, "seen": "look"})
    assert answer.status_code == 303
    assert len(console.operators.known(grace.id).operator.capabilities) == 3


def test_a_box_that_may_not_be_touched_stays_as_it_is(console: Console, signed_in: SignIn) -> None:
    """A page sends no boxes that its operator may not tick; what is there already stays refused,
    not taken."""
    boss = operator_with(console, ALL, "Boss")
    client = signed_in(Capability.OPERATORS, Capability.LOOK)
    answer = client.post(f"/operators/{boss.id}", data={"capability": "look"})
    assert answer.status_code == 400
    assert console.operators.known(boss.id).operator.capabilities == ALL
    assert journal(console)[-1][0] == "refused"


def test_an_invitation_made_in_a_browser_shows_its_link_once(
    console: Console, signed_in: SignIn
) -> None:
    client = signed_in()
    given = {"name": "Grace", "email": "", "capability": ["look", "enrol"]}
    page = client.post("/operators/invite", data=given)
    assert page.status_code == 200
    assert "https://localhost/invitation?code=" in page.text
    assert "/invitation?code=" not in client.get("/operators").text
    grace = next(one for one in console.operators.listed() if one.operator.name == "Grace")
    assert grace.operator.capabilities == {Capability.LOOK, Capability.ENROL}
    again = client.post("/operators/invite", data={"name": "<b>", "capability": "look"})
    assert again.status_code == 400
    assert "<b>" not in again.text


def test_two_operators_have_no_address_together(console: Console) -> None:
    console.operators.invite(None, "Ada", ALL, "a@example.org")
    with pytest.raises(InputError, match="address"):
        console.operators.invite(None, "Bea", LOOK, "A@example.org")


@pytest.mark.parametrize("name", ["", " ", "-a", "a\nb", "a" * 65, "a\u202eb", "<b>", "../a"])
def test_what_can_be_no_name(name: str) -> None:
    with pytest.raises(InputError, match="operator's name"):
        checked_name(name)


@pytest.mark.parametrize("email", ["", "a", "a@", "@b", "a b@c", "a@b@c", "x" * 65 + "@b"])
def test_what_can_be_no_address(email: str) -> None:
    with pytest.raises(InputError, match="no email address"):
        checked_email(email)


def test_capabilities_are_read_by_name() -> None:
    assert capabilities_in(["look", " Command"]) == {Capability.LOOK, Capability.COMMAND}
    assert capabilities_in(["all"]) == ALL
    for words in ([], [""], ["root"], ["look", "all"]):
        with pytest.raises(InputError, match="choose among look"):
            capabilities_in(words)


def test_an_operator_may_what_is_named_alone() -> None:
    operator = Operator("0" * 32, "Ada", LOOK)
    assert [one for one in Capability if operator.may(one)] == [Capability.LOOK]
