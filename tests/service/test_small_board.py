from pathlib import Path

import pytest
import yaml

from accessctl.bundled import release
from accessctl.config import load_config
from accessctl.config.guard import weakened
from accessctl.errors import FaultError
from accessctl.service.door_folder import make_door
from accessctl.service.small_board import SMALL_BOARD, with_profile

TEMPLATE = (release() / "config.yaml").read_text(encoding="utf-8")


def settings(text: str) -> dict[str, object]:
    return {
        f"{section}.{key}": value
        for section, keys in yaml.safe_load(text).items()
        for key, value in keys.items()
    }


def test_only_what_it_names_is_otherwise() -> None:
    before, after = settings(TEMPLATE), settings(with_profile(TEMPLATE, SMALL_BOARD))
    otherwise = {name: value for name, value in after.items() if before.get(name) != value}
    assert otherwise == {setting.name: setting.value for setting in SMALL_BOARD}
    assert set(before) <= set(after)


def test_what_each_costs_stands_above_it() -> None:
    lines = with_profile(TEMPLATE, SMALL_BOARD).splitlines()
    for setting in SMALL_BOARD:
        starts = f"  {setting.key}: "
        ends = {
            at
            for at, line in enumerate(lines)
            if line.startswith(starts) and yaml.safe_load(line)[setting.key] == setting.value
        }
        note = [f"  # {line}" for line in setting.note.splitlines()]
        assert any(lines[at - len(note) : at] == note for at in ends), setting.name
    # And every comment that was there stays.
    kept = [line.partition("#")[2] for line in lines]
    assert all(line.partition("#")[2] in kept for line in TEMPLATE.splitlines())


def test_the_door_takes_it_and_it_guards_no_less(tmp_path: Path) -> None:
    # One folder for both, so that their paths are alike; the small one comes second.
    plain = load_config(make_door(tmp_path / "door", []))
    (tmp_path / "door").rename(tmp_path / "before")
    small = load_config(make_door(tmp_path / "door", [], SMALL_BOARD))
    assert not weakened(plain, small)
    assert weakened(small, plain)
    assert small.encoder.folder.name == "dlib"
    assert (small.encoder.folder / "card.yaml").is_file()
    assert small.camera.fps < plain.camera.fps
    assert small.vision.tiles_per_frame < plain.vision.tiles_per_frame


@pytest.mark.parametrize("text", ["camera: [", "camera: demo\n", "- camera\n"])
def test_a_release_whose_configuration_was_spoilt_is_told_of(text: str) -> None:
    with pytest.raises(FaultError, match="The configuration of this release"):
        with_profile(text, SMALL_BOARD)
