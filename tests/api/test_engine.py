import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from threadpoolctl import threadpool_info

import accessctl
from accessctl.api.engine import configuration, open_engine
from accessctl.audit.log import EventLog
from accessctl.bundled import asset
from accessctl.config import Config, load_config
from accessctl.domain import CropGeometry
from accessctl.door.fake import FACE_BOX, portrait
from accessctl.encoder.base import FAKE_CARD
from accessctl.errors import (
    BadNameError,
    ConfigError,
    GalleryKeyError,
    ModelError,
    NameTakenError,
    NoFaceError,
    PhotoError,
    SeveralFacesError,
    StoreError,
    UnknownPersonError,
)
from accessctl.gallery.sealing import local_key
from accessctl.vision.alignment import cut
from accessctl.vision.fake import fake_face
from tests.api.conftest import Workshop

ADA, EVE = 1, 2


def test_an_engine_that_only_reads_makes_no_key_no_folder_and_no_log(workshop: Workshop) -> None:
    with workshop.engine() as engine:
        (face,) = engine.detect(portrait(ADA))
        assert engine.match(engine.embed(portrait(ADA), face)) is None
        assert engine.verify(portrait(ADA), portrait(ADA)).same
        (found,) = engine.identify(portrait(ADA))
        assert (found.name, found.person, found.match) == (None, None, None)
        assert engine.people() == []
    assert workshop.files() == []


def test_somebody_enrolled_is_found_by_name_and_on_record(workshop: Workshop) -> None:
    with workshop.engine() as engine:
        person = engine.enrol("Ada", portrait(ADA))
        assert (person.name, person.photos) == ("Ada", 1)
        (found,) = engine.identify(portrait(ADA))
        assert (found.name, found.person) == ("Ada", person.id)
        assert found.match is not None
        assert found.match.similarity > 0.999
        (other,) = engine.identify(portrait(EVE))
        assert (other.name, other.person) == (None, None)
        assert other.match is not None
        assert other.match.person == person.id
        assert engine.name_of(person.id) == "Ada"
        assert engine.name_of(None) is None
        assert engine.add_photos("ada", portrait(ADA), portrait(ADA)).photos == 3
        assert [one.photos for one in engine.people()] == [3]
        assert engine.remove("Ada").id == person.id
        assert engine.match(engine.embed(portrait(ADA))) is None
    with EventLog(workshop.folder / "state" / "events.sqlite") as log:
        changes = [event.data["change"] for _, event in log.query() if "change" in event.data]
    assert changes == ["enrolled", "photo_added", "photo_added", "removed"]
    key = local_key(workshop.folder / "enrolled")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_who_is_enrolled_is_known_to_the_next_engine_and_to_one_that_is_open(
    workshop: Workshop,
) -> None:
    with workshop.engine() as first:
        first.enrol("Ada", portrait(ADA))
        with workshop.engine() as second:
            assert [found.name for found in second.identify(portrait(ADA))] == ["Ada"]
            first.enrol("Eve", portrait(EVE))
            assert [found.name for found in second.identify(portrait(EVE))] == ["Eve"]


def test_a_change_that_is_refused_leaves_no_trace(workshop: Workshop) -> None:
    with workshop.engine() as engine:
        workshop.observers[0].faces = []
        with pytest.raises(NoFaceError, match="The picture: no face found"):
            engine.enrol("Ada", portrait(ADA))
        with pytest.raises(ValueError, match="at least one picture"):
            engine.enrol("Ada")
        workshop.observers[0].faces = [fake_face(box=FACE_BOX)]
        with pytest.raises(BadNameError):
            engine.enrol(" ", portrait(ADA))
        with pytest.raises(UnknownPersonError):
            engine.add_photos("Ada", portrait(ADA))
        with pytest.raises(UnknownPersonError):
            engine.remove("Ada")
        assert workshop.files() == []
        workshop.observers[0].faces = [fake_face(box=FACE_BOX), fake_face(box=FACE_BOX)]
        with pytest.raises(SeveralFacesError):
            engine.embed(portrait(ADA))
        workshop.observers[0].faces = [fake_face(box=FACE_BOX)]
        engine.enrol("Ada", portrait(ADA))
        with pytest.raises(NameTakenError):
            engine.enrol("ADA", portrait(EVE))
        with pytest.raises(UnknownPersonError):
            engine.add_photos("Eve", portrait(EVE))
        assert [person.name for person in engine.people()] == ["Ada"]


def test_templates_of_another_encoder_are_renewed_where_that_is_asked_for(
    workshop: Workshop,
) -> None:
    with workshop.engine() as engine:
        engine.enrol("Ada", portrait(ADA))
    kept = (workshop.folder / "enrolled" / "gallery.sqlite").read_bytes()

    class OtherEncoder(type(workshop.encoder)):  # type: ignore[misc]
        card = FAKE_CARD.model_copy(update={"fingerprint": "bb" * 32})

    workshop.encoder = OtherEncoder()
    with workshop.engine() as engine:
        assert engine.verify(portrait(ADA), portrait(ADA)).same
        for ask in (engine.people, lambda: engine.identify(portrait(ADA))):
            with pytest.raises(StoreError) as refusal:
                ask()
    assert str(refusal.value) == (
        "1 enrolment photos were embedded with another encoder, and this engine may not change "
        "the gallery; open it with renew_templates=True, or name their encoder."
    )
    assert (workshop.folder / "enrolled" / "gallery.sqlite").read_bytes() == kept
    with workshop.engine(renew=True) as engine:
        assert [found.match is not None for found in engine.identify(portrait(ADA))] == [True]


def test_a_gallery_without_its_key_is_not_taken_for_an_empty_one(workshop: Workshop) -> None:
    with workshop.engine() as engine:
        engine.enrol("Ada", portrait(ADA))
    local_key(workshop.folder / "enrolled").unlink()
    with workshop.engine() as engine:
        for ask in (engine.people, lambda: engine.enrol("Eve", portrait(EVE))):
            with pytest.raises(GalleryKeyError):
                ask()


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
        [[1]],
        None,
    ],
)
def test_what_is_no_picture_is_a_sentence(workshop: Workshop, picture: object) -> None:
    with workshop.engine() as engine, pytest.raises(PhotoError, match=r"give uint8 \(H, W, 3\)"):
        engine.detect(picture)  # type: ignore[arg-type]


def test_a_file_is_read_within_the_limits(workshop: Workshop) -> None:
    photo = asset("grace_hopper.jpg")
    with workshop.engine() as engine:
        image = engine.read(photo)
        assert (image.dtype, image.shape[2]) == (np.uint8, 3)
        assert np.array_equal(engine.read(str(photo)), image)
        assert len(engine.detect(photo)) == 1
    with (
        workshop.engine(gallery={"max_photo_megapixels": 0.01}) as engine,
        pytest.raises(PhotoError, match=r"more than 0\.01 million pixels"),
    ):
        engine.detect(photo)


def test_only_a_unit_embedding_is_searched(workshop: Workshop) -> None:
    with workshop.engine() as engine:
        for wrong in (np.zeros(3, np.float32), np.ones(16, np.float32), [1.0] * 16):
            with pytest.raises(ValueError, match="an embedding"):
                engine.match(wrong)  # type: ignore[arg-type]


def test_verify_is_by_the_rate_that_the_policy_asks_for(workshop: Workshop) -> None:
    with workshop.engine() as engine:
        same, other = engine.verify(portrait(ADA), portrait(ADA)), None
        other = engine.verify(portrait(ADA), portrait(EVE))
    assert same.same
    assert same.similarity == pytest.approx(1)
    assert same.fmr <= 1e-4
    assert not other.same
    assert other.fmr > 1e-4
    assert other.similarity < other.threshold


def test_several_threads_may_ask_at_once(workshop: Workshop) -> None:
    with workshop.engine() as engine:
        engine.enrol("Ada", portrait(ADA))
        looking, most, inside = threading.Lock(), [], []
        still = workshop.observers[0].still

        def watched(image: object) -> object:
            inside.append(1)
            with looking:
                most.append(len(inside))
            found = still(image)  # type: ignore[arg-type]
            inside.pop()
            return found

        workshop.observers[0].still = watched  # type: ignore[method-assign,assignment]
        names: list[str | None] = []
        threads = [
            threading.Thread(
                target=lambda: names.extend(one.name for one in engine.identify(portrait(ADA)))
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert names == ["Ada"] * 8
    assert max(most) == 1


def process() -> tuple[object, ...]:
    root = logging.getLogger()
    pools = sorted((pool["user_api"], pool["num_threads"]) for pool in threadpool_info())
    return (
        cv2.getNumThreads(),
        pools,
        dict(os.environ),
        root.level,
        list(root.handlers),
        logging.getLogger("accessctl").level,
        list(logging.getLogger("accessctl").handlers),
        (os.fstat(2).st_dev, os.fstat(2).st_ino),
        list(warnings.filters),
        signal.getsignal(signal.SIGINT),
    )


def test_the_process_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = process()
    with open_engine() as engine:
        assert process() == before
        (found,) = engine.identify(asset("grace_hopper.jpg"))
        assert process() == before
    assert process() == before
    assert found.name is None
    assert list(tmp_path.iterdir()) == []


def test_an_engine_opens_without_a_standard_error(tmp_path: Path) -> None:
    code = (
        "import os; os.close(2)\n"
        "import accessctl\n"
        "with accessctl.open_engine() as engine: print(len(engine.people()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout == "0\n"


def test_a_configuration_is_a_file_its_content_a_config_or_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = {"policy": {"min_frames": 5}, "gallery": {"folder": "people"}}
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(content))
    assert configuration(file) == configuration("config.yaml") == load_config(file)
    assert configuration(content) == load_config(file)
    assert configuration(None).policy == Config().policy
    assert configuration(None).gallery.folder == tmp_path / "enrolled"
    assert configuration(None).encoder.folder.joinpath("card.yaml").is_file()
    own = Config()
    assert configuration(own) is own


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"polcy": {}}, "The configuration: unknown key 'polcy'; `accessctl config explain`"),
        ({"policy": {"min_frames": 0}}, "The configuration: policy.min_frames: Input should be"),
        ({"audit": {"file": "a\0b"}}, "The configuration names the path 'a\\x00b'"),
    ],
)
def test_a_wrong_configuration_is_a_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        configuration(given)
    assert str(refusal.value).startswith(sentence)


def test_the_demo_has_people_of_its_own_and_opens_nothing(tmp_path: Path) -> None:
    action = {"type": "command", "argv": ["open-the-lock"]}
    config = configuration({"camera": {"source": "demo"}, "actions": {"granted": [action]}})
    assert [one.argv[0] for one in config.actions.granted] == ["echo"]  # type: ignore[union-attr]
    assert config.gallery.folder.name == "demo"


def test_an_encoder_by_its_name_embeds_crops_cut_as_its_card_says() -> None:
    encoder = accessctl.load_encoder("dlib")
    geometry: CropGeometry = encoder.card.crop_geometry
    crop = cut(portrait(ADA), fake_face(box=FACE_BOX).landmarks, geometry)
    embeddings = encoder.embed(np.stack([crop, crop]))
    assert embeddings.shape == (2, encoder.card.dimension)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx([1, 1], abs=1e-5)
    with pytest.raises(ModelError, match="no-such-encoder"):
        accessctl.load_encoder("no-such-encoder")
