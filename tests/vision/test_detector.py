import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import get_args
from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from accessctl.config import DetectorRuntime, VisionConfig
from accessctl.demo.scene import scene
from accessctl.domain import Box, Image
from accessctl.errors import ConfigError, ModelError, SystemLibraryError
from accessctl.vision.detection import Detection, Detector
from accessctl.vision.detector import (
    full_range,
    import_mediapipe,
    naming_debian_packages,
    refuse_what_sends_logs,
    short_range,
)

LFW = Path(__file__).parents[3] / "shared/data/lfw/images.zip"
OPENERS = [short_range, full_range]
RUNTIMES = get_args(DetectorRuntime)
STANDING_S = 20.5
"""When the demo's drawn visitor stands at the door."""

SAME_BOX = 0.98
SAME_SCORE = 0.005
SAME_KEYPOINT = 0.01
"""Of the box's width."""

Opener = Callable[..., Detector]


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> DetectorRuntime:
    return request.param


@pytest.fixture(params=OPENERS)
def detector(
    request: pytest.FixtureRequest, runtime: DetectorRuntime, vision_config: VisionConfig
) -> Iterator[Detector]:
    opened = request.param(vision_config.models, 0.3, runtime)
    yield opened
    opened.close()


@pytest.fixture(params=OPENERS)
def both(request: pytest.FixtureRequest, vision_config: VisionConfig) -> Iterator[list[Detector]]:
    """The same file, run by each runtime."""
    opened = [request.param(vision_config.models, 0.3, runtime) for runtime in RUNTIMES]
    yield opened
    for one in opened:
        one.close()


def test_the_face_is_found_with_its_eyes(detector: Detector, hopper: Image):
    (found,) = detector.detect(hopper)
    x, y = found.box.centre
    assert (x, y) == pytest.approx((265, 240), abs=20)
    assert found.box.w == pytest.approx(195, abs=20)
    assert found.score > 0.5
    assert found.keypoints.shape == (6, 2)
    assert found.keypoints[0] == pytest.approx([222, 190], abs=12)
    assert found.keypoints[1] == pytest.approx([308, 188], abs=12)


def test_nothing_is_found_where_nobody_is(detector: Detector):
    assert detector.detect(np.full((300, 500, 3), 90, np.uint8)) == []


@pytest.mark.parametrize("shape", [(7, 500, 3), (500, 7, 3), (1, 1, 3)])
def test_a_sliver_holds_no_face(detector: Detector, shape: tuple[int, ...]):
    assert detector.detect(np.zeros(shape, np.uint8)) == []


def test_a_view_into_a_larger_frame_will_do(detector: Detector, hopper: Image):
    part = hopper[100:400, 100:420]
    assert not part.flags.c_contiguous
    (found,) = detector.detect(part)
    assert found.box.centre == pytest.approx((165, 150), abs=25)


def test_two_people_are_found_best_first(detector: Detector, hopper: Image, astronaut: Image):
    beside = cv2.resize(astronaut[20:220, 125:325], (300, 300))
    better, worse = detector.detect(np.hstack([hopper[100:400, 115:415], beside]))
    assert better.score >= worse.score
    assert sorted([better.box.centre[0], worse.box.centre[0]]) == pytest.approx([150, 447], abs=30)


def test_it_can_be_closed_twice(detector: Detector):
    detector.close()
    detector.close()


@pytest.mark.parametrize("opener", OPENERS)
def test_a_missing_file_says_what_to_do(opener: Opener, runtime: DetectorRuntime, tmp_path: Path):
    with pytest.raises(ModelError, match=r"\.tflite is missing; run `accessctl models fetch`\.$"):
        opener(tmp_path, 0.3, runtime)


@pytest.mark.parametrize(
    ("runtime", "complaint"),
    [("litert", "not a LiteRT model"), ("mediapipe", "not a usable face detector")],
    indirect=["runtime"],
)
def test_a_broken_file_says_what_to_do(runtime: DetectorRuntime, complaint: str, tmp_path: Path):
    (tmp_path / "face_detection_short_range.tflite").write_bytes(b"not a model")
    with pytest.raises(ModelError, match=f"{complaint}.*; run `accessctl models fetch` to replace"):
        short_range(tmp_path, 0.3, runtime)


@pytest.mark.parametrize(
    "other", ["face_detection_full_range_sparse.tflite", "face_landmark.tflite"]
)
def test_another_network_is_not_taken_for_the_detector(
    other: str, vision_config: VisionConfig, tmp_path: Path
):
    content = (vision_config.models / other).read_bytes()
    (tmp_path / "face_detection_short_range.tflite").write_bytes(content)
    with pytest.raises(ModelError, match="is not the face detector of that name; run `accessctl"):
        short_range(tmp_path, 0.3, "litert")


def assert_agreed(pictures: list[Image], both: list[Detector]) -> int:
    """How many faces both runtimes found, after each was compared with its counterpart."""
    faces = 0
    for number, picture in enumerate(pictures):
        found = [detector.detect(picture) for detector in both]
        sure = [[one for one in those if one.score > 0.3 + SAME_SCORE] for those in found]
        for these, those in (sure[0], found[1]), (sure[1], found[0]):
            for one in these:
                other = max(those, key=lambda other: iou(one.box, other.box), default=None)
                assert other is not None, f"picture {number}: {one.box} found by one runtime only"
                assert_same(one, other, number)
        faces += len(sure[0])
    return faces


def assert_same(one: Detection, other: Detection, number: int) -> None:
    assert iou(one.box, other.box) >= SAME_BOX, f"picture {number}: {one.box}, {other.box}"
    assert one.score == pytest.approx(other.score, abs=SAME_SCORE)
    apart = np.abs(one.keypoints - other.keypoints).max()
    assert apart <= SAME_KEYPOINT * one.box.w, f"picture {number}"


def iou(one: Box, other: Box) -> float:
    across = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    down = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (one.area + other.area - shared)


def test_both_runtimes_agree_on_drawn_visitors_and_photographs(
    both: list[Detector], hopper: Image, astronaut: Image
):
    visitors = [scene(STANDING_S + second)[:, 300:1000] for second in range(4)]
    cut = [hopper[150:450, 200:400], astronaut[:, 180:], astronaut[::4, ::4].copy()]
    assert assert_agreed([*visitors, *cut, hopper, astronaut], both) >= 6


@pytest.mark.shared_data
@pytest.mark.skipif(not LFW.is_file(), reason=f"the faces of LFW are not in {LFW}")
def test_both_runtimes_agree_on_200_faces_of_200_people(both: list[Detector]):
    with ZipFile(LFW) as archive:
        names = sorted(n for n in archive.namelist() if n.endswith("_0001.jpg"))
        chosen = names[:: len(names) // 200][:200]
        photos = [cv2.imdecode(np.frombuffer(archive.read(n), np.uint8), 1) for n in chosen]
    pictures = [cv2.cvtColor(photo, cv2.COLOR_BGR2RGB) for photo in photos]
    assert assert_agreed(pictures, both) >= 200


SEE = """
import sys
from pathlib import Path
import numpy as np
from accessctl.config import VisionConfig
from accessctl.domain import Frame
import accessctl.vision.observer as room
heavy = {"mediapipe", "ai_edge_litert", "tensorflow"} & set(sys.modules)
assert not heavy, f"imported before anybody asked for an observer: {heavy}"
observer = room.Observer(VisionConfig(models=Path(sys.argv[1]), runtime=sys.argv[2]))
observer.observe(Frame(np.zeros((360, 640, 3), np.uint8), 0.0, 0))
assert ("mediapipe" in sys.modules) == (sys.argv[2] == "mediapipe")
heavy = {"tensorflow", "keras"} | ({"matplotlib", "scipy"} if sys.argv[2] == "litert" else set())
assert not heavy & {name.split(".")[0] for name in sys.modules}
print("clean")
"""


@pytest.mark.parametrize("runtime", get_args(DetectorRuntime))
def test_the_door_sees_without_tensorflow_and_without_chatter(vision_config, runtime):
    """And without mediapipe, unless that is what is to run."""
    done = subprocess.run(
        [sys.executable, "-c", SEE, str(vision_config.models), runtime],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("clean\n", "", 0)


def test_a_package_that_is_not_there_says_what_to_do(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("accessctl.vision.detector.version", missing)
    with pytest.raises(ConfigError, match=r"not installed here; install mediapipe 0\.10\.33, or"):
        import_mediapipe()


@pytest.mark.parametrize("installed", ["0.10.35", "0.10.100", "0.11", "1.0.0", "0.10.35rc1"])
def test_a_package_that_reports_its_use_is_refused(installed):
    with pytest.raises(ConfigError, match=f"mediapipe {installed} that is installed here sends"):
        refuse_what_sends_logs(installed)


@pytest.mark.parametrize("installed", ["0.10.33", "0.10.34", "0.10.21", "0.9.99"])
def test_one_that_does_not_may_run(installed):
    refuse_what_sends_logs(installed)


def test_tensorflow_can_still_be_found_afterwards():
    """Only looked up, not imported: that takes seconds."""
    code = (
        "import importlib.util, sys\n"
        "from accessctl.vision.detector import import_mediapipe\n"
        "import_mediapipe()\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert importlib.util.find_spec('tensorflow') is not None\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libGL.so.1", "libgl1"),
        ("libEGL.so.1", "libegl1"),
        ("libGLESv2.so.2", "libgles2"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
    ],
)
def test_a_missing_system_library_names_its_package(library, package):
    with pytest.raises(SystemLibraryError) as caught, naming_debian_packages():
        raise ImportError(f"{library}: cannot open shared object file: No such file or directory")
    assert f"package {package} is missing" in str(caught.value)
    assert "sudo apt-get install libegl1 libgl1 libgles2 libglib2.0-0" in str(caught.value)


def test_other_import_errors_are_left_alone():
    with pytest.raises(ImportError, match="no module"), naming_debian_packages():
        raise ImportError("no module named whatever")
