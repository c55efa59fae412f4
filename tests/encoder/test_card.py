import datetime
import hashlib
import json

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.domain import CropGeometry
from accessctl.encoder.card import (
    combined,
    format_sums,
    load_card,
    read_checked,
    read_sums,
    update_card,
    write_card,
)
from accessctl.encoder.card_parts import Files, Input, LiteRtFiles
from accessctl.errors import ModelError

TABLE = {
    "neighbours": 200,
    "score": [1.0, 2.5, 4.0],
    "log10_fmr": [-1.0, -2.0, -3.5],
    "log10_fmr_upper": [-0.9, -1.9, -3.0],
    "made_by": "a test",
    "date": "2024-02-29",
}
# SHA-256 of the three bytes "abc", FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def folder(own_card, tmp_path):
    own_card(Files(keras="tiny.keras"))
    return tmp_path


def change(folder, changes):
    path = folder / "card.yaml"
    raw = yaml.safe_load(path.read_text())
    path.write_text(json.dumps({**raw, **changes}, default=str))


def test_dlibs_card_says_how_its_chip_is_cut(dlib_card):
    geometry = dlib_card.crop_geometry
    assert isinstance(geometry, CropGeometry)
    assert geometry.size == 150
    assert geometry.region == (14.3, 28.0, 114.9, 128.6)
    # The ArcFace 112x112 template on a canvas with a margin of 8.
    arcface = [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366)]
    arcface += [(41.5493, 92.3655), (70.7299, 92.2041)]
    np.testing.assert_allclose(geometry.template, np.add(arcface, 8), atol=1e-9)
    assert dlib_card.dimension == 128


def test_a_card_survives_writing_unchanged(dlib_card, tmp_path):
    write_card(dlib_card.model_copy(update={"folder": tmp_path}))
    assert load_card(tmp_path).model_dump() == dlib_card.model_dump()
    first = (tmp_path / "card.yaml").read_bytes()
    write_card(load_card(tmp_path))
    assert (tmp_path / "card.yaml").read_bytes() == first


def test_files_lie_beside_the_card(folder):
    card = load_card(folder)
    assert card.path(card.files.keras) == folder / "tiny.keras"
    assert card.sums_path is None


def test_normalise_by_hand(dlib_card):
    crops = np.zeros((1, 150, 150, 3), np.uint8)
    crops[0, 0, 0] = (255, 128, 0)
    inputs = dlib_card.normalise(crops)
    assert inputs.dtype == np.float32
    expected = [(255 - 122.782) / 256, (128 - 117.001) / 256, -104.298 / 256]
    np.testing.assert_allclose(inputs[0, 0, 0], expected, rtol=1e-6)


def test_bgr_turns_the_channels_and_the_mean_counts_in_that_order(folder):
    bgr = Input(size=16, channels="bgr", mean=(3, 2, 1), scale=1.0)
    card = load_card(folder).model_copy(update={"input": bgr})
    crops = np.full((1, 16, 16, 3), (1, 2, 3), np.uint8)
    assert (card.normalise(crops) == 0).all()


@pytest.mark.parametrize(
    "crops",
    [
        np.zeros((16, 16, 3), np.uint8),
        np.zeros((1, 16, 15, 3), np.uint8),
        np.zeros((1, 16, 16, 4), np.uint8),
        np.zeros((1, 16, 16, 3), np.float32),
    ],
)
def test_crops_of_another_shape_are_a_mistake(folder, crops):
    with pytest.raises(ValueError, match=r"must be uint8 \(N, 16, 16, 3\)"):
        load_card(folder).normalise(crops)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"colour": "red"}, "colour"),
        ({"fingerprint": "abc"}, "fingerprint"),
        ({"dimension": 0}, "dimension"),
        ({"files": {}}, "must name at least one"),
        ({"files": {"keras": "a", "onnx": "b"}}, r"files\.onnx"),
        ({"geometry": {"template": [[1, 2]] * 4, "region": [0, 0, 1, 1]}}, "template"),
        ({"geometry": {"template": [[1, 2]] * 5, "region": [5, 0, 1, 1]}}, "region"),
        ({"input": {"size": 16, "mean": [1, 2], "scale": 1}}, r"input\.mean"),
        ({"input": {"size": 16, "mean": [1, 2, 3], "scale": float("nan")}}, r"input\.scale"),
        ({"folder": "/etc"}, "not an encoder's card"),
        ({"calibration": {**TABLE, "score": [1, 1, 2]}}, "must ascend"),
        ({"calibration": {**TABLE, "score": [1, 2]}}, "equally long"),
        ({"calibration": {**TABLE, "log10_fmr": [-3, -2, -1]}}, "higher score"),
        ({"calibration": {**TABLE, "log10_fmr": [0.5, -2, -3.5]}}, "at most 1"),
        ({"calibration": {**TABLE, "log10_fmr_upper": [-0.9, -2.1, -3]}}, "must not lie below"),
    ],
)
def test_a_wrong_card_is_refused_by_what_is_wrong(folder, changes, complaint):
    change(folder, changes)
    with pytest.raises(ModelError, match=complaint) as caught:
        load_card(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[1, 2]", "{", "\x00", "just words", "", "a: *b"])
def test_what_is_no_card_at_all_is_refused(folder, text):
    (folder / "card.yaml").write_text(text)
    with pytest.raises(ModelError, match=r"card\.yaml"):
        load_card(folder)


def test_an_endless_card_is_refused(folder):
    (folder / "card.yaml").write_text("a" * ((1 << 20) + 1))
    with pytest.raises(ModelError, match="1 MiB"):
        load_card(folder)


def test_a_folder_without_card_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"encoder\.folder"):
        load_card(tmp_path / "nowhere")


def test_an_update_replaces_whole_sections_and_keeps_the_rest(folder):
    before = load_card(folder)
    card = update_card(
        folder, calibration=TABLE, cohort="cohort.npz", results={"lfw": {"tar": np.float64(0.5)}}
    )
    assert load_card(folder) == card
    assert card.calibration.score == (1.0, 2.5, 4.0)
    assert card.calibration.date == datetime.date(2024, 2, 29)
    assert card.results == {"lfw": {"tar": 0.5}}
    assert card.geometry == before.geometry
    text = (folder / "card.yaml").read_text()
    assert "score: [1.0, 2.5, 4.0]" in text
    assert list(yaml.safe_load(text))[:4] == ["name", "version", "fingerprint", "dimension"]


def test_an_update_that_would_spoil_the_card_leaves_it(folder):
    before = (folder / "card.yaml").read_bytes()
    with pytest.raises(ModelError, match="ascend"):
        update_card(folder, calibration={**TABLE, "score": [3, 2, 1]})
    assert (folder / "card.yaml").read_bytes() == before
    assert not list(folder.glob(".card.yaml*"))


def test_an_update_can_remove_a_section(folder):
    update_card(folder, cohort="cohort.npz")
    assert update_card(folder, cohort=None).cohort is None
    assert "cohort" not in (folder / "card.yaml").read_text()


def test_a_card_may_name_litert_alone(own_card):
    files = Files(litert=LiteRtFiles(int8="tiny_int8.tflite"))
    assert load_card(own_card(files).folder).files == files


ODD = ["&a ", "*a", "!!int ", "<<: ", "- ", ": ", "[", "}", "'", "\x85", "0x" + "f" * 5000]
ODD += ["-1", "1e999", ".nan", "~", "2026-13-45", '"\\ud800"', "\n", "../../x"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, 10_000),
            st.integers(0, 12),
            st.sampled_from(ODD),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_mangled_card_is_read_or_refused(folder, edits):
    path = folder / "card.yaml"
    whole = path.read_text()
    text = whole
    for place, taken, put in edits:
        at = place % (len(text) + 1)
        text = text[:at] + put + text[at + taken :]
    path.write_text(text, encoding="utf-8")
    try:
        card = load_card(folder)
    except ModelError as error:
        assert "\n" not in str(error)  # noqa: PT017 - whether it is refused is free
    else:
        assert len(card.fingerprint) == 64
    finally:
        path.write_text(whole)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "encoder.bin"
    path.write_bytes(b"abc")
    return path


@pytest.fixture
def sums(tmp_path):
    path = tmp_path / "SHA256SUMS"
    path.write_text(f"{ABC}  encoder.bin\n")
    return path


def test_sums_look_as_sha256sum_writes_them():
    assert format_sums({"encoder.bin": ABC}) == f"{ABC}  encoder.bin\n"


def test_a_file_with_the_right_digest_is_read(model, sums):
    assert read_checked(model, sums) == b"abc"


def test_a_file_without_known_digest_is_read_as_it_is(model):
    assert read_checked(model, None) == b"abc"


def test_an_altered_file_is_refused(model, sums):
    model.write_bytes(b"abd")
    with pytest.raises(ModelError, match=r"altered.*accessctl models fetch"):
        read_checked(model, sums)


def test_a_file_that_is_not_listed_is_refused(model, sums):
    sums.write_text(f"{ABC}  other.bin\n")
    with pytest.raises(ModelError, match=r"lists no digest for encoder\.bin"):
        read_checked(model, sums)


def test_a_missing_file_says_how_to_get_it(tmp_path, sums):
    with pytest.raises(ModelError, match=r"No such file.*accessctl models fetch"):
        read_checked(tmp_path / "absent.bin", sums)


def test_missing_sums_are_refused(model, tmp_path):
    with pytest.raises(ModelError, match="accessctl models fetch"):
        read_checked(model, tmp_path / "SHA256SUMS")


@pytest.mark.parametrize(
    "text",
    ["no digest\n", f"{ABC}  ../encoder.bin\n", f"{ABC[:-1]}  a\n", "\n", "x" * 70000, "é\n"],
)
def test_anything_else_is_no_list_of_sums(tmp_path, text):
    path = tmp_path / "SHA256SUMS"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError):
        read_sums(path)


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9._-]{1,50}", fullmatch=True), st.binary()))
def test_what_is_written_is_read_back(tmp_path_factory, contents):
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    path = tmp_path_factory.mktemp("sums") / "SHA256SUMS"
    path.write_text(format_sums(sums))
    assert read_sums(path) == sums


def test_lines_are_hashed_as_a_text():
    assert combined(["a", "b"]) == hashlib.sha256(b"a\nb\n").hexdigest()


def test_order_and_borders_count():
    assert len({combined(lines) for lines in (["ab"], ["a", "b"], ["b", "a"], [])}) == 4
