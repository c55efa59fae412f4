import shutil
from pathlib import Path

from accessctl.zoo.build_dlib import main
from accessctl.zoo.dlib import DlibPlaces

PLACES = DlibPlaces(Path(__file__).resolve().parents[2] / "models")


def test_a_failure_is_one_line_and_status_1(tmp_path, capsys):
    places = DlibPlaces(tmp_path)
    places.cache.mkdir(parents=True)
    places.weights.write_bytes(b"other weights")
    shutil.copytree(PLACES.encoder, places.encoder)
    assert main(tmp_path) == 1
    assert capsys.readouterr().out.count("\n") == 1
