import hashlib
import logging
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.config import load_config
from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box, PersonId
from accessctl.errors import ModelError
from accessctl.liveness.fake import FakeTexture, fake_frame
from accessctl.liveness.texture_card import TextureOutput
from accessctl.liveness.texture_network import (
    GAP_S,
    TextureNetwork,
    TextureSampler,
    laid_out,
    living,
    load_texture,
)

FACE = Box(24, 24, 16, 16)
BGR = {"size": 16, "reaches": [1.0, 2.0], "order": "bgr", "scale": "unit"}
BYTES = {"size": 16, "reaches": [1.0, 2.0], "order": "rgb", "scale": "byte"}


def red_face() -> np.ndarray:
    """Black, RGB (64, 64, 3), but for a face that is all red."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[24:40, 24:40, 0] = 255
    return picture


def test_stacked_the_first_reach_comes_first(texture_folder):
    network = TextureNetwork.open(texture_folder())
    assert network.score(red_face(), FACE) == pytest.approx(1.0)
    assert (network.confirm, network.doubt) == (0.9, 0.1)
    assert network.card.name == "tiny"


@pytest.mark.parametrize("file", ["separate.tflite", "separate.keras"])
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_separate_inputs_take_the_reaches_in_the_order_of_their_names(texture_folder, file):
    # The further square is 32 x 32, a quarter of it red.
    network = TextureNetwork.open(texture_folder(file))
    assert network.score(red_face(), FACE) == pytest.approx(0.25, abs=1e-4)


def test_the_order_of_colours_is_the_cards(texture_folder):
    network = TextureNetwork.open(texture_folder(input=BGR))
    assert network.score(red_face(), FACE) == pytest.approx(0.0)
    assert network.score(red_face()[..., ::-1], FACE) == pytest.approx(1.0)


def test_the_scale_is_the_cards(texture_folder):
    logit = {"kind": "logit", "index": 0}
    dark = red_face() // 127
    network = TextureNetwork.open(texture_folder(input=BYTES, output=logit))
    # 255 // 127 is 2, and it stays 2.
    assert network.score(dark, FACE) == pytest.approx(1 / (1 + math.exp(-2)))


def test_a_probability_that_is_none_is_nan(texture_folder):
    network = TextureNetwork.open(texture_folder(input=BYTES))
    assert math.isnan(network.score(red_face(), FACE))


def test_threads_do_not_mix_two_faces(texture_folder):
    network = TextureNetwork.open(texture_folder())
    pictures = [red_face(), red_face() // 2]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda n: network.score(pictures[n % 2], FACE), range(200)))
    assert found[::2] == pytest.approx([1.0] * 100)
    assert found[1::2] == pytest.approx([127 / 255] * 100)


def test_inputs_are_laid_out_as_the_card_says(texture_folder):
    cut = np.arange(2 * 16 * 16 * 3, dtype=np.uint32).reshape(2, 16, 16, 3) % 251
    cut = cut.astype(np.uint8)
    card = TextureNetwork.open(texture_folder(input=BYTES)).card
    (stacked,) = laid_out(cut, card)
    assert (stacked.shape, stacked.dtype) == ((1, 16, 16, 6), np.float32)
    assert np.array_equal(stacked[0, ..., :3], cut[0])
    assert np.array_equal(stacked[0, ..., 3:], cut[1])
    near, far = laid_out(cut, card.model_copy(update={"layout": "separate"}))
    assert np.array_equal(near[0], cut[0])
    assert np.array_equal(far[0], cut[1])


@pytest.mark.parametrize(
    ("kind", "index", "numbers", "expected"),
    [
        ("probability", 1, [0.2, 0.7], 0.7),
        ("probability", 0, [1.0005], 1.0),
        ("probability", 0, [-0.0005], 0.0),
        ("logit", 0, [0.0], 0.5),
        ("logit", 1, [9.0, math.log(3)], 0.75),
        ("logit", 0, [-1e6], 0.0),
        ("softmax", 1, [[0.0, math.log(3), math.log(4)]], 3 / 8),
        ("softmax", 2, [1000.0, 0.0, 1000.0], 0.5),
    ],
)
def test_how_an_answer_is_read(kind, index, numbers, expected):
    found = living(np.array(numbers), TextureOutput(kind=kind, index=index))
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", ["probability", "logit", "softmax"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_says_nothing(kind, bad):
    assert math.isnan(living(np.array([0.5, bad]), TextureOutput(kind=kind, index=0)))


@pytest.mark.parametrize("value", [1.01, -0.01, 255.0])
def test_a_probability_beyond_its_bounds_says_nothing(value):
    assert math.isnan(living(np.array([value]), TextureOutput(kind="probability")))


@given(
    numbers=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5),
    kind=st.sampled_from(["logit", "softmax"]),
)
def test_an_answer_lies_between_0_and_1(numbers, kind):
    index = len(numbers) - 1
    assert 0 <= living(np.array(numbers), TextureOutput(kind=kind, index=index)) <= 1


def test_a_network_that_eats_something_else_is_refused(texture_folder):
    wide = {"size": 32, "reaches": [1.0, 2.0], "order": "rgb", "scale": "unit"}
    with pytest.raises(ModelError, match=r"eats \(1, 16, 16, 6\), but its card says \(1, 32,"):
        TextureNetwork.open(texture_folder(input=wide))
    with pytest.raises(ModelError, match="layout"):
        TextureNetwork.open(texture_folder(layout="separate"))


def test_a_network_without_the_number_that_its_card_names_is_refused(texture_folder):
    with pytest.raises(ModelError, match=r"no number 1; .*output\.index"):
        TextureNetwork.open(texture_folder(output={"kind": "softmax", "index": 1}))


@pytest.mark.parametrize("file", ["stacked.tflite", "separate.keras"])
def test_a_file_that_is_no_network_is_refused(texture_folder, file):
    content = b"not a network"
    folder = texture_folder(file, sha256=hashlib.sha256(content).hexdigest())
    (folder / file).write_bytes(content)
    with pytest.raises(ModelError, match="is not a") as caught:
        TextureNetwork.open(folder)
    assert "\n" not in str(caught.value)


def test_a_keras_file_without_tensorflow_says_how_to_convert_it(texture_folder, monkeypatch):
    folder = texture_folder("separate.keras")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModelError, match=r"needs TensorFlow.*from_keras_model"):
        TextureNetwork.open(folder)


def test_another_backend_of_keras_is_named(texture_folder, monkeypatch):
    import keras

    folder = texture_folder("separate.keras")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match=r"jax.*KERAS_BACKEND"):
        TextureNetwork.open(folder)


PICTURE = np.zeros((48, 64, 3), np.uint8)
ADA = PersonId(1)


def asked(times: list[float], person: PersonId | None = None) -> list[float]:
    """Of the frames at these times, those that got an answer."""
    sampler = TextureSampler(FakeTexture())
    frames = [sampler.sample(PICTURE, fake_frame(time, person=person)) for time in times]
    return [frame.captured for frame in frames if not math.isnan(frame.texture)]


def test_without_a_network_nobody_is_asked():
    frame = fake_frame(0.0)
    assert TextureSampler(None).sample(PICTURE, frame) is frame


def test_an_answer_comes_with_the_networks_bounds():
    scorer = FakeTexture(0.7)
    scorer.confirm, scorer.doubt = 0.8, 0.2
    frame = TextureSampler(scorer).sample(PICTURE, fake_frame(0.0, box=Box(1, 2, 80, 90)))
    assert frame.texture == 0.7
    assert frame.texture_bounds == (0.2, 0.8)
    assert scorer.boxes == [Box(1, 2, 80, 90)]


@pytest.mark.parametrize(("fps", "every"), [(3, 1), (5, 1), (7.5, 2), (10, 2), (15, 3), (30, 6)])
def test_about_five_answers_a_second(fps, every):
    times = [n / fps for n in range(61)]
    assert asked(times) == times[::every]


def test_five_frames_a_second_that_tremble_are_all_asked_about():
    times = [n / 5 + (0.01 if n % 2 else 0.0) for n in range(20)]
    assert asked(times) == times


def test_frames_that_show_nobody_do_not_take_the_turn_of_those_that_do():
    sampler = TextureSampler(FakeTexture())
    nobody = sampler.sample(PICTURE, fake_frame(0.0))
    ada = sampler.sample(PICTURE, fake_frame(0.05, person=ADA))
    again = sampler.sample(PICTURE, fake_frame(0.1, person=ADA))
    assert [math.isnan(frame.texture) for frame in (nobody, ada, again)] == [False, False, True]


def test_time_that_runs_backwards_begins_anew():
    assert asked([10.0, 3.0, 3.1, 3.2]) == [10.0, 3.0, 3.2]


def test_a_face_of_which_it_cannot_tell_costs_nothing_and_takes_no_turn():
    scorer = FakeTexture()
    sampler = TextureSampler(scorer)
    small = replace(fake_frame(0.0), box=Box(0, 0, 40, 50))
    assert sampler.sample(PICTURE, small) is small
    assert scorer.boxes == []
    assert not math.isnan(sampler.sample(PICTURE, fake_frame(0.05)).texture)


def test_what_the_network_raises_is_passed_on():
    scorer = FakeTexture()
    scorer.fault = RuntimeError("no tensor")
    with pytest.raises(RuntimeError, match="no tensor"):
        TextureSampler(scorer).sample(PICTURE, fake_frame(0.0))


# A frame is a picture, which takes a busy machine a while.
@settings(deadline=None)
@given(st.lists(st.floats(0.0, 20.0), min_size=1, max_size=60))
def test_no_two_answers_come_too_soon(times):
    found = asked(sorted(times))
    assert found[0] == min(times)
    assert all(after - before >= GAP_S for before, after in pairwise(found))


def test_the_folder_that_was_named_is_loaded(texture_folder):
    network = load_texture(LivenessConfig(texture=texture_folder()))
    assert network is not None
    assert network.score(np.full((64, 64, 3), 255, np.uint8), Box(8, 8, 16, 16)) == 1.0


def test_off_loads_nothing_and_says_nothing(caplog):
    with caplog.at_level(logging.WARNING):
        assert load_texture(LivenessConfig(texture="off")) is None
    assert caplog.records == []


def test_the_usual_folder_may_be_missing_and_that_is_told_once(tmp_path, caplog):
    folder = tmp_path / "models/texture"
    usual = LivenessConfig.model_construct(_fields_set=set(), texture=folder)
    with caplog.at_level(logging.WARNING):
        assert load_texture(usual) is None
    assert len(caplog.records) == 1
    assert str(folder) in caplog.text
    assert "off" in caplog.text


def test_a_folder_that_was_named_may_not_be_missing(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("liveness: {texture: models/nowhere}\n")
    with pytest.raises(ModelError, match=r"liveness\.texture"):
        load_texture(load_config(file).liveness)


def test_what_is_there_must_be_fit_also_in_the_usual_place(tmp_path):
    (tmp_path / "models/texture").mkdir(parents=True)
    file = tmp_path / "config.yaml"
    file.write_text("")
    with pytest.raises(ModelError, match=r"card\.yaml"):
        load_texture(load_config(file).liveness)
