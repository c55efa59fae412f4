"""Commands that hang, crash or flood when somebody is let in, before a door that goes on."""

from pathlib import Path
from typing import Any

FLOOD_BYTES = 300_000_000
# What a few kilobytes of kept output, and a busy door, may take.
MORE_MEMORY_MB = 40
MORE_LOG_BYTES = 200_000


def resident_mb(pid: int, field: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def begin(door: Any, mjpeg: Any, hook: dict[str, Any]) -> None:
    door.configure(actions={"granted": [hook, door.unlock]})
    door.start("--source", mjpeg.url)
    door.until_answering()
    door.open_once_more()


def goes_on(door: Any, hook: str) -> list[str]:
    """It records the failure, answers, serves the next visit and stops; what it recorded."""
    door.until(lambda: door.failures(hook), "a failure on record")
    door.open_once_more()
    status = door.status()
    assert status["camera"]["state"] == "watching"
    assert status["actions"]["failed"] >= 1
    assert door.stop() == 0, door.said()
    assert "Traceback" not in door.said()
    opened, granted = door.opened(), door.granted()
    assert len(opened) == len(set(opened))
    assert set(opened) <= set(granted)
    failed: list[str] = door.failures(hook)
    return failed


def test_one_that_hangs_and_heeds_no_signal(door: Any, mjpeg: Any) -> None:
    script = "trap '' TERM\nwhile :; do sleep 1; done"
    begin(door, mjpeg, door.hook("hang", script, timeout_s=1))
    assert set(goes_on(door, "hang")) == {"hang did not end within 1 s and was killed."}


def test_one_that_crashes(door: Any, mjpeg: Any) -> None:
    begin(door, mjpeg, door.hook("crash", "kill -SEGV $$"))
    assert set(goes_on(door, "crash")) == {"crash was killed by SIGSEGV."}


def test_one_that_floods_its_output(door: Any, mjpeg: Any) -> None:
    script = (
        f"[ -e {door.folder}/flooded ] && exit 3\n"
        f"head -c {FLOOD_BYTES} /dev/zero | tr '\\0' x\n"
        f"touch {door.folder}/flooded\nexit 3"
    )
    begin(door, mjpeg, door.hook("flood", script, timeout_s=60))
    before = resident_mb(door.pid, "VmRSS")
    door.until((door.folder / "flooded").exists, "the end of the flood")
    assert resident_mb(door.pid, "VmHWM") < before + MORE_MEMORY_MB
    assert set(goes_on(door, "flood")) == {"flood ended with status 3."}
    assert "bytes dropped" in door.said()
    written = [door.folder / "err", *(door.folder / "state").iterdir()]
    assert sum(file.stat().st_size for file in written if file.is_file()) < (
        MORE_LOG_BYTES + 20_000 * len(door.granted())
    )
