"""What a worker process of the tests died of, said with the test that it was at.

pytest-xdist says only that it crashed; what Python's faulthandler wrote to standard error is lost
in what all the others print.
"""

import faulthandler
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, TextIO

import pytest

DYING_S = 5.0
MOST_SHOWN = 6000
_opened = pytest.StashKey[TextIO]()


class CrashReports:
    """A plugin of the tests' own process, which gives each worker a file to write to."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="accessctl-crashes-")

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["crash_file"] = str(self._file(node))

    def pytest_handlecrashitem(self, report: Any) -> None:
        try:
            status = report.node.gateway._io.popen.wait(DYING_S)
        except subprocess.TimeoutExpired:
            status = None
        told = self._file(report.node).read_text(encoding="utf-8", errors="replace")
        report.longrepr += f" ({ended_by(status)})\n{told[:MOST_SHOWN]}"

    def pytest_unconfigure(self) -> None:
        self._folder.cleanup()

    def _file(self, node: Any) -> Path:
        file = Path(self._folder.name) / node.gateway.id
        file.touch()
        return file


def ended_by(status: int | None) -> str:
    """In words: `status` is as subprocess gives it, below 0 for a signal; None: it is not over."""
    if status is None:
        return "it lives, and its connection was closed"
    if status >= 0:
        return f"it ended by itself with {status}"
    return f"killed by {signal.Signals(-status).name}"


def report_crashes(config: pytest.Config) -> None:
    """To be called by pytest_configure, after pytest's own."""
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    if given is not None:
        # Open until the process ends: it is written to when that does not expect it.
        file = config.stash[_opened] = Path(given["crash_file"]).open("w", encoding="utf-8")  # noqa: SIM115
        faulthandler.enable(file)
    elif config.pluginmanager.has_plugin("dsession"):
        config.pluginmanager.register(CrashReports())
