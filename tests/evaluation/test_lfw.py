import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.errors import SourceError
from accessctl.evaluation.lfw import open_lfw, read_pairs

SHARED = Path(__file__).parents[3] / "shared" / "data" / "lfw"

PAIRS = "2\t1\nAnn_A\t1\t2\nAnn_A\t1\tBob\t3\nBob\t3\t4\nAnn_A\t2\tBob\t4\n"


def test_pairs_by_fold(tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text(PAIRS)
    view = read_pairs(tmp_path / "pairs.txt")
    ann, bob = "Ann_A/Ann_A_000", "Bob/Bob_000"
    assert view.first == (f"{ann}1.jpg", f"{ann}1.jpg", f"{bob}3.jpg", f"{ann}2.jpg")
    assert view.second == (f"{ann}2.jpg", f"{bob}3.jpg", f"{bob}4.jpg", f"{bob}4.jpg")
    assert view.same.tolist() == [True, False, True, False]
    assert view.fold.tolist() == [0, 0, 1, 1]
    assert view.photos == (f"{ann}1.jpg", f"{ann}2.jpg", f"{bob}3.jpg", f"{bob}4.jpg")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "500\n",
        "2\t0\n",
        "2\t1\nAnn\t1\t2\n",
        "1\t1\nAnn\t1\t2\nAnn\t1\tBob\t3\n",
        PAIRS.replace("\t3\t4", "\tx\t4"),
        PAIRS + "Ann_A\t1\n",
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pairs.txt").write_text(text)
    with pytest.raises(SourceError, match="list of pairs"):
        read_pairs(tmp_path / "pairs.txt")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"pairs\.txt"):
        open_lfw(tmp_path)


def test_photos_in_an_archive_or_beside_the_list(tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text(PAIRS)
    jpeg = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    view = read_pairs(tmp_path / "pairs.txt")
    for name in view.photos:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(jpeg)
    assert open_lfw(tmp_path)[0].names == view.photos
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for name in view.photos[:-1]:
            archive.writestr(name, jpeg)
    with pytest.raises(SourceError, match=r"1 photos that .* Bob/Bob_0004\.jpg"):
        open_lfw(tmp_path)


@pytest.mark.shared_data
def test_the_real_list() -> None:
    if not SHARED.exists():
        pytest.skip("needs LFW in ../shared/data")
    photos, view = open_lfw(SHARED)
    assert len(view.same) == 6000
    assert view.same.sum() == 3000
    assert np.bincount(view.fold).tolist() == [600] * 10
    assert len(view.photos) == 7701
    assert photos.read(view.photos[0]).shape == (250, 250, 3)
