import subprocess
import sys

import pytest

from accessctl.service.checks import gpu
from accessctl.service.checks.finding import Level
from accessctl.service.checks.gpu import check_gpu, usable_gpus


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
def test_the_probe_runs_in_a_process_of_its_own(monkeypatch, probe, found):
    monkeypatch.setattr(gpu, "PROBE", probe)
    assert usable_gpus() == found


def test_asking_loads_no_tensorflow_here(tmp_path):
    script = (
        "import sys, pathlib\n"
        "from accessctl.service.checks.gpu import check_gpu\n"
        "list(check_gpu('auto', pathlib.Path(sys.argv[1])))\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == 0
