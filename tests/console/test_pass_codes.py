"""The QR code of a pass, read by a decoder that is not ours."""

import cv2
import numpy as np
import pytest

from accessctl.console.pass_codes import pass_code
from tests.sync.test_pass_wire import LONGEST, ONE, signed


def seen_by_a_camera(code, turned: float) -> np.ndarray:
    """Grey, uint8: six pixels a module, turned, blurred and noisy."""
    rows = np.array([list(row) for row in code.matrix_iter(scale=6, border=4)], np.uint8)
    picture = np.where(rows, 0, 255).astype(np.uint8)
    size = len(picture)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), turned, 0.9)
    seen = cv2.warpAffine(picture, turn, (size, size), borderValue=255)
    noise = np.random.default_rng(1).normal(0, 8, seen.shape)
    return np.clip(cv2.GaussianBlur(seen, (3, 3), 0) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shown", [ONE, LONGEST], ids=["everywhere", "three doors"])
@pytest.mark.parametrize("turned", [-7.0, 0.0, 7.0])
def test_a_camera_reads_it(shown, turned: float) -> None:
    text = signed(shown).text
    code = pass_code(text)
    assert (code.mode, code.error) == ("alphanumeric", "M")
    assert int(code.version) <= 8
    found, _, _ = cv2.QRCodeDetector().detectAndDecode(seen_by_a_camera(code, turned))
    assert found == text
