import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from accessctl import extensions
from accessctl.config import (
    CommandAction,
    Config,
    WebhookAction,
    explain,
    load_config,
)
from accessctl.errors import ConfigError
from accessctl.storage.parsing import MAX_BYTES

SHIPPED = Path(__file__).parents[2] / "config.yaml"

# The file is written anew for each example; the folder may be the same.
same_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def refusal(file: Path, content: str | bytes) -> str:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    return str(caught.value)


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


LEAVES = [*leaves(Config), *leaves(CommandAction, "command."), *leaves(WebhookAction, "webhook.")]


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


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("polcy: {}", "polcy"),
        ("policy: {target_fpr: 0.1}", "policy.target_fpr"),
        ("actions: {granted: [{type: command, argv: [x], shell: true}]}", "shell"),
    ],
)
def test_an_unknown_key_is_named(file: Path, content: str, key: str) -> None:
    message = refusal(file, content)
    assert "unknown key" in message
    assert key in message
    assert "accessctl config explain" in message


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("policy: {target_fpir: 0}", "policy.target_fpir"),
        ("policy: {target_fpir: 0.2}", "policy.target_fpir"),
        ("policy: {target_fpir: .nan}", "policy.target_fpir"),
        ("policy: {min_frames: 0}", "policy.min_frames"),
        ("policy: {min_frames: 2.5}", "policy.min_frames"),
        ("policy: {cooldown_s: -1}", "policy.cooldown_s"),
        ("camera: {fps: .inf}", "camera.fps"),
        ("camera: {width: wide}", "camera.width"),
        ("encoder: {device: tpu}", "encoder.device"),
        ("actions: {granted: [{type: command, argv: []}]}", "actions.granted.0"),
        ("actions: {granted: [{type: shell, argv: [x]}]}", "actions.granted.0"),
        ("actions: {granted: [{type: webhook, url: 'ftp://x'}]}", "actions.granted.0"),
        ("policy: 5", "policy"),
        ("gallery: {folder: null}", "gallery.folder"),
    ],
)
def test_a_value_that_does_not_do_is_named(file: Path, content: str, key: str) -> None:
    message = refusal(file, content)
    assert message.startswith(f"{file}: {key}")


@pytest.mark.parametrize("content", ["- policy", "3", "policy", "true", "!!set {policy}"])
def test_what_holds_no_sections_is_refused(file: Path, content: str) -> None:
    assert "must hold sections" in refusal(file, content)


@pytest.mark.parametrize(
    "content",
    [
        "policy: [",
        "a: b: c",
        "\tpolicy: {}",
        "policy: *nowhere",
        "--- {}\n--- {}",
    ],
)
def test_what_is_not_yaml_is_refused_in_one_line(file: Path, content: str | bytes) -> None:
    message = refusal(file, content)
    assert "is not valid YAML" in message
    assert "\n" not in message


def test_python_objects_are_not_made_from_yaml(file: Path) -> None:
    assert "not valid YAML" in refusal(file, "policy: !!python/object/apply:os.getcwd []")


def test_a_file_that_is_too_large_is_not_parsed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "larger than 1 MiB" in refusal(file, b"#" * (MAX_BYTES + 1))
    assert MAX_BYTES == 1024 * 1024
    monkeypatch.setattr("accessctl.storage.parsing.MAX_BYTES", 1000)
    file.write_bytes(b"#" * 1000)
    load_config(file)


def test_where_the_yaml_goes_wrong_is_said_and_nothing_of_the_parser(file: Path) -> None:
    # The bracket of line 2 is never closed; the parser finds out at the beginning of line 3.
    assert refusal(file, "camera: {}\npolicy: [\n") == (
        f"{file} is not valid YAML: expected the node content, but found '<stream end>', "
        "in line 3, column 1; correct it."
    )


def test_a_file_that_may_not_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("accessctl.config.read_bounded", denied)
    with pytest.raises(ConfigError, match=r"You may not read the configuration .* as root"):
        load_config(file)


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--config or ACCESSCTL_CONFIG"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"Cannot read the configuration"):
        load_config(tmp_path)


def test_a_bomb_of_aliases_is_refused_in_a_short_message(file: Path) -> None:
    # Each line is nine times the one before: written out, the last has 9^9 words.
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    message = refusal(file, "\n".join([*lines, "policy: {target_fpir: *i}"]))
    assert len(message) < 1000


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("[" * 5000, id="nested too deeply"),
        pytest.param("a: 2001-99-99", id="no such day"),
        pytest.param("a: !!int x", id="not an int"),
        pytest.param("a: !!bool x", id="not a bool"),
        pytest.param("a: !!timestamp x", id="not a time"),
        pytest.param("a: " + "1" * 5000, id="too many digits"),
        pytest.param("? [a]\n: b", id="a list as a key"),
        pytest.param("? {a: 1}\n: b", id="a mapping as a key"),
    ],
)
def test_what_the_yaml_parser_stumbles_over_is_refused(file: Path, content: str) -> None:
    message = refusal(file, content)
    assert "is not valid YAML" in message
    assert len(message) < 1000


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("gallery: {folder: ~nobody-of-that-name/x}", id="no such home"),
        pytest.param('gallery: {folder: "a\\0b"}', id="NUL in a path"),
        pytest.param('"polcy\\nx": {}', id="line break in a key"),
        pytest.param(f"camera: {{fps: {'x' * 100_000}}}", id="endless value"),
        pytest.param("policy: {target_fpir: 0.1}\npolicy: {target_fpir: 0.01}", id="twice"),
    ],
)
def test_what_would_surprise_later_is_refused_in_one_short_line(file: Path, content: str) -> None:
    message = refusal(file, content)
    assert "\n" not in message
    assert len(message) < 1000


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)
near_trees = st.dictionaries(
    st.sampled_from(list(Config.model_fields)),
    trees | st.dictionaries(st.sampled_from(sorted(n.split(".")[1] for n, _ in LEAVES)), trees),
)


@same_folder
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_any_bytes_load_or_are_refused(file: Path, content: bytes) -> None:
    _load_or_refuse(file, content)


@same_folder
@given(tree=trees | near_trees)
def test_any_yaml_loads_or_is_refused(file: Path, tree: Any) -> None:
    _load_or_refuse(file, yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace"))


FULL = yaml.safe_dump(
    {
        **yaml.safe_load(SHIPPED.read_text()),
        "access": {
            "timezone": "Europe/Berlin",
            "holidays": ["2026-12-25"],
            "schedules": {"office": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}]},
            "groups": {"staff": {"schedule": "office", "second_factor": "pin"}},
        },
        "policy": {"target_fpir": 0.001, "lockout": {"attempts": 5}},
    }
)
ODD = ["&a ", "*a", "!!int ", "!!float x", "!!binary x", "!!python/name:os.system ", "<<: ", "? "]
ODD += ["- ", ": ", "{", "]", "'", "|", "---\n", "\t", "\x85", "\ufeff", "0x" + "f" * 5000, "1:1:1"]
ODD += ["9" * 400, "1e999", ".nan", "~", "no", "2026-13-45", "0001-01-01 00:00:00 +23:59", '"\\0"']


@same_folder
@given(
    edits=st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 12), st.sampled_from(ODD)),
        min_size=1,
        max_size=4,
    )
)
def test_a_mangled_configuration_loads_or_is_refused(
    file: Path, edits: list[tuple[int, int, str]]
) -> None:
    text = FULL
    for place, taken, put in edits:
        at = place % (len(text) + 1)
        text = text[:at] + put + text[at + taken :]
    _load_or_refuse(file, text.encode())


def _load_or_refuse(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    try:
        config = load_config(file)
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017 - whether it is refused is free
        assert len(str(error)) < 1000  # noqa: PT017
        return
    assert config.gallery.folder.is_absolute()


@pytest.mark.parametrize("number", ["0x" + "f" * 5000, "1" + ":1" * 3000], ids=["hex", "base 60"])
@pytest.mark.parametrize("key", ["width", "fps", "source"])
def test_an_endless_number_is_refused_wherever_it_stands(file: Path, key: str, number: str) -> None:
    assert "a number of" in refusal(file, f"camera: {{{key}: {number}}}")


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


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "camera: {backoff_min_s: 40, backoff_max_s: 30}",
            "backoff_min_s must not be above backoff_max_s",
        ),
        (
            "vision: {min_brightness: 0.9, max_brightness: 0.5}",
            "min_brightness must not be above max_brightness",
        ),
        ("policy: {min_frames: 16}", "min_frames must not be above unknown_after_frames"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(
    file: Path, content: str, sentence: str
) -> None:
    assert sentence in refusal(file, content)


@pytest.mark.parametrize(
    "content",
    [
        "camera: {source: [rtsp://admin:Zq7Xw9@cam/1]}",
        "actions: {granted: [{type: webhook, url: 'ftp://x/password=Zq7Xw9'}]}",
        "camera: {usb_id: 'rtsp://cam/token/Zq7Xw9'}",
    ],
)
def test_a_refused_value_shows_no_secret_of_an_address(file: Path, content: str) -> None:
    said = refusal(file, content)
    assert "***" in said
    assert "Zq7Xw9" not in said


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "actions: {granted: [{type: command, argv: [relay, 1, on]}]}",
            "argv.1: YAML takes this for a number (1), where text is meant; put it in quotes.",
        ),
        (
            "actions: {granted: [{type: command, argv: [relay, on]}]}",
            "argv.1: YAML takes this for a truth value (True), where text is meant; put it",
        ),
        ("access: {door: 2026-01-31}", "YAML takes this for a date (2026-01-31)"),
        ("camera: {source: off}", "YAML takes this for a truth value (False)"),
        ("camera: usb", "camera: must hold settings of its own"),
        ("actions: {granted: [{type: command, argv: relay}]}", "argv: must be a list"),
        ("policy: {min_frames: many}", "policy.min_frames: must be a whole number (found 'many')"),
        ("policy: {cooldown_s: long}", "policy.cooldown_s: must be a number (found 'long')"),
        ("audit: {file: 5}", "audit.file: must be the path of a file"),
    ],
)
def test_a_value_of_another_kind_is_told_in_words(file: Path, content: str, sentence: str) -> None:
    said = refusal(file, content)
    assert sentence in said
    assert "Input should" not in said


def test_the_number_of_a_camera_names_it(file: Path) -> None:
    file.write_text("camera: {source: 0}")
    assert load_config(file).camera.source == "0"
