import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.errors import ModelError
from accessctl.zoo.dlib import (
    MAX_GAP,
    Convolution,
    TensorReader,
    Weights,
    convolution_shapes,
    fold,
    keras_network,
    load_weights,
    main,
    parse,
    tensor_header,
)
from accessctl.zoo.places import DlibPlaces

# Version 2, then 3 x 1 x 1 x 1, written out by hand as dlib writes it.
THREE = b"\x01\x02\x01\x03\x01\x01\x01\x01\x01\x01"
PLACES = DlibPlaces(Path(__file__).resolve().parents[2] / "models")


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def test_reads_a_tensor_behind_other_bytes():
    reader = TensorReader(b"\x07class_name" + THREE + floats(1.5, -2.0, 0.25))
    assert reader.array((3, 1, 1, 1)).tolist() == [1.5, -2.0, 0.25]


def test_reads_tensors_in_order_each_once():
    reader = TensorReader(THREE + floats(1, 2, 3) + b"??" + THREE + floats(4, 5, 6))
    assert reader.array((3, 1, 1, 1)).tolist() == [1, 2, 3]
    assert reader.array((3, 1, 1, 1)).tolist() == [4, 5, 6]
    with pytest.raises(ModelError, match="damaged"):
        reader.array((3, 1, 1, 1))


def test_sizes_take_as_many_bytes_as_they_need():
    # 4736 = 0x1280, two bytes, low byte first; 256 = 0x0100.
    assert tensor_header((4736, 1, 1, 1)) == bytes.fromhex("0102 028012 0101 0101 0101")
    assert tensor_header((256, 128, 1, 1)) == bytes.fromhex("0102 020001 0180 0101 0101")


@pytest.mark.parametrize("kept", range(len(THREE) + 12))
def test_a_truncated_tensor_is_refused(kept):
    whole = THREE + floats(1, 2, 3)
    with pytest.raises(ModelError, match="accessctl models fetch"):
        TensorReader(whole[:kept]).array((3, 1, 1, 1))


def test_a_tensor_too_far_away_is_not_searched_for():
    found = TensorReader(b"\xff" * MAX_GAP + THREE + floats(1, 2, 3))
    assert found.array((3, 1, 1, 1)).tolist() == [1, 2, 3]
    with pytest.raises(ModelError):
        TensorReader(b"\xff" * (MAX_GAP + 1) + THREE + floats(1, 2, 3)).array((3, 1, 1, 1))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_not_finite_are_refused(bad):
    with pytest.raises(ModelError, match="not finite"):
        TensorReader(THREE + floats(1, bad, 3)).array((3, 1, 1, 1))


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_and_nothing_worse(data):
    with pytest.raises(ModelError):
        parse(data)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_reader_never_reads_outside_its_bytes(before, after):
    try:
        values = TensorReader(before + THREE + after).array((3, 1, 1, 1))
    except ModelError:
        return
    assert values.shape == (3,)
    assert np.isfinite(values).all()


def test_the_affine_layer_is_folded_into_its_convolution():
    # Two filters of one weight on one channel: y = scale * (w x + b) + shift.
    raw = np.float32([2, 3, 10, 20])
    affine = np.float32([5, 7, 1, 2])
    folded = fold(raw, affine, (2, 1, 1, 1))
    assert folded.kernel.tolist() == [[[[10, 21]]]]
    assert folded.bias.tolist() == [51, 142]


def test_kernels_are_turned_from_out_in_rows_columns():
    raw = np.arange(2 * 3 * 2 * 2 + 2, dtype=np.float32)
    folded = fold(raw, np.float32([1, 1, 0, 0]), (2, 3, 2, 2))
    assert folded.kernel.shape == (2, 2, 3, 2)
    # Filter 1, channel 2, row 1, column 0 is number 1*12 + 2*4 + 1*2 + 0.
    assert folded.kernel[1, 0, 2, 1] == 22


def test_a_whole_file_of_the_right_layout_is_read():
    shapes = convolution_shapes()
    assert len(shapes) == 29
    assert shapes[0] == (3, 32, 7)
    assert shapes[-1] == (256, 256, 3)
    pieces = [b"header"]
    for number, (inputs, outputs, size) in enumerate(shapes):
        count = outputs * inputs * size * size + outputs
        pieces.append(tensor_header((count, 1, 1, 1)) + np.full(count, number, "<f4").tobytes())
        pieces.append(tensor_header((2 * outputs, 1, 1, 1)) + floats(*[1] * 2 * outputs))
    matrix = np.arange(256 * 128, dtype="<f4").tobytes()
    pieces.append(tensor_header((256, 128, 1, 1)) + matrix)
    data = b"--".join(pieces)

    weights = parse(data)

    assert [c.kernel.shape[2:] for c in weights.convolutions] == [s[:2] for s in shapes]
    assert [c.kernel.max() for c in weights.convolutions] == list(range(29))
    assert [c.bias.min() for c in weights.convolutions] == list(range(1, 30))
    assert weights.projection[2, 5] == 2 * 128 + 5
    with pytest.raises(ModelError):
        parse(data[:-1])


@pytest.mark.parametrize(("weight", "scale", "shift"), [(3e38, 2, 0), (1, 3e38, 3e38)])
def test_weights_that_overflow_are_refused(weight, scale, shift):
    raw, affine = np.float32([weight, weight]), np.float32([scale, shift])
    with pytest.raises(ModelError, match="too large to be multiplied"):
        fold(raw, affine, (1, 1, 1, 1))


@pytest.fixture(scope="module")
def model():
    return keras_network()


def test_shapes_follow_dlib_through_the_odd_sizes(model):
    # 150 -> 72 -> 35 by hand; then (n - 3) // 2 + 1 against n // 2, the larger of both.
    sizes = [model.get_layer(f"block{n}_add").output.shape[1:] for n in (1, 4, 8, 11, 14)]
    assert sizes == [(35, 35, 32), (17, 17, 64), (8, 8, 128), (4, 4, 256), (2, 2, 256)]
    assert model.input_shape == (None, 150, 150, 3)
    assert model.output_shape == (None, 128)


def test_parameters_are_those_of_the_file(model):
    # Weights and biases of every convolution and the final matrix; affine layers are folded.
    assert model.count_params() == (
        sum(o * i * k * k + o for i, o, k in convolution_shapes()) + 256 * 128
    )


def test_weights_go_in_forward_order(model):
    convolutions = tuple(
        Convolution(np.full((k, k, i, o), n, np.float32), np.full(o, -n, np.float32))
        for n, (i, o, k) in enumerate(convolution_shapes())
    )
    load_weights(model, Weights(convolutions, np.full((256, 128), 99, np.float32)))
    assert model.get_layer("stem").get_weights()[0].max() == 0
    assert model.get_layer("block1_1").get_weights()[0].max() == 1
    assert model.get_layer("block14_2").get_weights()[1].max() == -28
    assert model.get_layer("projection").get_weights()[0].min() == 99


def test_a_failure_is_one_line_and_status_1(tmp_path, capsys):
    places = DlibPlaces(tmp_path)
    places.cache.mkdir(parents=True)
    places.weights.write_bytes(b"other weights")
    shutil.copytree(PLACES.encoder, places.encoder)
    assert main(tmp_path) == 1
    assert capsys.readouterr().out.count("\n") == 1
