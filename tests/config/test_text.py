import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config.text import with_note, with_setting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# mine\nencoder:\n  folder: encoder   # by name\n  device: cpu\n",
            "# mine\nencoder:\n  folder: dlib   # by name\n  device: cpu\n",
        ),
        (
            'encoder: {folder: "models/encoder", device: cpu}  # short\n',
            "encoder: {folder: dlib, device: cpu}  # short\n",
        ),
        (
            "encoder:\n  # which\n  device: cpu\n",
            "encoder:\n  # which\n  folder: dlib\n  device: cpu\n",
        ),
        ("encoder: {device: cpu}\n", "encoder: {folder: dlib, device: cpu}\n"),
        ("encoder: {}\n", "encoder: {folder: dlib}\n"),
        ("camera:\n  source: demo\n", "camera:\n  source: demo\n\nencoder:\n  folder: dlib\n"),
        ("", "encoder:\n  folder: dlib\n"),
        ("# only a comment\n", "# only a comment\n\nencoder:\n  folder: dlib\n"),
        ("encoder:\ncamera: {fps: 5}\n", "encoder:\n  folder: dlib\ncamera: {fps: 5}\n"),
    ],
)
def test_one_setting_changes_and_all_else_stays(text: str, expected: str) -> None:
    changed = with_setting(text, "encoder", "folder", "dlib")
    assert changed == expected


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        "encoder: [",
        "encoder: dlib\n",
        "- a\n",
        "encoder: [folder]\n",
        "a: 1\n---\nb: 2\n",
        "encoder:\n  folder: >-\n    models/\n    x\n  device: cpu\n",
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not written so that it can be changed"):
        with_setting(text, "encoder", "folder", "dlib")


@pytest.mark.parametrize("value", ["", "a b", "a: b", "#x", "- a", "a\nb", "{}", "'a'"])
def test_a_value_that_is_no_plain_word_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="plain value"):
        with_setting("", "encoder", "folder", value)


keys = st.sampled_from(["device", "folder", "threads", "precision"])
plain = st.text("abcxyz0123_", min_size=1, max_size=6).map(lambda word: f"w{word}")


@pytest.mark.parametrize(
    ("value", "written"), [(10, "10"), (0.5, "0.5"), (0.000033, "0.000033"), (1e-6, "0.000001")]
)
def test_a_number_is_written_as_one(value: float, written: str) -> None:
    changed = with_setting("policy: {}\n", "policy", "target_fmr", value)
    assert changed == f"policy: {{target_fmr: {written}}}\n"
    assert yaml.safe_load(changed) == {"policy": {"target_fmr": value}}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1])
def test_a_number_that_no_setting_has_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"plain value|is not written"):
        with_setting("", "policy", "target_fmr", value)


def test_a_note_stands_above_its_key_alone() -> None:
    text = "a:\n  folder: x\nb:\n    other: 1  # one\n    folder: y\n"
    assert with_note(text, "b", "folder", "first\nsecond: not a key") == (
        "a:\n  folder: x\nb:\n    other: 1  # one\n"
        "    # first\n    # second: not a key\n    folder: y\n"
    )


@pytest.mark.parametrize("text", ["", "b: {folder: y}\n", "a:\n  folder: x\n", "b:\n", "b: 1\n"])
def test_a_note_without_a_line_to_stand_above_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"has no b\.folder on a line of its own"):
        with_note(text, "b", "folder", "note")


@settings(deadline=None)
@given(st.dictionaries(keys, plain), st.dictionaries(st.sampled_from(["a", "b"]), plain), plain,
       st.sampled_from([True, False, None]))  # fmt: skip
def test_whatever_the_style_only_that_setting_changes(
    encoder: dict[str, str], others: dict[str, str], value: str, flow: bool | None
) -> None:
    before = {"first": others, "encoder": encoder, "last": others}
    text = yaml.safe_dump(before, default_flow_style=flow, sort_keys=False)
    after = yaml.safe_load(with_setting(text, "encoder", "folder", value))
    assert after == {**before, "encoder": {**encoder, "folder": value}}
