import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from accessctl.errors import ModelError
from accessctl.runtime import (
    model_file,
    open_interpreter,
    standard_error_untouched,
    without_native_chatter,
)


def test_known_chatter_is_dropped_and_everything_else_passes(capfd: pytest.CaptureFixture[str]):
    with without_native_chatter():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"a real complaint\n")
        os.write(2, b"W0000 00:00 inference_feedback_manager.cc:114] Feedback manager ...\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "a real complaint\nafterwards\n"


def test_standard_error_is_left_alone_where_that_is_asked_for(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    chatter = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"
    before = os.fstat(2)
    with standard_error_untouched():
        monkeypatch.setattr("sys.stderr", None)
        with without_native_chatter():
            assert os.fstat(2) == before
            os.write(2, chatter)
        monkeypatch.undo()
    assert capfd.readouterr().err.encode() == chatter
    with without_native_chatter():
        os.write(2, chatter)
    assert capfd.readouterr().err == ""


def test_nothing_is_lost_when_something_goes_wrong(capfd: pytest.CaptureFixture[str]):
    def fail() -> None:
        os.write(2, b"why it failed\n")
        raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"), without_native_chatter():
        fail()
    assert capfd.readouterr().err == "why it failed\n"


@pytest.fixture
def model(texture_folder: Callable[..., Path]) -> Path:
    """A network that gives how red the first three planes of 16 x 16 x 6 are."""
    return texture_folder("stacked.tflite") / "stacked.tflite"


@pytest.mark.parametrize("in_hand", [False, True], ids=["from its file", "from what was read"])
def test_an_interpreter_is_ready_to_run(model: Path, in_hand: bool) -> None:
    content = model.read_bytes() if in_hand else None
    # What was read is what runs, whatever the file holds by now.
    path = Path("elsewhere.tflite") if in_hand else model
    interpreter = open_interpreter(path, content)
    (given,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    squares = np.zeros((1, 16, 16, 6), np.float32)
    squares[..., 0] = 0.25
    interpreter.set_tensor(given["index"], squares)
    interpreter.invoke()
    assert interpreter.get_tensor(result["index"]) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("advice", "end"), [("", r"\)\."), ("fetch it again", r"\); fetch it again\.")]
)
def test_what_is_no_model_is_refused_in_one_sentence(tmp_path: Path, advice: str, end: str) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"not a model")
    start = re.escape(f"{path} is not a LiteRT model that runs here (")
    with pytest.raises(ModelError, match=f"^{start}.+{end}$") as caught:
        open_interpreter(path, advice=advice)
    assert "\n" not in str(caught.value)


def test_nothing_is_said_on_the_way_and_the_runtime_comes_only_when_asked_for(model: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from accessctl.runtime import open_interpreter;"
        "assert not {'ai_edge_litert', 'keras'} & set(sys.modules); "
        "open_interpreter(Path(sys.argv[1])); assert 'keras' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, model], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_a_file_that_is_there(tmp_path: Path):
    (tmp_path / "a.tflite").touch()
    assert model_file(tmp_path, "a.tflite") == tmp_path / "a.tflite"


def test_a_folder_is_not_a_model(tmp_path: Path):
    (tmp_path / "a.tflite").mkdir()
    with pytest.raises(ModelError, match=r"a\.tflite is missing; run `accessctl models fetch`\.$"):
        model_file(tmp_path, "a.tflite")
