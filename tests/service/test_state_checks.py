from pathlib import Path

from accessctl.config import Config, EncoderConfig, GalleryConfig, PolicyConfig
from accessctl.domain import PersonId
from accessctl.encoder.card import load_card
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery
from accessctl.recognition.calibration import scoring_of
from accessctl.recognition.gallery_check import PhotoFlaw, StoredFlaw
from accessctl.service.checks import Level
from accessctl.service.state_checks import (
    check_names,
    check_rate,
    check_reach,
    check_stored_photos,
    findings_of,
)

ENCODER = Path(__file__).parents[2] / "models" / "dlib"


def config_at(folder: Path) -> Config:
    return Config(
        gallery=GalleryConfig(folder=folder / "enrolled"), encoder=EncoderConfig(folder=ENCODER)
    )


def photo(face: int) -> NewPhoto:
    card = load_card(ENCODER)
    embedding = random_units(face + 1, card.dimension, seed=5)[face]
    return NewPhoto(
        jpeg=b"jpeg",
        embedding=embedding,
        fingerprint=card.fingerprint,
        quality=0.9,
        added=100.0 + face,
    )


def add(gallery: Gallery, name: str, *faces: int) -> None:
    first, *others = faces
    person = gallery.add_person(name, photo(first))
    for face in others:
        gallery.add_photo(person.id, photo(face))


def test_without_a_gallery_nothing_is_said_and_none_is_made(tmp_path: Path) -> None:
    assert list(check_stored_photos(config_at(tmp_path), {})) == []
    assert list(tmp_path.iterdir()) == []


def test_misfits_are_told_with_the_way_out(tmp_path: Path) -> None:
    config = config_at(tmp_path)
    with open_gallery(config.gallery, {}) as gallery:
        add(gallery, "Grace", 0)
    (fine,) = check_stored_photos(config, {})
    assert fine.level is Level.OK
    with open_gallery(config.gallery, {}) as gallery:
        add(gallery, "Eileen", 1, 2)
    (misfit,) = check_stored_photos(config, {})
    assert misfit.level is Level.WARNING
    assert misfit.sentence.startswith("Photo 2 of Eileen does not show whom the others show")


def test_more_people_than_the_calibration_suits_are_a_failure(tmp_path: Path) -> None:
    config = config_at(tmp_path)
    assert list(check_reach(config, {})) == []
    with open_gallery(config.gallery, {}) as gallery:
        add(gallery, "Grace", 0)
    (fine,) = check_reach(config, {})
    assert (fine.level, fine.subject) == (Level.OK, "rate")
    smallest = scoring_of(load_card(ENCODER))[1].smallest_fmr
    strict = PolicyConfig(target_fpir=1e-6, attempts=10)
    assert strict.attempt_fpir / smallest < 20
    with open_gallery(config.gallery, {}) as gallery:
        for number in range(20):
            add(gallery, f"Person {number}", number + 1)
    (beyond,) = check_reach(config.model_copy(update={"policy": strict}), {})
    assert beyond.level is Level.FAILURE
    assert beyond.sentence.startswith("Nobody can be let in with 21 people enrolled")
    assert "raise policy.target_fpir" in beyond.sentence


def test_a_rate_that_nobody_can_show_is_told(tmp_path: Path) -> None:
    config = config_at(tmp_path)
    assert list(check_rate(config, {})) == []
    with open_gallery(config.gallery, {}) as gallery:
        add(gallery, "Grace", 0)
        add(gallery, "Eve", 1)
    (fine,) = check_rate(config, {})
    assert fine.level is Level.OK
    rare = config.policy.model_copy(update={"target_fpir": 3e-6, "attempts": 3})
    (found,) = check_rate(config.model_copy(update={"policy": rare}), {})
    assert found.level is Level.WARNING
    # A third of 3e-6 an attempt, and half of that for each of two people.
    assert "1e-06 an attempt among 2 people asks for 5.0e-07 a comparison" in found.sentence
    assert "raise policy.target_fpir" in found.sentence


def test_names_of_an_older_version_that_look_alike_are_told(tmp_path: Path) -> None:
    config = config_at(tmp_path)
    assert list(check_names(config, {})) == []
    with open_gallery(config.gallery, {}) as gallery:
        add(gallery, "Grace", 0)
        assert [found.level for found in check_names(config, {})] == [Level.OK]
        add(gallery, "Eve", 1)
        gallery._database._db.execute(
            "UPDATE person SET name = ?, name_key = ? WHERE name = 'Eve'", ("Gr\u0430ce", "?")
        )
    (told,) = check_names(config, {})
    assert told.level is Level.WARNING
    assert "looks like" in told.sentence


def test_many_are_counted() -> None:
    flaws = [StoredFlaw(PhotoFlaw.UNUSED, PersonId("a"), number) for number in range(1, 9)]
    found = list(findings_of(flaws, {PersonId("a"): "Ada"}))
    assert len(found) == 6
    assert found[-1].sentence == "And 3 more like these; run: accessctl gallery check"
