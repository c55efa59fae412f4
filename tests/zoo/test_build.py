import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from accessctl.encoder.card import load_card, read_checked, read_sums
from accessctl.errors import FetchError, ModelError
from accessctl.zoo.build import (
    build_missing,
    check_against_golden,
    is_intact,
    read_golden,
    run_module,
    status_of,
    write_built,
)
from accessctl.zoo.dlib import keras_network, load_weights, parse
from accessctl.zoo.places import DlibPlaces

PLACES = DlibPlaces(Path(__file__).resolve().parents[2] / "models")


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


@pytest.fixture(scope="module")
def card():
    return load_card(PLACES.encoder)


@pytest.fixture(scope="module")
def model():
    model = keras_network()
    load_weights(model, parse(PLACES.weights.read_bytes()))
    return model


@pytest.fixture(scope="module")
def known():
    return read_golden(PLACES.golden, "descriptors")


def test_dlibs_weights_give_dlibs_descriptors(model, card, known):
    check_against_golden(model, card, *known, "dlib")


def test_a_slightly_wrong_network_is_refused(model, card, known):
    chips, descriptors = known
    descriptors = descriptors.copy()
    descriptors[1, 7] += 2e-4
    with pytest.raises(ModelError, match=r"differs from dlib by 0\.0002"):
        check_against_golden(model, card, chips, descriptors, "dlib")


def test_a_network_that_gives_no_numbers_is_refused(card, known):
    broken = keras_network()
    for layer in broken.layers:
        layer.set_weights([np.full_like(w, np.nan) for w in layer.get_weights()])
    with pytest.raises(ModelError, match="differs from dlib by nan"):
        check_against_golden(broken, card, *known, "dlib")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x80\x04."])
def test_known_descriptors_that_cannot_be_read_are_said(tmp_path, content):
    (tmp_path / "golden.npz").write_bytes(content)
    with pytest.raises(ModelError, match="known descriptors"):
        read_golden(tmp_path / "golden.npz", "descriptors")


def test_known_descriptors_of_another_kind_are_said():
    with pytest.raises(ModelError, match="known descriptors"):
        read_golden(PLACES.golden, "features")
