from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from accessctl.config import VisionConfig
from accessctl.demo.people import collins, hopper
from accessctl.errors import InputError, StoreError
from accessctl.training.spoof.run import (
    PictureSource,
    RunListener,
    RunParts,
    RunSettings,
    begun,
    films_fitted,
    pictures,
    quick_look,
    run,
    settings_of,
    told_of,
)

QUIET = RunListener(lambda done, every: None, lambda checked: None)


def settings(place: Path, **changes: object) -> RunSettings:
    sources = [PictureSource(kind="lfw", place=place, within="live")]
    return RunSettings.model_validate({"sources": sources, "teachers": place.parent} | changes)


@pytest.mark.parametrize(
    ("text", "kind", "place", "within"),
    [
        ("lfw=a/images.zip", "lfw", "a/images.zip", ""),
        ("real=photos.zip:spoof", "real", "photos.zip", "spoof"),
        ("own_2=/films=here", "own_2", "/films=here", ""),
        ("lfw=x.zip:a:b/c", "lfw", "x.zip", "a:b/c"),
    ],
)
def test_a_source_is_read(text, kind, place, within) -> None:
    assert PictureSource.read(text) == PictureSource(kind=kind, place=Path(place), within=within)


@pytest.mark.parametrize(
    "text", ["images.zip", "=a.zip", "LFW=a.zip", "lfw=", "lfw=:spoof", "9=a", f"{'a' * 21}=b"]
)
def test_what_names_no_pictures_is_refused(text) -> None:
    with pytest.raises(InputError, match="KIND=PLACE or KIND=ZIP:FOLDER"):
        PictureSource.read(text)


def test_settings_come_back_from_the_folder(tmp_path) -> None:
    fitted = []
    parts = RunParts(
        prepare=lambda *given, **options: None,
        samples=lambda folder: (None, None),
        fit=lambda folder, *rest, **options: fitted.append(rest[2]),
    )
    chosen = settings(tmp_path / "a.zip", check_films=("L01", "L02"), steps=9, seed=4)
    assert not begun(tmp_path / "run")
    run(tmp_path / "run", chosen, 2.5, QUIET, parts)
    assert begun(tmp_path / "run")
    assert settings_of(tmp_path / "run") == chosen
    run(tmp_path / "run", chosen, 1.0, QUIET, parts)
    assert [(plan.steps, plan.seed, plan.minutes) for plan in fitted] == [(9, 4, 2.5), (9, 4, 1.0)]
    with pytest.raises(InputError, match="run of other settings"):
        run(
            tmp_path / "run", chosen.model_copy(update={"check_films": ("L01",)}), 1.0, QUIET, parts
        )


@pytest.mark.parametrize(
    "text", ["", "steps: 3", "sources: [", "\udcff", "sources: &a [*a]", "more: 1"], ids=repr
)
def test_a_folder_that_is_no_runs_is_refused(tmp_path, text) -> None:
    (tmp_path / "config.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="holds no run of `accessctl liveness train`"):
        settings_of(tmp_path)


def test_a_folder_that_is_not_there_holds_no_run(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no run"):
        settings_of(tmp_path / "nothing")


def test_a_folder_that_cannot_be_made_is_a_fault(tmp_path) -> None:
    (tmp_path / "run").write_text("a file is in the way")
    with pytest.raises(StoreError, match="Cannot write"):
        run(tmp_path / "run", settings(tmp_path / "a.zip"), 1.0, QUIET)


def test_all_places_are_looked_for_before_any_is_looked_at(tmp_path) -> None:
    # Whoever looked into it would find that it is no archive.
    (tmp_path / "there.zip").touch()
    places = [
        PictureSource(kind="lfw", place=tmp_path / name) for name in ("there.zip", "gone.zip")
    ]
    with pytest.raises(InputError, match=r"gone\.zip does not exist"):
        next(iter(pictures(places)))


def test_a_place_without_a_face_is_told(tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("no film")
    with pytest.raises(InputError, match="No face was found"):
        list(pictures([PictureSource(kind="film", place=tmp_path)]))


def test_a_quick_look_finds_the_face_and_only_faces() -> None:
    look = quick_look(VisionConfig())
    (woman,) = look(collins())
    # Her face in the photograph of 512 x 512.
    assert woman.centre == pytest.approx((223, 118), abs=12)
    assert 70 < woman.w < 110
    (admiral,) = look(hopper())
    assert admiral.w > 60
    assert look(np.full((200, 200, 3), 128, np.uint8)) == []


def test_what_the_card_says_of_the_data(made_samples) -> None:
    samples = replace(
        made_samples(6, 0),
        source=np.array(["lfw", "lfw", "lfw", "film", "film", "real"]),
        group=np.array(["Ann", "Ann", "Bob", "L02", "L01", "x"]),
        film=np.array([0, 0, 0, 1, 1, 0], np.bool_),
        kind=np.array(["living", "paper", "living", "living", "phone", "real"]),
    )
    told = told_of(settings(Path("a.zip"), steps=50, matching=7), samples)
    assert told == {
        "fitted_on": {"film": 2, "lfw": 3, "real": 1},
        "people_and_films": {"film": 2, "lfw": 2, "real": 1},
        "attacks": {"living": 3, "paper": 1, "phone": 1, "real": 1},
        "real_attacks_among_them": True,
        "samples": 6,
        "steps": [50, 7],
    }
    assert films_fitted(samples) == ["L01", "L02"]
