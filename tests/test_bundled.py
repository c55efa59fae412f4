from pathlib import Path

import pytest

from accessctl.bundled import (
    asset,
    cached,
    fetched,
    folder_to_fill,
    model_folders,
    named_models,
    package,
    release,
)

REPOSITORY = Path(__file__).parents[1]


def test_what_is_built_for_an_encoder_is_not_taken_for_it(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    touched(mine / "cache/dlib/encoder_int8.tflite")
    touched(theirs / "dlib/card.yaml")
    assert named_models(Path("dlib"), tmp_path, (mine, theirs)) == theirs / "dlib"


def touched(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_in_a_checkout_the_release_is_the_repository() -> None:
    assert release() == REPOSITORY
    for name in ("config.yaml", "models/manifest.yaml", "systemd/accessctl.service"):
        assert (release() / name).is_file()


def test_in_an_installed_wheel_the_release_lies_in_the_package(tmp_path: Path) -> None:
    (tmp_path / "bundled").mkdir()
    assert release(tmp_path) == tmp_path / "bundled"


@pytest.mark.parametrize("name", ["grace_hopper.jpg", "astronaut.png", "DejaVuSans.ttf"])
def test_assets_are_in_the_package(name: str) -> None:
    assert asset(name).is_relative_to(package())
    assert asset(name).is_file()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            {"HOME": "/home/ann"},
            ["/home/ann/.local/share", "/usr/local/share", "/usr/share"],
        ),
        ({"HOME": "/home/ann", "XDG_DATA_HOME": "/data", "XDG_DATA_DIRS": "/a"}, ["/data", "/a"]),
        ({"XDG_DATA_DIRS": "/a:b:/c"}, ["/a", "/c"]),
        ({}, ["/usr/local/share", "/usr/share"]),
    ],
)
def test_models_are_looked_for_at_the_users_the_machines_and_the_releases(
    environment: dict[str, str], expected: list[str]
) -> None:
    folders = [Path(place, "accessctl/models") for place in expected]
    assert list(model_folders(environment)) == [*folders, REPOSITORY / "models"]


def test_a_checkout_fills_its_own_cache() -> None:
    assert folder_to_fill({"HOME": "/home/ann"}) == REPOSITORY / "models"


@pytest.mark.parametrize(
    ("is_root", "expected"),
    [
        (False, "/home/ann/.local/share/accessctl/models"),
        (True, "/usr/local/share/accessctl/models"),
    ],
)
def test_an_installed_wheel_fills_the_users_folder_and_root_the_machines(
    tmp_path: Path, is_root: bool, expected: str
) -> None:
    (tmp_path / "bundled").mkdir()
    found = folder_to_fill({"HOME": "/home/ann"}, is_root=is_root, installed=tmp_path)
    assert found == Path(expected)


def test_a_path_below_the_configuration_comes_first_then_names(tmp_path: Path) -> None:
    door, mine, theirs = (tmp_path / name for name in ("door", "mine", "theirs"))
    touched(theirs / "encoder" / "card.yaml")
    touched(theirs / "cache/mediapipe/a.tflite")
    folders = (mine, theirs)
    for named in ("encoder", "models/encoder"):
        assert named_models(Path(named), door, folders) == theirs / "encoder"
    for named in ("mediapipe", "models/cache/mediapipe", "cache/mediapipe"):
        assert named_models(Path(named), door, folders).samefile(theirs / "cache/mediapipe")
    touched(mine / "encoder" / "card.yaml")
    assert named_models(Path("encoder"), door, folders) == mine / "encoder"
    touched(door / "encoder" / "card.yaml")
    assert named_models(Path("encoder"), door, folders) == door / "encoder"
    assert named_models(Path("models/encoder"), door, folders) == mine / "encoder"


@pytest.mark.parametrize("named", ["/abs/encoder", "../encoder", "models", "none", "x" * 5000])
def test_what_nobody_has_stays_a_path_below_the_configuration(tmp_path: Path, named: str) -> None:
    theirs = tmp_path / "theirs"
    touched(theirs / "encoder" / "card.yaml")
    below = tmp_path / "theirs" / "door"
    assert named_models(Path(named), below, (theirs,)) == below / named


def test_a_file_that_is_fetched_may_lie_in_another_cache(tmp_path: Path) -> None:
    wheel, mine = tmp_path / "wheel", tmp_path / "mine"
    (wheel / "dlib").mkdir(parents=True)
    path = wheel / "dlib" / "../cache/dlib/a.tflite"
    assert fetched(path, (mine, wheel)) == path
    held = touched(mine / "cache/dlib/a.tflite")
    assert fetched(path, (mine, wheel)) == held
    touched(wheel / "cache/dlib/a.tflite")
    assert fetched(path, (mine, wheel)) == path


@pytest.mark.parametrize("name", ["trained/a.tflite", "cache/a.tflite", "../cache/../../a.tflite"])
def test_only_what_a_card_calls_its_cache_is_looked_for_elsewhere(
    tmp_path: Path, name: str
) -> None:
    mine = tmp_path / "mine"
    touched(mine / "cache/a.tflite")
    touched(mine / "a.tflite")
    path = tmp_path / "wheel/encoder" / name
    assert fetched(path, (mine,)) == path


def test_a_cached_file_is_the_first_there_is(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert cached("x/y", (one, two)) == one / "cache/x/y"
    touched(two / "cache/x/y")
    assert cached("x/y", (one, two)) == two / "cache/x/y"
