import datetime
import logging
import shutil

import numpy as np
import pytest

from accessctl.config import EncoderConfig
from accessctl.encoder import choose
from accessctl.encoder.base import FlipAveraged
from accessctl.encoder.card import write_card
from accessctl.encoder.card_parts import EncoderPart, Files, LiteRtFiles
from accessctl.encoder.choose import gpu_is_there, load_encoder, load_on_gpu
from accessctl.encoder.fake import FakeEncoder
from accessctl.encoder.joint import joined
from accessctl.encoder.litert import LiteRtEncoder
from accessctl.errors import DeviceError, ModelError

INT8 = Files(litert=LiteRtFiles(int8="tiny_int8.tflite"))


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
        "accessctl.encoder.litert.LiteRtEncoder",
        lambda card, precision, threads: given.append(threads),
    )
    load_encoder(config(device="cpu", threads=asked), root=machine)
    assert given == [used]
