"""An action of one's own: custom_action.py config.yaml. It counts who came in, day by day."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import accessctl


class Tally:
    """Made with the `options` of config.yaml; runs beside the loop, and never twice at once."""

    name = "tally"

    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def perform(self, payload: Mapping[str, Any]) -> accessctl.ActionResult:
        """`payload` is what a program or a web hook is given of a decision."""
        days = json.loads(self._file.read_text()) if self._file.exists() else {}
        day = payload["time"][:10]
        days[day] = days.get(day, 0) + 1
        self._file.write_text(json.dumps(days))
        return accessctl.ActionResult(True, "Counted.", 0.0)


accessctl.register("actions", "tally", Tally)

with open(sys.argv[1], encoding="utf-8") as file:
    content = yaml.safe_load(file)
tally = {"type": "custom", "name": "tally", "options": {"file": "tally.json"}}
content.setdefault("actions", {})["granted"] = [tally]
with accessctl.open_engine(content) as engine:
    accessctl.run_door(engine)
print(Path("tally.json").read_text())
