"""Configurations that are refused with one sentence."""

from pathlib import Path

import pytest

from accessctl.config import load_config
from accessctl.errors import ConfigError
from accessctl.storage.parsing import MAX_BYTES


def refusal(file: Path, content: str | bytes) -> str:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    return str(caught.value)


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


@pytest.mark.parametrize("number", ["0x" + "f" * 5000, "1" + ":1" * 3000], ids=["hex", "base 60"])
@pytest.mark.parametrize("key", ["width", "fps", "source"])
def test_an_endless_number_is_refused_wherever_it_stands(file: Path, key: str, number: str) -> None:
    assert "a number of" in refusal(file, f"camera: {{{key}: {number}}}")


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
