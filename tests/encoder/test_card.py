import datetime
import json

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.domain import CropGeometry
from accessctl.encoder.card import load_card, update_card, write_card
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
