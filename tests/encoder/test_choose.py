import datetime
import hashlib
import logging
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from accessctl.config import EncoderConfig
from accessctl.encoder import choose
from accessctl.encoder.base import FakeEncoder, FlipAveraged
from accessctl.encoder.card import write_card
from accessctl.encoder.card_parts import EncoderPart, Files, LiteRtFiles
from accessctl.encoder.choose import LiteRtEncoder, gpu_is_there, load_encoder, load_on_gpu
from accessctl.encoder.joint import joined
from accessctl.errors import DeviceError, ModelError

INT8 = Files(litert=LiteRtFiles(int8="tiny_int8.tflite"))
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


class OnGpu(FakeEncoder):
    @property
    def device(self):
        return "gpu"


@pytest.fixture
def machine(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    return root


@pytest.fixture
def gpu_machine(machine):
    (machine / "dev").mkdir()
    (machine / "dev/nvidia0").touch()
    return machine


@pytest.fixture
def config(own_card):
    card = own_card(INT8)

    def make(**changes):
        return EncoderConfig(folder=card.folder, flip_average=False, **changes)

    return make


def unreachable(card):
    raise AssertionError("the GPU must not be tried")


def test_a_gpu_shows_by_its_traces(machine):
    assert not gpu_is_there(machine)
    (machine / "proc/driver/nvidia/gpus").mkdir(parents=True)
    assert gpu_is_there(machine)


def test_cpu_is_taken_even_beside_a_gpu(config, gpu_machine):
    encoder = load_encoder(config(device="cpu"), root=gpu_machine, on_gpu=unreachable)
    assert isinstance(encoder, LiteRtEncoder)


def test_auto_without_gpu_takes_the_cpu_and_says_so(config, machine, caplog):
    caplog.set_level(logging.DEBUG)
    encoder = load_encoder(config(), root=machine, on_gpu=unreachable)
    assert encoder.device == "cpu"
    assert "runs on the CPU" in caplog.text


def test_auto_takes_a_gpu_that_works(config, gpu_machine):
    encoder = load_encoder(config(), root=gpu_machine, on_gpu=OnGpu)
    assert encoder.device == "gpu"


@pytest.mark.parametrize("error", [DeviceError("no CUDA here."), ModelError("no Keras file.")])
def test_auto_falls_back_and_says_why(config, gpu_machine, caplog, error):
    def broken(card):
        raise error

    encoder = load_encoder(config(), root=gpu_machine, on_gpu=broken)
    assert encoder.device == "cpu"
    [record] = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert str(error) in record.getMessage()


def test_an_asked_for_gpu_that_is_absent_is_an_error(config, machine):
    with pytest.raises(DeviceError, match=r"no NVIDIA GPU.*encoder\.device"):
        load_encoder(config(device="gpu"), root=machine, on_gpu=unreachable)


def test_an_asked_for_gpu_that_does_not_work_is_an_error(config, gpu_machine):
    def broken(card):
        raise DeviceError("no CUDA here.")

    with pytest.raises(DeviceError, match="no CUDA here"):
        load_encoder(config(device="gpu"), root=gpu_machine, on_gpu=broken)


def test_tensorflow_without_gpu_names_the_cure(own_card, monkeypatch):
    from accessctl.encoder import tensorflow

    monkeypatch.setattr(tensorflow, "visible_gpus", lambda: 0)
    with pytest.raises(DeviceError, match="and-cuda"):
        load_on_gpu(own_card(INT8))


def test_the_mirror_image_is_averaged_in_when_configured(config, machine):
    averaged = config().model_copy(update={"flip_average": True})
    assert isinstance(load_encoder(averaged, root=machine), FlipAveraged)


def test_a_folder_without_card_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"card\.yaml"):
        load_encoder(EncoderConfig(folder=tmp_path / "nowhere"))


def test_the_default_gpu_loader_is_used(config, gpu_machine, monkeypatch):
    monkeypatch.setattr(choose, "load_on_gpu", OnGpu)
    assert load_encoder(config(device="gpu"), root=gpu_machine).device == "gpu"


def test_the_parts_of_a_joint_encoder_are_loaded_and_joined(config, own_card, tmp_path, machine):
    for name in ("models/one", "models/other"):
        shutil.copytree(tmp_path, tmp_path / name, ignore=shutil.ignore_patterns("models", "root"))
    (tmp_path / "models/pair").mkdir()
    parts = (EncoderPart(folder="../one", weight=2), EncoderPart(folder="../other", weight=1))
    day = datetime.date(2024, 2, 29)
    write_card(joined(tmp_path / "models/pair", parts, name="pair", version="1", date=day))
    joint = config().model_copy(update={"folder": tmp_path / "models/pair"})
    encoder = load_encoder(joint, root=machine)
    assert encoder.device == "cpu"
    size = encoder.card.input.size
    crops = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    first, second = np.split(encoder.embed(crops), 2, axis=1)
    # Twice the same encoder, weighted 2 to 1.
    np.testing.assert_allclose(first, 2 * second, atol=1e-6)
    averaged = load_encoder(joint.model_copy(update={"flip_average": True}), root=machine)
    assert isinstance(averaged, FlipAveraged)
    change = (tmp_path / "models/other/card.yaml").read_text().replace("ab" * 32, "cd" * 32)
    (tmp_path / "models/other/card.yaml").write_text(change)
    with pytest.raises(ModelError, match="models join"):
        load_encoder(joint, root=machine)


@pytest.mark.parametrize(("asked", "cores", "used"), [(2, 4, 2), (2, 2, 2), (2, 1, 1), (8, 4, 4)])
def test_the_encoder_has_no_more_threads_than_cores(
    config, machine, monkeypatch, asked, cores, used
):
    given = []
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(cores)))
    monkeypatch.setattr(
        "accessctl.encoder.choose.LiteRtEncoder",
        lambda card, precision, threads: given.append(threads),
    )
    load_encoder(config(device="cpu", threads=asked), root=machine)
    assert given == [used]


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
