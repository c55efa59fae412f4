"""Reads the tensors of a PyTorch state dictionary without running what a pickle may ask for.

The old file format of `torch.save` (before 1.6): four pickles (a magic number, a protocol, the
machine, the dictionary), a pickled list of storage keys, then the storages themselves. The few
instructions that such a file needs are followed here; any other one refuses the file.
"""

import pickletools
import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessctl.errors import ModelError
from accessctl.storage.parsing import shortened

MAGIC = 0x1950A86A20F9469CFC6C
LARGEST_BYTES = 64_000_000
MOST_INSTRUCTIONS = 200_000
"""A small network needs some thousands; each one may cost a hundred bytes of memory."""

MOST_AXES = 8
FRESH: Mapping[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
DTYPES: Mapping[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
}


@dataclass(frozen=True, slots=True)
class _Name:
    """A class or function that the file names; it is never looked up."""

    name: str


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view of a storage; `strides` count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_state(path: Path, largest: int = LARGEST_BYTES) -> dict[str, NDArray[np.generic]]:
    """Names and arrays of a state dictionary; a leading `module.` is dropped.

    Raises ModelError for anything that is not such a file, or has more than `largest` bytes.
    """
    try:
        if path.stat().st_size > largest:
            raise ModelError(f"{path} is larger than {largest // 10**6} MB; it is no teacher.")
        stream = BytesIO(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}).") from error
    try:
        with warnings.catch_warnings():
            # Of text in instructions that are refused as soon as it is read.
            warnings.simplefilter("ignore")
            return _state(stream)
    except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise ModelError(
            f"{path} is no state dictionary in the format of PyTorch before 1.6 "
            f"({shortened(str(error), 100)})."
        ) from error


def _state(stream: BytesIO) -> dict[str, NDArray[np.generic]]:
    if _loaded(stream) != MAGIC:
        raise ValueError("it begins with another magic number")
    _loaded(stream), _loaded(stream)
    tensors: dict[str, _Tensor] = _loaded(stream)
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    storages: dict[str, NDArray[np.generic]] = {}
    for key in _loaded(stream):
        (count,) = struct.unpack("<q", stream.read(8))
        dtype = dtypes[_text(key)]
        if not 0 <= count * dtype.itemsize <= LARGEST_BYTES:
            raise ValueError("a storage of it has no size that can be")
        storages[key] = np.frombuffer(stream.read(count * dtype.itemsize), dtype, count)
    return {
        name.removeprefix("module."): _array(storages[tensor.storage.key], tensor)
        for name, tensor in tensors.items()
    }


def _array(storage: NDArray[np.generic], tensor: _Tensor) -> NDArray[np.generic]:
    dense = tuple(prod(tensor.shape[axis + 1 :]) for axis in range(len(tensor.shape)))
    count = prod(tensor.shape)
    if count > 1 and tensor.strides != dense:
        raise ValueError("a tensor of it is not dense")
    return storage[tensor.offset : tensor.offset + count].reshape(tensor.shape)


def _loaded(stream: BytesIO) -> Any:
    """What the next pickle of the stream describes."""
    machine = _Machine()
    for opcode, argument, _ in islice(pickletools.genops(stream), MOST_INSTRUCTIONS):
        if opcode.name == "STOP":
            return machine.stack.pop()
        machine.follow(opcode.name, argument)
    raise ValueError("it is longer than any that is needed")


def _text(value: Any) -> str:
    """Keys are text; anything else might nest so deeply that hashing it ends the process."""
    if not isinstance(value, str):
        raise TypeError("a key of it is no text")
    return value


def _rebuilt(arguments: Sequence[Any]) -> _Tensor:
    """From the arguments of PyTorch's `_rebuild_tensor_v2`; the first four are looked at."""
    storage, offset, shape, strides = arguments[:4]
    numbers = [offset, *shape, *strides]
    if not isinstance(storage, _Storage) or len(shape) != len(strides) or len(shape) > MOST_AXES:
        raise ValueError("a tensor of it has no shape")
    if not all(type(one) is int and 0 <= one <= LARGEST_BYTES for one in numbers):
        raise ValueError("a tensor of it has no shape")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Machine:
    """The stack on which a pickle builds its value."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._do: dict[str, Callable[[], None]] = {
            "MARK": self._mark,
            "TUPLE": lambda: self._gathered(tuple),
            "TUPLE1": lambda: self._tuple(1),
            "TUPLE2": lambda: self._tuple(2),
            "TUPLE3": lambda: self._tuple(3),
            "SETITEM": self._set_item,
            "SETITEMS": self._set_items,
            "APPEND": self._append,
            "APPENDS": self._append_all,
            "REDUCE": self._reduce,
            "BINPERSID": self._storage,
            "BUILD": self._build,
        }

    def follow(self, name: str, argument: Any) -> None:
        if name in {"PROTO", "FRAME"}:
            return
        if name in FRESH:
            self.stack.append(FRESH[name]())
        elif name in {"BINPUT", "LONG_BINPUT"}:
            self._memo[argument] = self.stack[-1]
        elif name in {"BINGET", "LONG_BINGET"}:
            self.stack.append(self._memo[argument])
        elif name == "GLOBAL":
            self.stack.append(_Name(argument.rsplit(" ", 1)[-1]))
        elif name in {"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1"}:
            self.stack.append(argument)
        elif name in self._do:
            self._do[name]()
        else:
            raise ValueError(f"it asks for {name}")

    def _mark(self) -> None:
        self._marks.append(self.stack)
        self.stack = []

    def _since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self._marks.pop()
        return items

    def _gathered(self, kind: Callable[[list[Any]], Any]) -> None:
        items = self._since_mark()
        self.stack.append(kind(items))

    def _tuple(self, count: int) -> None:
        items = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.stack.append(items)

    def _set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1][_text(key)] = value

    def _set_items(self) -> None:
        items = self._since_mark()
        self.stack[-1].update(zip(map(_text, items[::2]), items[1::2], strict=True))

    def _append(self) -> None:
        item = self.stack.pop()
        self.stack[-1].append(item)

    def _append_all(self) -> None:
        items = self._since_mark()
        self.stack[-1].extend(items)

    def _build(self) -> None:
        """Attributes of the dictionary itself, such as the versions of its modules."""
        self.stack.pop()

    def _reduce(self) -> None:
        arguments, called = self.stack.pop(), self.stack.pop()
        if called.name == "OrderedDict":
            self.stack.append({})
        elif called.name == "_rebuild_tensor_v2":
            self.stack.append(_rebuilt(arguments))
        else:
            raise ValueError(f"it calls {called.name}")

    def _storage(self) -> None:
        kind, key = self.stack.pop()[1:3]
        self.stack.append(_Storage(_text(key), DTYPES[kind.name]))
