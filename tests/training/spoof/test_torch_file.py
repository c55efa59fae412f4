import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.errors import ModelError
from accessctl.training.spoof.torch_file import read_state

WEIGHTS = np.arange(18, dtype="<f4").reshape(2, 1, 3, 3)
MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "teacher.pth"


@pytest.fixture(scope="module")
def small(legacy) -> bytes:
    return legacy({"module.conv.weight": WEIGHTS[:, :, :1, :1].copy(), "b": np.ones(3, "<f2")})


@pytest.fixture
def refused(path):
    def because(content: bytes, complaint: str) -> None:
        path.write_bytes(content)
        with pytest.raises(ModelError, match=complaint) as caught:
            read_state(path)
        assert len(str(caught.value)) < 300
        assert "\n" not in str(caught.value)

    return because


def test_the_arrays_come_back_under_their_names(legacy, path):
    state = {
        "module.conv.weight": WEIGHTS,
        "bn.running_mean": np.array([0.5, -2], "<f2"),
        "bn.num_batches_tracked": np.array(2**40, "<i8"),
    }
    path.write_bytes(legacy(state))
    read = read_state(path)
    assert list(read) == ["conv.weight", "bn.running_mean", "bn.num_batches_tracked"]
    for ours, theirs in zip(read.values(), state.values(), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_tensors_may_share_a_storage(legacy, views, path):
    path.write_bytes(legacy(views([(0, (2, 3), (3, 1)), (4, (2,), (1,)), (5, (1, 1), (7, 9))])))
    first, second, third = read_state(path).values()
    np.testing.assert_array_equal(first, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(second, [4, 5])
    np.testing.assert_array_equal(third, [[5]])


@pytest.mark.parametrize(
    "view",
    [
        (0, (3, 2), (1, 3)),  # transposed
        (0, (7,), (1,)),  # more than there is
        (5, (2,), (1,)),
        (-2, (2,), (1,)),
        (0, (-1,), (1,)),
        (0, (2,), (1, 1)),
        (0, (1,) * 9, (1,) * 9),
        (0, (0, 2**70), (1, 1)),
        (0, (2**40, 2**40), (2**40, 1)),
        (0, ((1, 2, 3), 10**12), (1, 1)),
        (0, ("a", 2**40), (1, 1)),
        (0, (True,), (1,)),
        (0, 3, 1),
        ("0", (1,), (1,)),
    ],
    ids=str,
)
def test_what_no_tensor_can_be_is_refused(legacy, views, refused, view):
    refused(legacy(views([view])), "a tensor of it|cannot reshape|must be an iterable")


@pytest.mark.parametrize("count", [-1, -2, 2**62, 2**63 - 1, 7])
def test_a_storage_that_lies_about_its_size_is_refused(legacy, views, refused, count):
    refused(legacy(views([(0, (6,), (1,))], count)), "a storage of it|buffer is smaller")


class Command:
    """Unpickled, it runs a command; what pickles are feared for."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self._mark}",)


@pytest.mark.parametrize("place", ["the magic number", "the dictionary", "a tensor"])
def test_nothing_that_a_file_asks_for_is_run(legacy, refused, tmp_path, place):
    evil, mark = Command(tmp_path / "run"), tmp_path / "run"
    content = {
        "the magic number": lambda: legacy({}, magic=evil),
        "the dictionary": lambda: legacy({}, value=evil),
        "a tensor": lambda: legacy({}, value={"weight": evil}),
    }[place]()
    assert b"system" in content
    refused(content, "it calls system")
    assert not mark.exists()
    # It was no dud.
    pickle.loads(pickle.dumps(evil))  # noqa: S301
    assert mark.exists()


def test_a_name_alone_is_never_looked_up(refused):
    refused(MAGIC + b"\x80\x02cos\nsystem\n." * 3, "no attribute 'values'")


@pytest.mark.parametrize(
    ("value", "opcode"),
    [(1.5, "BINFLOAT"), (b"x", "SHORT_BINBYTES"), ({1}, "EMPTY_SET"), (1 << 3000, "LONG4")],
    ids=["float", "bytes", "set", "long"],
)
def test_what_no_state_dictionary_needs_is_refused(refused, value, opcode):
    refused(pickle.dumps(value, 4), f"it asks for {opcode}")


def test_a_class_by_another_way_is_refused(refused):
    refused(pickle.dumps(Path, 4), "it asks for SHORT_BINUNICODE")


def test_every_file_that_ends_early_is_refused(small, path):
    for length in range(len(small)):
        path.write_bytes(small[:length])
        with pytest.raises(ModelError):
            read_state(path)
    path.write_bytes(small)
    assert set(read_state(path)) == {"conv.weight", "b"}


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 a newer file is a zip", b"no pickle", b"\x80\x02.", pickle.dumps(17, 2)],
)
def test_what_is_no_such_file_is_refused(refused, content):
    refused(content, r"no state dictionary in the format of PyTorch before 1\.6")


def test_another_magic_number_is_refused(legacy, refused):
    refused(legacy({}, magic=1234567), "another magic number")


def test_a_key_that_ends_the_process_when_hashed_is_refused(refused):
    nested = b")" + b"\x85" * 150_000
    refused(b"\x80\x02}" + nested + b"K\x01s.", "a key of it is no text")


def test_more_instructions_than_memory_are_refused(refused):
    refused(b"\x80\x02" + b"]" * 1_000_000 + b".", "longer than any that is needed")


def test_a_long_name_is_not_repeated_in_full(refused):
    refused(b"\x80\x02cos\n" + b"x" * 100_000 + b"\n)R.", "it calls xxx")


def test_a_file_that_is_not_there_or_much_too_large_is_refused(path):
    with pytest.raises(ModelError, match="cannot be read"):
        read_state(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_state(path.parent)
    path.write_bytes(b"x" * 101)
    with pytest.raises(ModelError, match="larger"):
        read_state(path, largest=100)


@given(position=st.integers(0, 10_000), values=st.binary(min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    small, tmp_path_factory, position, values
):
    content = bytearray(small)
    at = position % len(content)
    content[at : at + len(values)] = values
    path = tmp_path_factory.getbasetemp() / "damaged.pth"
    path.write_bytes(content)
    try:
        read = read_state(path)
    except ModelError:
        return
    assert all(isinstance(array, np.ndarray) for array in read.values())
