import subprocess
import sys

import pytest

from accessctl.errors import FetchError
from accessctl.provision.fetch import fetch, pip_argv, run_pip
from accessctl.provision.manifest import Manifest

ONE, TWO = b"first part", b"second part"


@pytest.fixture
def wheel(pack):
    return pack.wheel({"p/one": ONE, "p/two": TWO, "p/other": b"not wanted"})


@pytest.fixture
def manifest(pack, wheel):
    members = (pack.member("p/one", ONE, "deep/one"), pack.member("p/two", TWO, "two"))
    return Manifest(archives=(pack.archive(wheel, *members),))


def bring(manifest, cache, pip):
    lines = []
    reports = list(fetch(manifest, cache, announce=lines.append, run=pip))
    return {r.path.relative_to(cache).as_posix(): r.state for r in reports}, lines


def everything_in(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_exactly_the_named_files_are_installed(manifest, wheel, pack, tmp_path):
    pip = pack.pip({"parts-1.2.whl": wheel})
    states, lines = bring(manifest, tmp_path, pip)
    assert states == {"deep/one": "fetched", "two": "fetched"}
    assert (tmp_path / "deep/one").read_bytes() == ONE
    assert everything_in(tmp_path) == {"deep/one", "two"}
    assert lines == ["downloading parts 1.2 (0 MB)"]


def test_what_is_there_is_not_fetched_again(manifest, wheel, pack, tmp_path):
    bring(manifest, tmp_path, pack.pip({"parts-1.2.whl": wheel}))
    idle = pack.pip({})
    states, lines = bring(manifest, tmp_path, idle)
    assert states == {"deep/one": "present", "two": "present"}
    assert idle.calls == []
    assert lines == []


def test_an_altered_file_is_replaced_and_the_intact_one_kept(manifest, wheel, pack, tmp_path):
    pip = pack.pip({"parts-1.2.whl": wheel})
    bring(manifest, tmp_path, pip)
    (tmp_path / "two").write_bytes(b"second parT")
    states, _ = bring(manifest, tmp_path, pip)
    assert states == {"deep/one": "present", "two": "fetched"}
    assert (tmp_path / "two").read_bytes() == TWO


def test_an_altered_archive_leaves_nothing(manifest, wheel, pack, tmp_path):
    with pytest.raises(FetchError, match="not the release"):
        bring(manifest, tmp_path, pack.pip({"parts-1.2.whl": wheel + b"!"}))
    assert everything_in(tmp_path) == set()


def test_one_wrong_member_leaves_nothing_of_its_archive(pack, wheel, tmp_path):
    members = (pack.member("p/one", ONE), pack.member("p/two", b"expected otherwise"))
    manifest = Manifest(archives=(pack.archive(wheel, *members),))
    with pytest.raises(FetchError, match="SHA-256 differs"):
        bring(manifest, tmp_path, pack.pip({"parts-1.2.whl": wheel}))
    assert everything_in(tmp_path) == set()


@pytest.mark.parametrize("names", [[], ["a.whl", "b.whl"], ["parts-1.2.tar.gz"]])
def test_pip_must_bring_exactly_one_release(manifest, wheel, pack, tmp_path, names):
    with pytest.raises(FetchError, match="brought no wheel"):
        bring(manifest, tmp_path, pack.pip(dict.fromkeys(names, wheel)))


def test_pips_own_complaint_is_passed_on_in_one_line(manifest, pack, tmp_path):
    stderr = (
        "WARNING: retrying\nERROR: Could not find a version\nERROR: No matching \x1b[31m release\n"
        "[notice] update pip\n"
    )
    with pytest.raises(FetchError, match="No matching") as caught:
        bring(manifest, tmp_path, pack.pip({}, returncode=1, stderr=stderr))
    message = str(caught.value)
    assert message.isprintable()
    assert "accessctl models fetch" in message


def test_a_python_without_pip_is_said(manifest, pack, tmp_path):
    stderr = "/usr/bin/python3: No module named pip\n"
    with pytest.raises(FetchError, match="No module named pip"):
        bring(manifest, tmp_path, pack.pip({}, returncode=1, stderr=stderr))


def test_silence_is_said_too(manifest, pack, tmp_path):
    with pytest.raises(FetchError, match="without a message"):
        bring(manifest, tmp_path, pack.pip({}, returncode=1))


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        (subprocess.TimeoutExpired("pip", 3600), "longer than 60 minutes"),
        (FileNotFoundError(2, "No such file or directory"), "Cannot start pip"),
    ],
)
def test_pip_that_cannot_run_is_said(manifest, tmp_path, error, complaint):
    def broken(argv):
        raise error

    with pytest.raises(FetchError, match=complaint):
        bring(manifest, tmp_path, broken)


def test_a_full_disk_is_said(manifest, tmp_path, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryDirectory", full)
    with pytest.raises(FetchError, match=r"No space left.*TMPDIR"):
        bring(manifest, tmp_path, run_pip)


def test_pip_is_held_to_the_digest_before_it_runs_anything(manifest, wheel, pack, tmp_path):
    pip = pack.pip({"parts-1.2.whl": wheel})
    bring(manifest, tmp_path, pip)
    [argv] = pip.calls
    assert argv[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--require-hashes", "--no-deps"} <= set(argv)
    assert pip.requirements == [f"parts==1.2 --hash=sha256:{manifest.archives[0].sha256}\n"]


def test_pip_is_told_which_release_file(pack, wheel, tmp_path):
    member = pack.member("p/one", ONE)
    wheel_of = pack.archive(wheel, member, python="3.11", platform="manylinux_2_28_x86_64")
    argv = pip_argv(wheel_of, tmp_path / "r", tmp_path)
    assert argv[argv.index("--only-binary") + 1] == ":all:"
    assert argv[argv.index("--python-version") + 1] == "3.11"
    assert argv[argv.index("--platform") + 1] == "manylinux_2_28_x86_64"
    argv = pip_argv(pack.archive(wheel, member, kind="sdist"), tmp_path / "r", tmp_path)
    assert argv[argv.index("--no-binary") + 1] == ":all:"
    assert "--platform" not in argv


def test_an_sdist_is_taken_apart_too(pack, tmp_path):
    sdist = pack.sdist({"parts-1.2/one": ONE, "parts-1.2/setup.py": b"raise SystemExit"})
    archive = pack.archive(sdist, pack.member("parts-1.2/one", ONE), kind="sdist")
    pip = pack.pip({"parts-1.2.tar.gz": sdist})
    states, _ = bring(Manifest(archives=(archive,)), tmp_path, pip)
    assert states == {"one": "fetched"}


def test_run_pip_hands_back_what_was_said():
    done = run_pip([sys.executable, "-c", "import sys; sys.exit('ERROR: no')"])
    assert (done.returncode, done.stderr) == (1, "ERROR: no\n")
