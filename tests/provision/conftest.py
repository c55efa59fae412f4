import hashlib
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from accessctl.provision.manifest import Archive, Member


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
