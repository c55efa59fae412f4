"""A cue of liveness of one's own: custom_cue.py config.yaml.

It doubts a face that stays within one pixel for two seconds: a photo on a stand.
Where it doubts twice in a row, on frames of their own, the visit is refused. A cue that shall
confirm life says so in its role (`confirms=True`); measure it on recordings of living people and
of attacks before you do (`accessctl liveness test`).
"""

import sys
from collections.abc import Sequence

import numpy as np
import yaml

import accessctl

SECONDS, PIXELS = 2.0, 1.0


def at_rest(frames: Sequence[accessctl.LivenessFrame]) -> accessctl.CueResult:
    """`frames` are those of one face, oldest first, of the last three seconds or so."""
    if not frames or frames[-1].captured - frames[0].captured < SECONDS:
        return accessctl.CueResult("at-rest", accessctl.CueVerdict.UNDECIDED, np.nan, PIXELS)
    centres = np.array([frame.box.centre for frame in frames])
    moved = float(np.ptp(centres, axis=0).max())
    verdict = accessctl.CueVerdict.DOUBT if moved < PIXELS else accessctl.CueVerdict.CLEAR
    since, until = frames[0].captured, frames[-1].captured
    return accessctl.CueResult("at-rest", verdict, moved, PIXELS, len(frames), since, until)


accessctl.register("cues", "at-rest", accessctl.CueRole("at-rest", at_rest, vetoes=True))

with open(sys.argv[1], encoding="utf-8") as file:
    content = yaml.safe_load(file)
content.setdefault("liveness", {})["cues"] = ["at-rest"]
with accessctl.open_engine(content) as engine, accessctl.open_door(engine) as door:
    for _, step in door.steps():
        for face in step.faces:
            for line, verdict in face.gathered:
                if line.startswith("at-rest") and verdict is not accessctl.CueVerdict.UNDECIDED:
                    print(line)
