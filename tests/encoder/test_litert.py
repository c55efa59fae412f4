import hashlib
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from accessctl.encoder.card_parts import Files, LiteRtFiles
from accessctl.encoder.litert import LiteRtEncoder
from accessctl.errors import ModelError

BOTH = Files(litert=LiteRtFiles(int8="tiny_int8.tflite", float16="tiny_float16.tflite"))

NO_TENSORFLOW = """
import sys, numpy as np
from pathlib import Path
from accessctl.config import EncoderConfig
from accessctl.encoder.choose import load_encoder
encoder = load_encoder(EncoderConfig(folder=Path(sys.argv[1])), root=Path(sys.argv[1]))
embeddings = encoder.embed(np.zeros((1, 150, 150, 3), np.uint8))
assert embeddings.shape == (1, 128)
print(sorted({name.split(".")[0] for name in sys.modules} & {"tensorflow", "keras", "mediapipe"}))
"""


@pytest.mark.parametrize(("precision", "least"), [("int8", 0.999), ("float16", 0.99999)])
def test_known_faces_get_dlibs_descriptors(dlib_card, golden, precision, least):
    embeddings = LiteRtEncoder(dlib_card, precision).embed(golden.chips)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
    expected = golden.descriptors / np.linalg.norm(golden.descriptors, axis=1, keepdims=True)
    assert (embeddings * expected).sum(axis=1).min() >= least


def test_crops_keep_their_order_in_a_batch(dlib_card, golden):
    encoder = LiteRtEncoder(dlib_card, "int8")
    both = encoder.embed(golden.chips)
    turned = encoder.embed(golden.chips[::-1])
    np.testing.assert_array_equal(both, turned[::-1])
    assert not np.allclose(both[0], both[1], atol=0.01)


def test_threads_do_not_mix_two_people(dlib_card, golden):
    encoder = LiteRtEncoder(dlib_card, "int8")
    alone = encoder.embed(golden.chips)
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            (n % 2, pool.submit(encoder.embed, golden.chips[n % 2 : n % 2 + 1])) for n in range(8)
        ]
        for person, job in jobs:
            np.testing.assert_array_equal(job.result()[0], alone[person])


def test_a_users_own_encoder_needs_no_sums(own_card):
    encoder = LiteRtEncoder(own_card(BOTH), "float16", threads=2)
    assert encoder.device == "cpu"
    assert encoder.embed(np.zeros((3, 16, 16, 3), np.uint8)).shape == (3, 4)
    assert encoder.embed(np.zeros((0, 16, 16, 3), np.uint8)).shape == (0, 4)


def test_a_precision_that_the_card_does_not_name_gives_way_to_the_one_it_does(own_card, caplog):
    """Nothing that a start needs to tell of; who asks for details is told."""
    caplog.set_level(logging.DEBUG)
    card = own_card(Files(litert=LiteRtFiles(float16="tiny_float16.tflite")))
    crops = np.arange(2 * 16 * 16 * 3, dtype=np.uint8).reshape(2, 16, 16, 3)
    fallen_back = LiteRtEncoder(card, "int8").embed(crops)
    assert [(r.levelname, "no int8 file" in r.message) for r in caplog.records] == [("DEBUG", True)]
    np.testing.assert_array_equal(fallen_back, LiteRtEncoder(card, "float16").embed(crops))


def test_a_card_without_litert_files_is_refused(own_card):
    with pytest.raises(ModelError, match=r"no LiteRT file.*files\.litert"):
        LiteRtEncoder(own_card(Files(keras="tiny.keras")), "int8")


def test_a_network_unlike_its_card_is_refused(own_card):
    with pytest.raises(ModelError, match=r"input.*\(1, 16, 16, 3\).*\(1, 24, 24, 3\)"):
        LiteRtEncoder(own_card(BOTH, size=24), "int8")
    with pytest.raises(ModelError, match=r"output.*\(1, 4\).*\(1, 8\)"):
        LiteRtEncoder(own_card(BOTH, dimension=8), "int8")


def test_a_file_that_is_no_network_is_refused(own_card, tmp_path):
    card = own_card(BOTH)
    (tmp_path / "tiny_int8.tflite").write_bytes(b"not a network at all")
    with pytest.raises(ModelError, match="not a LiteRT model"):
        LiteRtEncoder(card, "int8")


def test_an_altered_file_is_refused(own_card, tmp_path):
    path = tmp_path / "tiny_int8.tflite"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  {path.name}\n")
    card = own_card(BOTH.model_copy(update={"sums": "SHA256SUMS"}))
    LiteRtEncoder(card, "int8")
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelError, match="altered"):
        LiteRtEncoder(card, "int8")


def test_a_missing_file_says_how_to_get_it(own_card, tmp_path):
    card = own_card(BOTH)
    (tmp_path / "tiny_int8.tflite").unlink()
    with pytest.raises(ModelError, match="accessctl models fetch"):
        LiteRtEncoder(card, "int8")


def test_the_cpu_path_imports_no_tensorflow(dlib_card):
    done = subprocess.run(
        [sys.executable, "-c", NO_TENSORFLOW, str(dlib_card.folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
