from collections.abc import Mapping
from typing import Any

import pytest

from accessctl.errors import ConfigError
from accessctl.service.control import ControlServer


@pytest.fixture
def answering(site):
    """A door that answers `reload` so."""

    def serve(answer: Mapping[str, Any] | ConfigError) -> ControlServer:
        def handle(_fields: Mapping[str, Any]) -> Mapping[str, Any]:
            if isinstance(answer, ConfigError):
                raise answer
            return answer

        return ControlServer(site.folder / "state" / "door.sock", {"reload": handle})

    return serve


def test_what_was_changed_is_said(site, answering) -> None:
    with answering({"changed": ["policy.cooldown_s", "camera.fps"], "people": 3}):
        said = site("reload")
    assert said.out == "Reloaded: policy.cooldown_s, camera.fps; 3 people enrolled.\n"
    assert said.code == 0


def test_as_json(site, answering) -> None:
    with answering({"changed": [], "people": 3}):
        assert site("reload", "--json").lines == [{"changed": [], "people": 3}]
        assert site("reload").out == "Reloaded: nothing had changed; 3 people enrolled.\n"


def test_a_refusal_is_wrong_input(site, answering) -> None:
    with answering(ConfigError("A running door cannot change encoder.folder.")):
        said = site("reload")
    assert (said.code, said.out) == (2, "")
    assert said.err == "accessctl: A running door cannot change encoder.folder.\n"


def test_a_configuration_that_cannot_be_read_is_refused_here_already(site, answering) -> None:
    with answering({"changed": [], "people": 3}):
        site.config.write_text("colour: red\n")
        said = site("reload")
    assert (said.code, said.out) == (2, "")
    assert "unknown key 'colour'" in said.err


def test_nobody_there(site) -> None:
    said = site("reload")
    assert (said.code, said.out) == (1, "")
    assert "No door is running on" in said.err
