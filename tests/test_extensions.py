import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl import extensions
from accessctl.errors import ConfigError, ExtensionError
from accessctl.extensions import ExtensionKind

pytestmark = pytest.mark.usefixtures("nothing_added")

Install = Callable[..., str]
GROUPS = {kind: f"accessctl.{kind}" for kind in ExtensionKind}


def test_what_is_registered_is_found_by_its_kind_and_name() -> None:
    made = object()
    extensions.register("actions", "buzzer-2", made, help="It buzzes.")
    found = extensions.find("actions", "buzzer-2")
    assert found is not None
    assert (found.load(), found.help, found.origin) == (made, "It buzzes.", "")
    assert extensions.find("cues", "buzzer-2") is None
    assert extensions.names("actions") == ("buzzer-2",)
    extensions.unregister("actions", "buzzer-2")
    assert extensions.find("actions", "buzzer-2") is None


def test_the_last_to_register_a_name_has_it() -> None:
    extensions.register("losses", "circle", "first")
    extensions.register("losses", "circle", "last")
    assert extensions.registered("losses") == ("circle",)
    assert extensions.named("losses", "circle", "training.loss").load() == "last"


@given(st.text(max_size=40))
def test_a_name_is_small_letters_digits_and_hyphens_or_refused(name: str) -> None:
    well = (
        0 < len(name) <= 32
        and name[0] in "abcdefghijklmnopqrstuvwxyz"
        and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    )
    if well:
        extensions.register("cues", name, None)
        extensions.unregister("cues", name)
    else:
        with pytest.raises(ValueError, match="small letters"):
            extensions.register("cues", name, None)


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="locks"):
        extensions.register("locks", "front", None)


@pytest.mark.parametrize("kind", list(ExtensionKind))
def test_an_entry_point_is_named_without_importing_it(kind: str, distribution: Install) -> None:
    module = distribution("lab-tools", "THING = 41 + 1", {GROUPS[kind]: {"thing": "THING"}})
    assert "thing" in extensions.names(kind)
    found = extensions.find(kind, "thing")
    assert found is not None
    assert (found.name, found.help, found.origin) == ("thing", "What lab-tools adds.", "lab-tools")
    assert module not in sys.modules
    assert found.load() == 42
    assert module in sys.modules


def test_a_registered_name_comes_before_an_installed_one(distribution: Install) -> None:
    distribution("lab-tools", "THING = 1", {"accessctl.cues": {"thing": "THING"}})
    extensions.register("cues", "thing", 2)
    assert extensions.named("cues", "thing", "liveness.cues").load() == 2
    assert extensions.names("cues") == ("thing",)


def test_a_name_that_two_packages_claim_is_nobodys(distribution: Install) -> None:
    for name in ("lab-one", "lab-two"):
        distribution(name, "THING = 1", {"accessctl.cues": {"thing": "THING"}})
    with pytest.raises(ConfigError) as refusal:
        extensions.find("cues", "thing")
    assert str(refusal.value) == (
        "The cue 'thing' is claimed by the packages lab-one and lab-two; uninstall all but one of "
        "them."
    )


def test_a_name_that_means_nothing_is_a_sentence_that_lists_the_others() -> None:
    extensions.register("losses", "circle", None)
    with pytest.raises(ConfigError) as refusal:
        extensions.named("losses", "square", "training.loss")
    assert str(refusal.value) == (
        "training.loss: there is no loss 'square' (circle); install the package that brings it, "
        "or correct the name."
    )
    with pytest.raises(ConfigError, match=r"there is no cue 'x' \(none is added\)"):
        extensions.named("cues", "x", "liveness.cues")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_fou"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("OTHER = 1", "AttributeError: module 'lab_tools' has no attribute 'THING'"),
        ("this is no Python", "SyntaxError: "),
        ("raise RuntimeError('two\\nlines\\x1b[31m')", "RuntimeError: two lines?[31m"),
        ("raise SystemExit", None),
    ],
)
def test_a_faulty_plug_in_is_one_sentence(
    code: str, why: str | None, distribution: Install
) -> None:
    distribution("lab-tools", code, {"accessctl.actions": {"thing": "THING"}})
    found = extensions.named("actions", "thing", "actions")
    with pytest.raises(ExtensionError) as refusal:
        found.load()
    sentence = str(refusal.value)
    start = "The action 'thing' of the package lab-tools cannot be loaded ("
    assert sentence.startswith(start + (why or "SystemExit"))
    assert sentence.endswith("; correct it, or take its name out of the configuration.")
    assert "\n" not in sentence


def test_commands_are_listed_without_importing_them(distribution: Install) -> None:
    module = distribution(
        "lab-tools", "def app(): return 'hello'", {"accessctl.commands": {"greet": "app"}}
    )
    extensions.register("commands", "part", print, help="Say goodbye.")
    found = extensions.commands()
    assert {name: one.help for name, one in found.items()} == {
        "part": "Say goodbye.",
        "greet": "What lab-tools adds.",
    }
    assert module not in sys.modules
    assert found["greet"].load()() == "hello"


def test_a_command_that_two_packages_claim_is_listed_and_refused(distribution: Install) -> None:
    for name in ("lab-one", "lab-two"):
        distribution(name, "THING = 1", {"accessctl.commands": {"thing": "THING"}})
    command = extensions.commands()["thing"]
    with pytest.raises(ConfigError, match="claimed by the packages lab-one and lab-two"):
        command.load()
