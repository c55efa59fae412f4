from pathlib import Path

import pytest

from accessctl.errors import ModelError
from accessctl.vision.files import model_file


def test_a_file_that_is_there(tmp_path: Path):
    (tmp_path / "a.tflite").touch()
    assert model_file(tmp_path, "a.tflite") == tmp_path / "a.tflite"


def test_a_folder_is_not_a_model(tmp_path: Path):
    (tmp_path / "a.tflite").mkdir()
    with pytest.raises(ModelError, match=r"a\.tflite is missing; run `accessctl models fetch`\.$"):
        model_file(tmp_path, "a.tflite")
