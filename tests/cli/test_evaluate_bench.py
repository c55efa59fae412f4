import datetime
import shutil
from pathlib import Path

from accessctl.cli.evaluate_bench import (
    BenchOptions,
    encoder_from,
    heading,
    keep_result,
    percent,
    provenance,
)
from accessctl.config import Config, EncoderConfig
from accessctl.encoder.card import load_card
from accessctl.evaluation.statistics import Measured

DLIB = Path(__file__).parents[2] / "models" / "dlib"


CONFIG = Config(encoder=EncoderConfig(folder=DLIB, flip_average=False, device="cpu"))


def test_the_encoder_is_the_configured_one_unless_told_otherwise() -> None:
    assert encoder_from(BenchOptions(), CONFIG) == CONFIG.encoder
    changed = encoder_from(BenchOptions(encoder=Path("x"), flip=True, precision="float16"), CONFIG)
    assert (changed.folder, changed.flip_average, changed.precision, changed.device) == (
        Path("x"),
        True,
        "float16",
        "cpu",
    )
    flipping = Config(encoder=EncoderConfig(flip_average=True))
    assert not encoder_from(BenchOptions(flip=False), flipping).flip_average


def test_a_result_says_where_it_is_from() -> None:
    args = BenchOptions(flip=False, precision="float16")
    found = provenance("lfw --data in", args, encoder_from(args, CONFIG))
    assert found == {
        "command": f"accessctl evaluate lfw --data in --encoder {DLIB} --no-flip "
        "--precision float16",
        "date": datetime.date.today().isoformat(),
        "precision": "float16",
        "flip_average": False,
    }
    assert provenance("lfw", BenchOptions(), CONFIG.encoder)["command"].endswith(
        f"--encoder {DLIB}"
    )


def test_a_result_is_kept_beside_the_others(tmp_path: Path) -> None:
    shutil.copy(DLIB / "card.yaml", tmp_path)
    before = load_card(tmp_path).results
    keep_result(tmp_path, "of_a_test", {"tar": 0.5})
    after = load_card(tmp_path).results
    assert after == {**before, "of_a_test": {"tar": 0.5}}
    keep_result(tmp_path, "of_a_test", {"tar": 0.6})
    assert load_card(tmp_path).results["of_a_test"] == {"tar": 0.6}


def test_how_figures_read() -> None:
    assert percent(Measured(0.8731, 0.86, 0.888)) == "87.3 % (86.0 to 88.8)"
    card = load_card(DLIB)
    line = heading(CONFIG.encoder, card)
    assert line == f"dlib-face-resnet {card.fingerprint[:12]}, int8, without mirror image"
