import sys

import pytest

from accessctl.zoo.downloader import NPM, PIP, complaint, npm_argv, pip_argv
from accessctl.zoo.manifest import Archive, Member


@pytest.fixture
def archive():
    def make(kind, **more):
        member = Member(path="p/one", destination="one", sha256="0" * 64, bytes=1)
        fields = {"package": "parts", "version": "1.2", "sha256": "ab" * 32, "bytes": 1} | more
        return Archive(kind=kind, licence="none", members=(member,), **fields)

    return make


def test_pip_is_held_to_the_digest_before_it_runs_anything(archive, tmp_path):
    argv = pip_argv(archive("wheel"), tmp_path, tmp_path / "here")
    assert argv[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--require-hashes", "--no-deps"} <= set(argv)
    assert argv[argv.index("--dest") + 1] == str(tmp_path / "here")
    requirements = tmp_path / "requirements.txt"
    assert argv[argv.index("--requirement") + 1] == str(requirements)
    assert requirements.read_text() == f"parts==1.2 --hash=sha256:{'ab' * 32}\n"


def test_pip_is_told_which_release_file(archive, tmp_path):
    wheel = archive("wheel", python="3.11", platform="manylinux_2_28_x86_64")
    argv = pip_argv(wheel, tmp_path, tmp_path)
    assert argv[argv.index("--only-binary") + 1] == ":all:"
    assert argv[argv.index("--python-version") + 1] == "3.11"
    assert argv[argv.index("--platform") + 1] == "manylinux_2_28_x86_64"
    argv = pip_argv(archive("sdist"), tmp_path, tmp_path)
    assert argv[argv.index("--no-binary") + 1] == ":all:"
    assert "--platform" not in argv


def test_npm_packs_one_release_and_runs_none_of_it(archive, tmp_path):
    argv = npm_argv(archive("npm", package="@some/parts"), tmp_path, tmp_path / "here")
    assert argv[:2] == ["npm", "pack"]
    assert "--ignore-scripts" in argv
    assert argv[argv.index("--pack-destination") + 1] == str(tmp_path / "here")
    assert argv[-1] == "@some/parts@1.2"


@pytest.mark.parametrize(
    ("downloader", "stderr", "line"),
    [
        (PIP, "WARNING: slow\nERROR: first\nERROR: the sum\n[notice] update\n", "the sum."),
        (PIP, "python3: No module named pip\n", "python3: No module named pip."),
        (NPM, "npm warn x\nnpm error code E1\nnpm error why\n", "code E1 why."),
        (NPM, "npm ERR! code E1\nnpm ERR! a\nnpm ERR! b\nnpm ERR! log\n", "code E1 a b."),
        (NPM, "", "it ended without a message."),
        (PIP, "ERROR: \x1b[31mred\x00" + "x" * 400, "[31mred" + "x" * 293 + "."),
    ],
)
def test_the_failure_in_one_line(downloader, stderr, line):
    assert complaint(downloader, stderr) == line
