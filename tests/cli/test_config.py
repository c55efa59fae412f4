from pathlib import Path

import pytest

from accessctl.cli.config import explanation
from accessctl.cli.main import main
from accessctl.config import ActionsConfig, CommandAction, Config


def test_check_says_that_all_is_well(site) -> None:
    said = site("config", "check")
    assert (said.code, said.out, said.err) == (0, "The configuration is in order.\n", "")
    assert not (site.folder / "enrolled").exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("polcy: {}", "unknown key 'polcy'; `accessctl config explain` lists the known ones."),
        ("policy: {target_fpir: 2}", "policy.target_fpir: "),
        ("policy: [", "is not valid YAML"),
        ("- policy", "must hold sections"),
    ],
)
@pytest.mark.parametrize("command", [("config", "check"), ("people",), ("run",), ("show", "Ada")])
def test_a_broken_configuration(site, command: tuple[str, ...], content: str, why: str) -> None:
    site.config.write_text(content)
    said = site(*command)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"accessctl: {site.config}")
    assert why in said.err
    assert said.err.count("\n") == 1
    assert list(site.folder.iterdir()) == [site.config]


@pytest.mark.parametrize(
    "command",
    [
        ("config", "check"),
        ("config", "explain"),
        ("people",),
        ("show", "Ada"),
        ("rename", "Ada", "Eve"),
        ("remove", "Ada"),
        ("enroll", "Ada", "a.jpg"),
        ("identify", "a.jpg"),
        ("verify", "a.jpg", "b.jpg"),
        ("embed", "a.jpg", "--out", "x.npz"),
        ("events",),
        ("run",),
        ("preview",),
    ],
    ids=lambda command: command[0],
)
def test_no_configuration(
    site, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    monkeypatch.chdir(bare)
    said = site(*command, config=False)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("accessctl: There is no config.yaml in this folder; ")
    assert said.err.count("\n") == 1
    missing = site(*command, "--config", bare / "none.yaml", config=False)
    assert missing.code == 2
    assert "Cannot read the configuration" in missing.err
    assert list(bare.iterdir()) == []


def test_the_variable_names_the_configuration(
    site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESSCTL_CONFIG", str(tmp_path / "other.yaml"))
    said = site("config", "check", config=False)
    assert said.code == 2
    assert str(tmp_path / "other.yaml") in said.err


def test_explain_shows_key_value_meaning_and_bounds(site) -> None:
    site.configure(policy={"target_fpir": 0.02})
    said = site("config", "explain")
    assert said.code == 0
    lines = said.out.splitlines()
    at = lines.index("policy.target_fpir: 0.02")
    # Into a pipe, what a key means is one line.
    text = lines[at + 1].strip()
    assert not lines[at + 2].startswith(" ")
    assert text.startswith("How often a stranger who shows a face to this door")
    assert text.endswith("(at least 1e-06, at most 0.1)")


def test_explain_fits_a_terminal_and_shows_actions() -> None:
    unlock = CommandAction(type="command", argv=("/bin/unlock", "-x"))
    lines = explanation(Config(actions=ActionsConfig(granted=(unlock,))), 80)
    assert [
        line for line in lines if line.startswith("actions.granted: ") and "/bin/unlock" in line
    ]
    assert max(len(line) for line in lines if line.startswith("    ")) <= 84
    assert all(not line.startswith(" ") or line.startswith("    ") for line in lines)


def test_explain_shows_no_secret_of_an_address() -> None:
    webhook = {"type": "webhook", "url": "https://gate/hook?token=Zq7Xw9"}
    config = Config.model_validate(
        {"camera": {"source": "rtsp://a:Zq7Xw9@cam/1"}, "actions": {"granted": [webhook]}}
    )
    said = "\n".join(explanation(config, 200))
    assert "camera.source: rtsp://***@cam/1" in said
    assert "Zq7Xw9" not in said


def test_a_weaker_configuration_is_shown_and_accepted(site) -> None:
    site.configure(policy={"second_factor": "pin", "min_frames": 5})
    assert site("config", "accept").out.startswith("Accepted.")
    assert "counts already" in site("config", "accept").out
    site.configure(policy={"min_frames": 4})
    weaker = [
        one["sentence"] for one in site("doctor", "--json").lines if one["subject"] == "config"
    ]
    assert any("policy.min_frames: 5 -> 4" in sentence for sentence in weaker)
    said = site("config", "accept")
    assert said.code == 2
    assert "Nobody is there to ask; say --yes" in said.err
    assert said.out.splitlines() == [
        "weaker: policy.min_frames: 5 -> 4",
        "weaker: policy.second_factor: pin -> off",
    ]
    assert site("config", "accept", "--yes").code == 0
    states = [event.data.get("state") for event in site.events()]
    assert states == ["config_accepting", "config_accepted"] * 2
    assert site.events()[-1].data["weaker"] == ["policy.min_frames", "policy.second_factor"]


def test_every_guarding_setting_is_explained_as_one(site) -> None:
    said = site("config", "explain").out
    plain = " ".join(said.split())
    assert "Safer from left to right: off, passive, challenge." in plain
    assert "Guards: higher is safer." in plain


def test_a_door_is_made_and_what_to_do_next_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "front door"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Made front door/config.yaml with enrolled/ and state/ beside it.\n")
    for words in ("cd 'front door'", "accessctl enroll", "accessctl doctor", "accessctl run"):
        assert f"\n  {words}" in said
    assert main(["people", "--config", "front door/config.yaml"]) == 0


def test_here_there_is_nothing_to_enter(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert "\n  cd " not in capsys.readouterr().out
    assert main(["init"]) == 2
    assert "config.yaml is there already, so nothing was changed" in capsys.readouterr().err


def test_for_a_small_board_what_is_otherwise_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--small"]) == 0
    said = capsys.readouterr().out
    for line in ("camera.fps: 10", "encoder.folder: dlib", "policy.target_fpir: 0.00033"):
        assert f"\n  {line}\n" in said
    written = Path("config.yaml").read_bytes()
    assert main(["config", "check"]) == 0
    assert main(["people"]) == 0
    assert main(["init", "--small"]) == 2
    assert "config.yaml is there already, so nothing was changed" in capsys.readouterr().err
    assert Path("config.yaml").read_bytes() == written


def test_without_being_asked_nothing_is_set_for_a_small_board(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert "small board" not in capsys.readouterr().out
    assert "small board" not in Path("config.yaml").read_text(encoding="utf-8").lower()


def test_models_that_are_missing_are_told_of(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = (tmp_path / "none",)
    assert main(["init"], lambda typed: typed.verb.run(typed.options, models=models)) == 0
    assert "accessctl models unpack FILE" in capsys.readouterr().out
