import pickle
import struct
import sys
from collections import OrderedDict
from collections.abc import Callable
from io import BytesIO
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from accessctl.domain import Box
from accessctl.training.spoof.samples import FacePicture, Samples

STORAGES = {"<f4": "FloatStorage", "<f2": "HalfStorage", "<i8": "LongStorage"}


class Storage:
    """Stands for one of PyTorch's; `count` is what the file says that it holds."""

    def __init__(self, values: np.ndarray, key: str, count: int | None = None) -> None:
        self.values = values.ravel()
        self.key = key
        self.count = len(self.values) if count is None else count


class Tensor:
    """Stands for one of PyTorch's; `strides` count elements."""

    def __init__(self, storage: Any, offset: Any, shape: Any, strides: Any) -> None:
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())


def tensor(values: np.ndarray, key: str) -> Tensor:
    """All of a storage of its own."""
    strides = tuple(step // values.itemsize for step in values.strides)
    return Tensor(Storage(values, key), 0, values.shape, strides)


@pytest.fixture(scope="session")
def legacy() -> Callable[..., bytes]:
    """A file as `torch.save` wrote it before 1.6, of tensors or arrays by their names.

    PyTorch itself need not be there: what is pickled is called as its own classes are.
    """
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    for name in STORAGES.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2

    class Pickler(pickle.Pickler):
        def persistent_id(self, one: Any) -> Any:
            if not isinstance(one, Storage):
                return None
            kind = getattr(torch, STORAGES[one.values.dtype.str])
            return ("storage", kind, one.key, "cpu", one.count, None)

        def reducer_override(self, one: Any) -> Any:
            return (
                (_rebuild_tensor_v2, one.arguments) if isinstance(one, Tensor) else NotImplemented
            )

    def dumped(value: Any) -> bytes:
        stream = BytesIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "torch", torch)
            patch.setitem(sys.modules, "torch._utils", utils)
            Pickler(stream, protocol=2).dump(value)
        return stream.getvalue()

    def make(
        state: dict[str, Any], magic: Any = 0x1950A86A20F9469CFC6C, value: Any = None
    ) -> bytes:
        """`value` is pickled in the place of the dictionary."""
        tensors = OrderedDict(
            (name, tensor(one, f"key{number}") if isinstance(one, np.ndarray) else one)
            for number, (name, one) in enumerate(state.items())
        )
        # PyTorch hangs the versions of the modules on the dictionary.
        tensors._metadata = OrderedDict(version=1)  # type: ignore[attr-defined]
        storages = {one.arguments[0].key: one.arguments[0] for one in tensors.values()}
        system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
        parts = [dumped(part) for part in (magic, 1001, system)]
        parts += [dumped(tensors if value is None else value), dumped(list(storages))]
        for one in storages.values():
            parts.append(struct.pack("<q", one.count) + one.values.tobytes())
        return b"".join(parts)

    return make


@pytest.fixture
def views() -> Callable[..., dict[str, Tensor]]:
    """Tensors of one storage of the numbers 0 to 5, by offset, shape and strides."""

    def make(places: list[tuple[Any, Any, Any]], count: int | None = None) -> dict[str, Tensor]:
        storage = Storage(np.arange(6, dtype="<f4"), "shared", count)
        return {f"view{n}": Tensor(storage, *place) for n, place in enumerate(places)}

    return make


@pytest.fixture(scope="session")
def tiny_state() -> dict[str, np.ndarray]:
    """Weights of a MiniFASNet of very few channels, one residual block without and one with
    squeeze and excitation; called and laid out as PyTorch does."""
    rng = np.random.default_rng(11)
    state: dict[str, np.ndarray] = {}

    def put(name: str, *shape: int) -> None:
        state[name] = (rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype("<f4")

    def norm(name: str, width: int) -> None:
        for part, low, high in (("weight", 0.5, 1.5), ("bias", -0.5, 0.5)):
            state[f"{name}.{part}"] = rng.uniform(low, high, width).astype("<f4")
        state[f"{name}.running_mean"] = rng.uniform(-0.5, 0.5, width).astype("<f4")
        state[f"{name}.running_var"] = rng.uniform(0.5, 2, width).astype("<f4")

    def block(name: str, out: int, given: int, size: int, prelu: bool = True) -> None:
        put(f"{name}.conv.weight", out, given, size, size)
        norm(f"{name}.bn", out)
        if prelu:
            state[f"{name}.prelu.weight"] = rng.uniform(0.1, 0.4, out).astype("<f4")

    def deep(name: str, given: int, inner: int, out: int) -> None:
        block(f"{name}.conv", inner, given, 1)
        block(f"{name}.conv_dw", inner, 1, 3)
        block(f"{name}.project", out, inner, 1, prelu=False)

    block("conv1", 4, 3, 3)
    block("conv2_dw", 4, 1, 3)
    deep("conv_23", 4, 6, 4)
    deep("conv_3.model.0", 4, 5, 4)
    deep("conv_34", 4, 6, 4)
    deep("conv_4.model.0", 4, 5, 4)
    put("conv_4.model.0.se_module.fc1.weight", 2, 4, 1, 1)
    norm("conv_4.model.0.se_module.bn1", 2)
    put("conv_4.model.0.se_module.fc2.weight", 4, 2, 1, 1)
    norm("conv_4.model.0.se_module.bn2", 4)
    deep("conv_45", 4, 6, 5)
    block("conv_6_sep", 7, 5, 1)
    block("conv_6_dw", 7, 1, 5, prelu=False)
    put("linear.weight", 128, 7)
    norm("bn", 128)
    put("prob.weight", 3, 128)
    return state


def face_picture(
    number: int = 0,
    kind: str = "lfw",
    *,
    group: str | None = None,
    film: bool = False,
    size: tuple[int, int] = (220, 200),
) -> FacePicture:
    """A drawn head, 60 pixels wide, before a wall, in a picture of (width, height)."""
    rng = np.random.default_rng(number)
    width, height = size
    image = np.empty((height, width, 3), np.uint8)
    image[:] = rng.integers(60, 200, 3)
    image[: height // 3] = rng.integers(60, 200, 3)
    box = Box(width / 2 - 30, height / 2 - 40, 60, 80)
    x, y = (int(value) for value in box.centre)
    skin = tuple(int(value) for value in rng.integers(120, 230, 3))
    cv2.ellipse(image, (x, y), (30, 40), 0, 0, 360, skin, -1)
    for side in (-12, 12):
        cv2.circle(image, (x + side, y - 11), 4, (20, 20, 20), -1)
    cv2.line(image, (x - 10, y + 20), (x + 10, y + 20), (120, 30, 30), 3)
    return FacePicture(image, box, group or f"person{number}", kind, film)


@pytest.fixture(scope="session")
def drawn() -> Callable[..., FacePicture]:
    return face_picture


class FakeTeacher:
    """Says how red, green and blue a cut is on average, and holds a ramp of its brightness."""

    def __init__(self, reach: float) -> None:
        self.reach = reach

    def __call__(self, cuts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert cuts.shape[1:] == (80, 80, 3)
        means = cuts.mean((1, 2)) / 255
        return means[:, ::-1], means.mean(1)[:, None] * np.linspace(0, 1, 128)


@pytest.fixture(scope="session")
def teachers() -> tuple[FakeTeacher, FakeTeacher]:
    return FakeTeacher(2.7), FakeTeacher(4.0)


@pytest.fixture(scope="session")
def made_samples() -> Callable[..., Samples]:
    """So many samples of noise, half of them attacks that carry a grid; the teachers know them.

    `shuffled`: of the living as many carry it as of the attacks.
    """

    def make(count: int, seed: int, *, shuffled: bool = False) -> Samples:
        rng = np.random.default_rng(seed)
        shades = rng.uniform(60, 190, (count, 1, 1, 1, 3))
        crops = shades + rng.normal(0, 12, (count, 3, 80, 80, 3))
        grid = np.arange(count) % 2 == 1
        crops[grid, :, ::4] -= 30
        crops[grid, :, :, ::4] -= 30
        living = np.arange(count) % 4 < 2 if shuffled else ~grid
        return Samples(
            crops=np.clip(crops, 0, 255).astype(np.uint8),
            living=living,
            kind=np.where(living, "living", "paper"),
            source=np.full(count, "lfw"),
            group=np.array([f"person{number // 2}" for number in range(count)]),
            film=np.zeros(count, np.bool_),
            says=np.where(living[:, None, None], (0, 4, 0), (4, 0, 0)).repeat(2, 1).astype("<f2"),
            holds=np.ones((count, 2, 128), np.float16),
        )

    return make
