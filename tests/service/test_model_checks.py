import hashlib
import shutil
from pathlib import Path

import pytest

from accessctl import extensions
from accessctl.config import Config, EncoderConfig, GalleryConfig, VisionConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.errors import ConfigError, ModelError
from accessctl.liveness.cues.table import CueRole
from accessctl.service.checks import Level
from accessctl.service.model_checks import (
    VISION_FILES,
    beside,
    check_chain,
    check_cues,
    check_encoder,
    check_texture,
    check_vision_models,
)

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture
def vision(tmp_path):
    for name in VISION_FILES:
        (tmp_path / name).write_bytes(name.encode())
    return VisionConfig(models=tmp_path)


DIGESTS = {name: hashlib.sha256(name.encode()).hexdigest() for name in VISION_FILES}


def test_files_of_this_release(vision):
    (finding,) = check_vision_models(vision, DIGESTS)
    assert finding.level is Level.OK


def test_another_file(vision):
    (vision.models / VISION_FILES[1]).write_bytes(b"another")
    (finding,) = check_vision_models(vision, DIGESTS)
    assert finding.level is Level.WARNING
    assert VISION_FILES[1] in finding.sentence


def test_a_missing_file(vision):
    (vision.models / VISION_FILES[2]).unlink()
    with pytest.raises(ModelError, match="accessctl models fetch"):
        list(check_vision_models(vision, DIGESTS))


@pytest.fixture
def encoder(tmp_path):
    """A copy of the encoder that may be altered."""
    shutil.copytree(MODELS / "dlib", tmp_path / "dlib")
    shutil.copytree(MODELS / "cache" / "dlib", tmp_path / "cache" / "dlib")
    return EncoderConfig(folder=tmp_path / "dlib", device="cpu")


def test_an_encoder_with_its_sums(encoder):
    (finding,) = check_encoder(encoder)
    assert finding.level is Level.OK
    assert "55533b28a958" in finding.sentence


def test_an_encoder_that_was_altered(encoder):
    file = encoder.folder.parent / "cache" / "dlib" / "encoder_int8.tflite"
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match="altered"):
        list(check_encoder(encoder))
    # The other precision is another file.
    other = encoder.model_copy(update={"precision": "float16"})
    (finding,) = check_encoder(other)
    assert finding.level is Level.OK


def test_an_encoder_without_a_card(tmp_path):
    with pytest.raises(ModelError, match=r"card\.yaml"):
        list(check_encoder(EncoderConfig(folder=tmp_path)))


def test_an_encoder_that_lists_no_sums(encoder):
    card = encoder.folder / "card.yaml"
    lines = card.read_text().splitlines(keepends=True)
    card.write_text("".join(line for line in lines if "sums:" not in line))
    (finding,) = check_encoder(encoder)
    assert (finding.level, "no sums" in finding.sentence) == (Level.WARNING, True)


def test_a_texture_network_that_is_what_its_card_says(texture_folder):
    (finding,) = check_texture(LivenessConfig(texture=texture_folder(version="7")))
    assert finding.level is Level.OK
    assert "tiny 7" in finding.sentence


def test_a_texture_network_that_was_altered(texture_folder):
    folder = texture_folder()
    (folder / "stacked.tflite").write_bytes(b"another")
    with pytest.raises(ModelError, match="another SHA-256"):
        list(check_texture(LivenessConfig(texture=folder)))


def test_a_texture_network_that_eats_something_else(texture_folder):
    with pytest.raises(ModelError, match="layout"):
        list(check_texture(LivenessConfig(texture=texture_folder(layout="separate"))))


def test_a_texture_network_that_nobody_wants(tmp_path):
    (finding,) = check_texture(LivenessConfig(texture="off"))
    assert (finding.level, "is off" in finding.sentence) == (Level.OK, True)


def test_the_usual_texture_network_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (finding,) = check_texture(LivenessConfig())
    assert (finding.level, "models/texture" in finding.sentence) == (Level.WARNING, True)


@pytest.mark.parametrize(
    ("device", "gpu", "needed"),
    [("auto", False, False), ("auto", True, True), ("gpu", False, True), ("cpu", True, False)],
)
def test_the_file_for_a_gpu_is_asked_for_where_one_may_run_it(
    encoder, tmp_path, device, gpu, needed
):
    (encoder.folder.parent / "cache" / "dlib" / "encoder.keras").write_bytes(b"altered")
    root = tmp_path / "root"
    (root / "proc/driver/nvidia/gpus" if gpu else root).mkdir(parents=True)
    config = encoder.model_copy(update={"device": device})
    if needed:
        with pytest.raises(ModelError, match=r"encoder\.keras was altered"):
            list(check_encoder(config, root))
    else:
        (finding,) = check_encoder(config, root)
        assert finding.level is Level.OK


@pytest.fixture
def config(tmp_path):
    return Config(
        encoder=EncoderConfig(folder=MODELS / "dlib", device="cpu"),
        vision=VisionConfig(models=MODELS / "cache" / "mediapipe"),
        gallery=GalleryConfig(folder=tmp_path / "enrolled"),
    )


def test_somebody_enrolled_is_let_in_by_the_real_models(config, tmp_path):
    (finding,) = check_chain(config)
    assert finding.level is Level.OK, finding.sentence
    assert "the fake lock opened" in finding.sentence
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_does_not_work_is_seen(config):
    (finding,) = check_chain(config, lock=("false",))
    assert (finding.level, "not opened once" in finding.sentence) == (Level.FAILURE, True)


def test_somebody_else_is_not_let_in(config):
    from accessctl.demo.people import hopper

    (finding,) = check_chain(config, hopper)
    assert finding.level is Level.FAILURE
    assert "(no_match)" in finding.sentence


def test_missing_models_are_a_sentence(config, tmp_path):
    without = config.model_copy(update={"vision": VisionConfig(models=tmp_path)})
    with pytest.raises(ModelError, match="accessctl models fetch"):
        list(check_chain(without))


def test_nothing_of_the_door_is_used_but_its_models(config, tmp_path):
    scratch = beside(config, tmp_path / "scratch")
    assert scratch.gallery.folder.is_relative_to(tmp_path / "scratch")
    assert scratch.audit.file.is_relative_to(tmp_path / "scratch")
    assert scratch.policy.lockout.file is None
    assert [action.argv for action in scratch.actions.granted] == [("true",)]
    assert (scratch.encoder, scratch.vision) == (config.encoder, config.vision)


@pytest.mark.usefixtures("nothing_added")
def test_cues_of_other_packages_are_loaded() -> None:
    def look(frames):
        raise AssertionError("it is not asked")

    extensions.register("cues", "warmth", CueRole("warmth", look, vetoes=True, confirms=True))
    extensions.register("cues", "at-rest", look)
    found = list(check_cues(LivenessConfig(cues=("warmth", "at-rest"))))
    assert [finding.sentence for finding in found] == [
        "warmth: loaded; it may doubt, veto, confirm.",
        "at-rest: loaded; it may doubt.",
    ]
    assert list(check_cues(LivenessConfig())) == []
    with pytest.raises(ConfigError, match="there is no cue 'cold'"):
        list(check_cues(LivenessConfig(cues=("cold",))))
