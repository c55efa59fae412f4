from pathlib import Path

from accessctl.bundled import MODELS, release
from accessctl.zoo.manifest import load_manifest
from accessctl.zoo.naming import named_models_of
from tests.zoo.naming_files import FILES, OWN, digest, models_folder, own_encoder


def test_the_manifest_and_the_card_name_files_by_digest(tmp_path: Path) -> None:
    folder = models_folder(tmp_path / "models")
    encoder = own_encoder(tmp_path / "mine")
    cache = folder / "cache"
    named = named_models_of(load_manifest(folder), cache.joinpath, encoder)
    assert [(one.name, one.path, one.sha256, one.is_needed) for one in named] == [
        *((path, cache / path, digest(FILES[path]), "faceres" not in path) for path in FILES),
        ("mine/mine.tflite", encoder / "mine.tflite", digest(OWN), True),
    ]


def test_what_no_sums_state_is_not_meant(tmp_path: Path) -> None:
    folder = models_folder(tmp_path / "models")
    manifest = load_manifest(folder)
    encoder = own_encoder(tmp_path / "mine")
    (encoder / "SHA256SUMS").write_text(f"{digest(OWN)}  other.tflite\n")
    assert len(named_models_of(manifest, tmp_path.joinpath, encoder)) == 4
    (encoder / "SHA256SUMS").unlink()
    assert len(named_models_of(manifest, tmp_path.joinpath, encoder)) == 4
    (encoder / "card.yaml").write_text("nonsense")
    assert len(named_models_of(manifest, tmp_path.joinpath, encoder)) == 4
    assert len(named_models_of(manifest, tmp_path.joinpath, None)) == 4


def test_the_encoder_that_ships_is_named_with_its_parts() -> None:
    models = release() / MODELS
    manifest = load_manifest(models)
    named = named_models_of(manifest, (models / "cache").joinpath, models / "encoder")
    names = [one.name for one in named]
    assert {"dlib/encoder_int8.tflite", "mediapipe/face_landmark.tflite"} <= set(names)
    (own,) = [one for one in named if one.piece is None]
    assert own.path == models / "encoder" / "trained" / "encoder_float16.tflite"
