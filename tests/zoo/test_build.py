import hashlib
import os
import subprocess
import sys

import pytest

from accessctl.encoder.card import read_checked, read_sums
from accessctl.errors import FetchError, ModelError
from accessctl.zoo.build import build_missing, is_intact, run_module, status_of, write_built


@pytest.mark.parametrize(
    ("stdout", "stderr", "reason"),
    [
        ("The network differs.\n", "I0000 chatter\n", "could not be built: The network differs."),
        ("", "Traceback ...\nMemoryError\n", "could not be built: MemoryError"),
        ("", "", "could not be built: no message"),
    ],
)
def test_a_build_that_fails_says_why_in_one_sentence(monkeypatch, stdout, stderr, reason):
    def fail(argv, **options):
        assert argv == [sys.executable, "-m", "some.module", "models"]
        assert options["env"]["KERAS_BACKEND"] == "tensorflow"
        assert options["env"]["PATH"] == os.environ["PATH"]
        return subprocess.CompletedProcess(argv, 1, stdout, stderr)

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(ModelError, match=reason) as caught:
        run_module("some.module", "models")
    assert "\n" not in str(caught.value)


def test_a_build_that_never_ends_is_said(monkeypatch):
    def hang(argv, **options):
        raise subprocess.TimeoutExpired("build", options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ModelError, match="timed out after 900"):
        run_module("some.module")


def test_a_build_prints_its_one_sentence_and_fails(capsys):
    def fail():
        raise ModelError("The weights are others.")

    assert status_of(fail) == 1
    assert capsys.readouterr().out == "The weights are others.\n"
    assert status_of(lambda: None) == 0
    assert capsys.readouterr().out == ""


def test_a_module_that_succeeds_says_nothing():
    run_module("timeit", "-n", "1", "pass")


@pytest.fixture
def source(tmp_path):
    source = tmp_path / "weights"
    source.write_bytes(b"weights")
    return source


def test_built_files_and_their_sources_are_listed_with_their_digests(tmp_path, source):
    made = tmp_path / "deep" / "made"
    sums = tmp_path / "SHA256SUMS"
    write_built({made: b"made"}, [source], sums)
    assert made.read_bytes() == b"made"
    assert read_sums(sums) == {
        "made": hashlib.sha256(b"made").hexdigest(),
        "weights": hashlib.sha256(b"weights").hexdigest(),
    }


def test_a_write_that_fails_leaves_no_sums(tmp_path, source):
    sums = tmp_path / "SHA256SUMS"
    sums.write_text("old")
    with pytest.raises(FetchError):
        write_built({tmp_path / "weights" / "below a file": b""}, [source], sums)
    assert not sums.exists()


def test_only_what_is_missing_or_altered_is_built(tmp_path, source):
    made, sums = tmp_path / "made", tmp_path / "SHA256SUMS"
    said = []

    def provided():
        reports = build_missing(
            [source],
            [made],
            sums,
            announce=said.append,
            build=lambda: write_built({made: b"made"}, [source], sums),
        )
        return [(report.path, report.state) for report in reports]

    assert provided() == [(made, "built")]
    assert provided() == [(made, "present")]
    assert len(said) == 1
    source.write_bytes(b"other weights")
    assert not is_intact(source, sums)
    assert provided() == [(made, "built")]
    assert read_checked(source, sums) == b"other weights"
