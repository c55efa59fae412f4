import datetime
import subprocess
import sys

import pytest

from accessctl.service.checks import Level
from accessctl.service.machine_checks import (
    check_clock,
    check_gpu,
    check_libraries,
    check_opencv,
    check_processor,
    check_python,
    installed,
    needed_packages,
    pins_of,
    processor_of,
    usable_gpus,
)


def levels(findings):
    return [finding.level for finding in findings]


NEEDED = {"numpy", "pillow"}


@pytest.mark.parametrize(
    ("running", "level"),
    [
        ((3, 10, 14), Level.FAILURE),
        ((3, 11, 0), Level.OK),
        ((3, 13, 9), Level.OK),
        ((3, 14, 0), Level.FAILURE),
    ],
)
def test_python(running, level):
    (finding,) = check_python(running)
    assert finding.level is level
    assert ".".join(map(str, running)) in finding.sentence


def test_pins_are_read_and_the_rest_passed_over():
    lines = [
        "# why",
        "numpy==2.4.6",
        "-r other.txt",
        "opencv-python==4.13.0.92  # both",
        "Prometheus_Client==1.0",
        "x>=1",
        "",
        "scipy==1.17.1 ; python_full_version >= '3.11'",
        "scipy==1.18.1 ; python_full_version < '3.11'",
        "colorama==0.4.6 ; sys_platform == 'win32'",
    ]
    assert pins_of(lines) == {
        "numpy": "2.4.6",
        "opencv-python": "4.13.0.92",
        "prometheus-client": "1.0",
        "scipy": "1.17.1",
    }


@pytest.fixture
def requirements(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("numpy==2.4.6\npillow==13.0.0\ntensorflow==2.21.0\n")
    return path


def test_libraries_as_pinned(requirements):
    found = {"numpy": "2.4.6", "pillow": "13.0.0"}
    (finding,) = check_libraries(requirements, NEEDED, found.get)
    assert (finding.level, finding.sentence[:6]) == (Level.OK, "All 2 ")


def test_another_version_is_a_warning_and_none_a_failure(requirements):
    other, missing = check_libraries(requirements, NEEDED, {"numpy": "2.5.0"}.get)
    assert (other.level, missing.level) == (Level.WARNING, Level.FAILURE)
    assert "numpy is 2.5.0, tested was 2.4.6" in other.sentence
    assert "pillow is not installed; run pip install pillow==13.0.0" in missing.sentence


def test_without_the_list_nothing_is_claimed(tmp_path):
    (finding,) = check_libraries(tmp_path / "none.txt", NEEDED, lambda _: None)
    assert finding.level is Level.WARNING


@pytest.mark.parametrize(
    ("found", "level", "said"),
    [
        ({"opencv-python": "4.13", "opencv-contrib-python": "4.13"}, Level.OK, ", 4.13."),
        ({"opencv-python": "4.13", "opencv-contrib-python": "4.12"}, Level.FAILURE, "one folder"),
        ({"opencv-python": "4.13"}, Level.OK, "opencv-python, 4.13."),
        ({}, Level.FAILURE, "OpenCV is not installed"),
    ],
)
def test_both_opencv_packages_are_of_one_version(found, level, said):
    (finding,) = check_opencv(found.get)
    assert finding.level is level
    assert said in finding.sentence


def test_what_is_installed_is_asked_for():
    assert installed("pytest") == pytest.__version__
    assert installed("no-such-package-anywhere") is None


def test_what_an_extra_brings_is_not_needed():
    said = ["NumPy>=2", "typing_extensions; python_version < '3.0'", "keras; extra == 'train'"]
    assert needed_packages(said) == {"numpy"}


def test_of_this_release_a_door_needs_no_tensorflow():
    needed = needed_packages()
    assert {"numpy", "ai-edge-litert", "opencv-python"} <= needed
    assert not {"tensorflow", "keras", "mediapipe", "scipy", "matplotlib"} & needed


def test_what_no_door_needs_may_be_missing_but_not_of_another_version(requirements):
    found = {"numpy": "2.4.6", "pillow": "13.0.0", "tensorflow": "2.20.0"}
    (finding,) = check_libraries(requirements, NEEDED, found.get)
    assert finding.level is Level.WARNING
    assert "tensorflow is 2.20.0, tested was 2.21.0" in finding.sentence


def test_the_installers_own_versions_do_not_matter(tmp_path):
    (tmp_path / "requirements.txt").write_text("setuptools==84.2.1\n")
    findings = check_libraries(tmp_path / "requirements.txt", (), {"setuptools": "65.5.0"}.get)
    assert levels(findings) == [Level.OK]


def never():
    raise AssertionError("a machine without a GPU was asked for a second time")


@pytest.mark.parametrize(
    ("device", "level"), [("auto", Level.OK), ("cpu", Level.OK), ("gpu", Level.FAILURE)]
)
def test_a_machine_without_a_gpu(tmp_path, device, level):
    (finding,) = check_gpu(device, tmp_path, never)
    assert finding.level is level
    assert "There is no " in finding.sentence


@pytest.mark.parametrize(
    ("device", "usable", "level"),
    [
        ("auto", 1, Level.OK),
        ("gpu", 1, Level.OK),
        ("auto", 0, Level.WARNING),
        ("gpu", 0, Level.FAILURE),
    ],
)
def test_a_machine_with_a_gpu(tmp_path, device, usable, level):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidia0").touch()
    (finding,) = check_gpu(device, tmp_path, lambda: usable)
    assert finding.level is level


def test_a_gpu_that_nobody_wants_is_not_probed(tmp_path):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidia0").touch()
    (finding,) = check_gpu("cpu", tmp_path, never)
    assert (finding.level, "unused" in finding.sentence) == (Level.OK, True)


@pytest.mark.parametrize(
    ("probe", "found"),
    [
        ("print('chatter'); print(2)", 2),
        ("print('no number')", 0),
        ("pass", 0),
        ("raise SystemExit(1)", 0),
    ],
)
def test_the_probe_runs_in_a_process_of_its_own(probe, found):
    assert usable_gpus(probe) == found


def test_asking_loads_no_tensorflow_here(tmp_path):
    script = (
        "import sys, pathlib\n"
        "from accessctl.service.machine_checks import check_gpu\n"
        "list(check_gpu('auto', pathlib.Path(sys.argv[1])))\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == 0


TODAY = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC).timestamp()


@pytest.mark.parametrize(
    ("synchronised", "level"), [(True, Level.OK), (None, Level.OK), (False, Level.WARNING)]
)
def test_a_sane_date(synchronised, level):
    (finding,) = check_clock(TODAY, lambda: synchronised)
    assert finding.level is level
    assert "2026-11-22 12:00 UTC" in finding.sentence


@pytest.mark.parametrize("now", [0.0, TODAY - 365 * 86400, TODAY + 30 * 365 * 86400, -1e18, 1e18])
def test_a_date_that_cannot_be(now):
    (finding,) = check_clock(now, lambda: True)
    assert finding.level is Level.FAILURE
    assert finding.sentence.endswith("cannot be today; set the clock.")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("flags\t\t: fpu sse4_2 avx avx2 fma", "AVX2 without VNNI"),
        ("flags\t\t: avx2 avx512f avx512_vnni", "AVX-512 with VNNI (8 bits)"),
        ("flags\t\t: avx2 avx_vnni", "AVX2 with VNNI (8 bits)"),
        ("flags\t\t: avx2 avx512f", "AVX-512 without VNNI"),
        ("Features\t: fp asimd evtstrm asimddp", "NEON with dot products (8 bits)"),
        ("Features\t: fp asimd", "NEON"),
        ("flags\t\t: fpu sse2", "neither"),
        ("", "neither"),
    ],
)
def test_which_kind_of_processor_it_is(flags, told):
    found = processor_of(f"model name\t: Some Core\n{flags}\n", cores=2)
    assert (found.name, found.cores, found.multiplies) == ("Some Core", 2, told)


def test_the_processor_is_told_in_one_line(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Some Core\nflags\t: avx2\n")
    (finding,) = check_processor(cpuinfo)
    assert finding.level is Level.OK
    assert finding.sentence.startswith("Some Core, ")
    assert finding.sentence.endswith("AVX2 without VNNI.")


def test_a_processor_without_vectors_or_a_file_is_warned_of(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    (finding,) = check_processor(cpuinfo)
    assert finding.level is Level.WARNING
    cpuinfo.write_text("model name\t: Old\nflags\t: sse2\n")
    (finding,) = check_processor(cpuinfo)
    assert finding.level is Level.WARNING
    assert "neither AVX2 nor NEON" in finding.sentence
