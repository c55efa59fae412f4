import hashlib
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from accessctl.zoo.manifest import Archive, Member


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def wheel_of(files):
    """The bytes of a wheel that holds {path: bytes}."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path, data in files.items():
            bundle.writestr(path, data)
    return stream.getvalue()


def sdist_of(files):
    """The bytes of an sdist that holds {path: bytes or a ready TarInfo}."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as bundle:
        for path, data in files.items():
            if isinstance(data, tarfile.TarInfo):
                bundle.addfile(data)
            else:
                info = tarfile.TarInfo(path)
                info.size = len(data)
                bundle.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def member_of(path, data, destination=None):
    return Member(
        path=path,
        destination=destination or path.rsplit("/", 1)[-1],
        sha256=sha256(data),
        bytes=len(data),
    )


def archive_of(content, *members, kind="wheel", package="parts", **more):
    return Archive(
        package=package,
        version="1.2",
        kind=kind,
        sha256=sha256(content),
        bytes=len(content),
        licence="CC0-1.0",
        members=members,
        **more,
    )


class FakePip:
    """Puts {file name: bytes} where pip would put its downloads, and notes how it was called."""

    def __init__(self, files, returncode=0, stderr=""):
        self.files, self.returncode, self.stderr = files, returncode, stderr
        self.calls = []
        self.requirements = []

    def __call__(self, argv):
        self.calls.append(list(argv))
        folder = argv[argv.index("--dest") + 1]
        with open(argv[argv.index("--requirement") + 1]) as stream:
            self.requirements.append(stream.read())
        for name, data in self.files.items():
            with open(f"{folder}/{name}", "wb") as stream:
                stream.write(data)
        return subprocess.CompletedProcess(argv, self.returncode, "", self.stderr)


@pytest.fixture(scope="session")
def models():
    return Path(__file__).resolve().parents[2] / "models"


@pytest.fixture
def pack():
    """What the tests make packages, and a pip that brings them, with."""

    class Pack:
        wheel = staticmethod(wheel_of)
        sdist = staticmethod(sdist_of)
        member = staticmethod(member_of)
        archive = staticmethod(archive_of)
        pip = FakePip

    return Pack


@pytest.fixture(scope="session")
def mobilefacenet_tensors():
    """The constants of a MobileFaceNet a few channels wide, named as in its LiteRT file."""
    random = np.random.default_rng(0)
    inner = "MobileFaceNet/MobileFaceNet"
    tensors = {}

    def values(*shape):
        return (random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)

    def conv(weights, layer, inputs, outputs, size=1):
        tensors[f"{weights}/weights/read"] = values(outputs, size, size, inputs)
        tensors[f"{layer}/Conv2D_bias"] = values(outputs) / 4

    def deep(weights, layer, width, size=3):
        tensors[f"{weights}/depthwise_weights/read"] = values(1, size, size, width)
        tensors[f"{layer}/depthwise_bias"] = values(width) / 4

    def slope(layer, width):
        tensors[f"{layer}/mul"] = random.uniform(0, 0.2, width).astype(np.float32)

    conv("MobileFaceNet/Conv2d_0", f"{inner}/Conv2d_0", 3, 4, 3)
    slope(f"{inner}/Conv2d_0", 4)
    deep("MobileFaceNet/SeparableConv2d", f"{inner}/SeparableConv2d", 4)
    slope(f"{inner}/SeparableConv2d", 4)
    conv("MobileFaceNet/Conv", f"{inner}/Conv", 4, 3)
    blocks = [(2, n, 3) for n in range(5)] + [(3, 0, 5)] + [(4, n, 5) for n in range(6)]
    blocks += [(5, 0, 4), (6, 0, 4), (6, 1, 4)]
    width = 3
    for number, (group, repeat, outputs) in enumerate(blocks, start=1):
        block = f"{inner}/Conv2d_{group}_InvResBlock_{repeat}"
        conv(f"MobileFaceNet/Conv_{2 * number - 1}", f"{block}/Conv", width, 6)
        slope(f"{block}/Conv", 6)
        deep(f"MobileFaceNet/SeparableConv2d_{number}", f"{block}/SeparableConv2d", 6)
        slope(f"{block}/SeparableConv2d", 6)
        conv(f"MobileFaceNet/Conv_{2 * number}", f"{block}/Conv_1", 6, outputs)
        width = outputs
    conv("MobileFaceNet/Conv2d_7", f"{inner}/Conv2d_7", width, 8)
    slope(f"{inner}/Conv2d_7", 8)
    logits = "MobileFaceNet/Logits"
    deep(f"{logits}/SeparableConv2d", f"{logits}/SeparableConv2d", 8, 7)
    conv(f"{logits}/Conv", f"{logits}/Conv", 8, 7)
    conv(f"{logits}/LinearConv1x1", f"{logits}/LinearConv1x1", 7, 192)
    return tensors
