from pathlib import Path

from accessctl.config import AuditConfig, Config, EncoderConfig, GalleryConfig, PolicyConfig
from accessctl.domain import PersonId
from accessctl.encoder.card import load_card
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery
from accessctl.recognition.calibration import scoring_of
from accessctl.recognition.gallery_check import PhotoFlaw, StoredFlaw
from accessctl.recognition.rate_here import RateHere, StrangerSource, save_rate_here
from accessctl.service.checks import Level
from accessctl.service.state_checks import (
    check_names,
    check_rate,
    check_rate_here,
    check_reach,
    check_stored_photos,
    findings_of,
)

ENCODER = Path(__file__).parents[2] / "models" / "dlib"


def config_at(folder: Path) -> Config:
    return Config(
        gallery=GalleryConfig(folder=folder / "enrolled"),
        encoder=EncoderConfig(folder=ENCODER),
        audit=AuditConfig(file=folder / "events.sqlite"),
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


def seen(config: Config, *, ratio: float, low: float, encoder: str | None = None) -> None:
    card = load_card(ENCODER)
    found = RateHere(
        source=StrangerSource.PHOTOS,
        made=1_795_953_600.0,
        encoder=encoder or card.fingerprint,
        calibration=scoring_of(card)[1].mark,
        gallery="head",
        enrolled=1,
        units=50,
        left_out=0,
        attempt_fpir=0.001 / 3,
        wanted_fpir=0.001 / 3,
        level=0.1,
        near=10,
        ratio=ratio,
        ratio_low=low,
        ratio_high=3.4,
        passed=0,
        passed_low=0.0,
        passed_high=0.0711,
    )
    save_rate_here(config.rate_here_file, found)


def test_what_was_counted_here_is_told_and_what_to_do_about_it(tmp_path: Path) -> None:
    config = config_at(tmp_path)
    assert list(check_rate_here(config, {})) == []
    seen(config, ratio=1.0, low=0.4)
    (fine,) = check_rate_here(config, {})
    assert (fine.level, fine.subject) == (Level.OK, "rate")
    assert "1 times the stated rate (0.4 to 3.4)" in fine.sentence
    seen(config, ratio=2.0, low=1.01)
    (worse,) = check_rate_here(config, {})
    assert worse.level is Level.WARNING
    assert "set policy.target_fpir to 0.0005" in worse.sentence
    stricter = PolicyConfig(target_fpir=0.0005)
    (settled,) = check_rate_here(config.model_copy(update={"policy": stricter}), {})
    assert settled.level is Level.OK
    assert settled.sentence.endswith("policy.target_fpir makes up for it.")
    seen(config, ratio=2.0, low=1.01, encoder="f" * 64)
    (stale,) = check_rate_here(config, {})
    assert stale.level is Level.WARNING
    assert "another encoder; run `accessctl calibrate` again" in stale.sentence
