import math
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from accessctl import extensions
from accessctl.config import CommandAction, Config, WebhookAction, explain, load_config
from tests.config.files import LEAVES, SHIPPED, leaves


@pytest.mark.parametrize("content", ["", "{}", "# nothing but a comment\n", "policy:  {}\n"])
def test_an_empty_file_gives_the_defaults(file: Path, content: str) -> None:
    file.write_text(content)
    config = load_config(file)
    assert config.policy.target_fpir == 0.001
    assert config.policy.target_fmr == 0.0001
    assert config.actions.granted == ()


def test_the_shipped_file_is_in_order_and_opens_nothing_real() -> None:
    config = load_config(SHIPPED)
    (granted,) = config.actions.granted
    assert isinstance(granted, CommandAction)
    assert granted.argv[0] == "echo"


def test_every_value_is_taken_over(file: Path) -> None:
    file.write_text(
        "camera: {source: demo, fps: 5}\n"
        "policy: {target_fpir: 0.01, min_frames: 7}\n"
        "actions:\n"
        "  granted:\n"
        "    - {type: command, argv: [/bin/true, -x], timeout_s: 2}\n"
        "    - {type: webhook, url: 'https://door.example/hook', secret_file: key, retries: 0}\n"
    )
    config = load_config(file)
    assert (config.camera.source, config.camera.fps) == ("demo", 5)
    assert (config.policy.target_fpir, config.policy.min_frames) == (0.01, 7)
    command, webhook = config.actions.granted
    assert command == CommandAction(type="command", argv=("/bin/true", "-x"), timeout_s=2)
    assert isinstance(webhook, WebhookAction)
    assert (webhook.retries, webhook.secret_file) == (0, file.parent / "key")


def test_what_the_file_says_is_told_from_what_nobody_said(file: Path) -> None:
    file.write_text("encoder: {folder: models/encoder}\n")
    config = load_config(file)
    assert config.encoder.model_fields_set == {"folder"}
    assert config.gallery.model_fields_set == set()


def test_paths_are_relative_to_the_file_not_to_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, elsewhere = tmp_path / "front door", tmp_path / "elsewhere"
    door.mkdir()
    elsewhere.mkdir()
    (door / "config.yaml").write_text(
        "gallery: {folder: people}\naudit: {file: /var/lib/events.sqlite}\n"
        "vision: {models: ../models}\n"
    )
    monkeypatch.chdir(elsewhere)
    config = load_config(Path("../front door/config.yaml"))
    assert config.gallery.folder == door / "people"
    assert config.audit.file == Path("/var/lib/events.sqlite")
    assert config.vision.models.resolve() == tmp_path / "models"
    (door / "models" / "encoder").mkdir(parents=True)
    config = load_config(Path("../front door/config.yaml"))
    assert config.encoder.folder == door / "models/encoder"


def test_what_nobody_named_lies_beside_the_event_log(file: Path) -> None:
    file.write_text("audit: {file: log/events.sqlite}\n")
    config = load_config(file)
    assert config.lockout_file == file.parent / "log" / "lockout.sqlite"
    assert config.demo_gallery.folder == file.parent / "log" / "demo"
    file.write_text("policy: {lockout: {file: locked.sqlite}}\ngallery: {max_photo_mb: 3}\n")
    config = load_config(file)
    assert config.lockout_file == file.parent / "locked.sqlite"
    assert config.demo_gallery.max_photo_mb == 3
    assert config.gallery.folder == file.parent / "enrolled"


def test_models_are_found_by_name_from_any_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = SHIPPED.parent / "models"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "none"))
    file.write_text("")
    config = load_config(file)
    assert config.encoder.folder == release / "encoder"
    assert config.liveness.texture == release / "texture"
    file.write_text("encoder: {folder: dlib}\nvision: {models: detectors}\n")
    assert load_config(file).encoder.folder == release / "dlib"
    assert load_config(file).vision.models == file.parent / "detectors"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    mine = tmp_path / "data/accessctl/models"
    for folder in (mine / "dlib", mine / "cache/detectors"):
        folder.mkdir(parents=True)
    assert load_config(file).encoder.folder == mine / "dlib"
    assert load_config(file).vision.models == mine / "cache/detectors"


def test_a_texture_network_that_is_off_is_no_name(file: Path) -> None:
    file.write_text("liveness: {texture: off}\n")
    assert load_config(file).liveness.texture == "off"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("films/infrared.mp4", "{}/films/infrared.mp4"),
        ("/dev/video2", "/dev/video2"),
        ("usb:2", "usb:2"),
        ("rtsp://10.0.0.9/ir", "rtsp://10.0.0.9/ir"),
    ],
)
def test_an_infrared_recording_is_laid_below_the_file_as_the_first_one_is(
    file: Path, source: str, shown: str
) -> None:
    file.write_text(f"camera: {{source: '{source}'}}\nliveness: {{ir_source: '{source}'}}\n")
    config = load_config(file)
    assert config.liveness.ir_source == shown.format(file.parent)
    assert config.liveness.ir_source == config.camera.source
    file.write_text("camera: {source: demo}\n")
    assert load_config(file).liveness.ir_source is None


@pytest.mark.usefixtures("nothing_added")
def test_a_source_that_was_added_is_no_path(file: Path) -> None:
    file.write_text("camera: {source: ndi}")
    assert load_config(file).camera.source == str(file.parent / "ndi")
    extensions.register("sources", "ndi", None)
    assert load_config(file).camera.source == "ndi"
    file.write_text("camera: {source: ndi://studio/1}")
    assert load_config(file).camera.source == "ndi://studio/1"


def test_a_tilde_is_the_home_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/owner")
    file.write_text("gallery: {folder: ~/people}\n")
    assert load_config(file).gallery.folder == Path("/home/owner/people")


def test_a_loaded_configuration_cannot_be_changed(file: Path) -> None:
    file.write_text("{}")
    with pytest.raises(ValueError, match="frozen"):
        load_config(file).policy.target_fpir = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(("name", "field"), LEAVES, ids=[name for name, _ in LEAVES])
def test_every_field_says_what_it_means(name: str, field: FieldInfo) -> None:
    if name.endswith(".type"):
        return
    assert field.description
    assert field.description.endswith(".")


@pytest.mark.parametrize(("name", "field"), LEAVES, ids=[name for name, _ in LEAVES])
def test_every_number_has_two_bounds(name: str, field: FieldInfo) -> None:
    if field.annotation not in (int, float):
        return
    limits = {type(limit).__name__: limit for limit in field.metadata}
    lower = [limits[kind] for kind in ("Ge", "Gt") if kind in limits]
    assert len(lower) == 1
    assert math.isfinite(limits["Le"].le)


def test_explain_names_every_leaf_with_its_value() -> None:
    explained = {name: (value, field) for name, value, field in explain(Config())}
    assert list(explained) == [name for name, _ in leaves(Config)]
    value, field = explained["policy.target_fpir"]
    assert value == 0.001
    assert "FPIR" in str(field.description)
