from accessctl.cli.main import main


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


def test_models_that_are_missing_are_told_of(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("accessctl.bundled.model_folders", lambda: (tmp_path / "none",))
    assert main(["init"]) == 0
    assert "accessctl models unpack FILE" in capsys.readouterr().out
