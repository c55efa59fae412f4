"""The operators' commands, in the folder of a hub."""

import json

from accessctl.config import load_config
from accessctl.console.app import open_console
from accessctl.console.sessions import Visitor
from accessctl.hub.assembly import open_hub


def configured(site) -> None:
    names = {"host": "127.0.0.1", "port": 18443, "names": ["hub.example"]}
    site.configure(hub=names, console={"port": 18444})


def test_the_first_operator_may_all_and_the_next_may_look(site) -> None:
    configured(site)
    said = site("hub", "operator", "invite", "Ada")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].startswith("For Ada, once and until ")
    assert lines[1].startswith("  https://hub.example:18444/invitation?code=")
    assert lines[3] == "May: command, enrol, look, operators, privacy, rules, site"
    assert site("hub", "operator", "invite", "Grace").out.splitlines()[3] == "May: look"
    listed = site("hub", "operator", "list").out.splitlines()
    assert [line.split("  ")[0] for line in listed] == ["operator", "Ada", "Grace"]
    assert "nothing yet" in listed[1]


def test_the_code_that_is_printed_is_the_one_that_counts(site) -> None:
    configured(site)
    invite = ("hub", "operator", "invite", "Ada", "--capabilities", "site, look", "--json")
    told = json.loads(site(*invite).out)
    assert told["capabilities"] == ["look", "site"]
    assert told["url"].endswith(told["code"])
    config = load_config(site.config)
    with open_hub(config.hub, {}) as hub:
        console = open_console(hub, config, {})
        session = console.sessions.find(
            console.operators.accept(told["code"], Visitor("192.0.2.1", "tests"))
        )
    assert session is not None
    assert session.operator.name == "Ada"


def test_an_operator_is_removed(site) -> None:
    configured(site)
    for name in ("Ada", "Grace"):
        site("hub", "operator", "invite", name, "--capabilities", "all")
    assert site("hub", "operator", "remove", "grace").out.startswith("Grace is an operator no more")
    assert [
        json.loads(line)["operator"]
        for line in site("hub", "operator", "list", "--json").out.splitlines()
    ] == ["Ada"]


def test_what_cannot_be_done_is_told_in_a_sentence(site) -> None:
    configured(site)
    for words, told in (
        (("invite", "Ada", "--capabilities", "root"), "no capability"),
        (("invite", "-"), "operator's name"),
        (("invite", "Ada", "--email", "x"), "no email address"),
        (("remove", "Nobody"), "no operator called"),
    ):
        said = site("hub", "operator", *words)
        assert said.code == 2, words
        assert told in said.err
