"""Four people at the door at once, all of them undecided."""

import numpy as np

from accessctl.demo.people import COLLINS, HOPPER, collins, cutouts, hopper
from accessctl.demo.scene import empty_room, place
from accessctl.demo.script import Stance
from accessctl.domain import Frame, Image
from accessctl.door.door import Door
from benchmarks.bars.row import Row

PLACES = (170, 480, 800, 1110)
FACE_PX = 120
FPS = 15
SETTLING = 15


def frames(count: int) -> list[Image]:
    """Both portraits of the demo twice, each swaying in its own time."""
    room = empty_room(0)
    cast = [
        cutouts(hopper(), HOPPER),
        cutouts(collins(), COLLINS),
    ]
    images = []
    for number in range(count):
        picture = room.copy()
        for index, x in enumerate(PLACES):
            sway = float(np.sin(number / 7 + index))
            place(picture, cast[index % 2], Stance(FACE_PX, x + 6 * sway, 300, yaw=4 * sway))
        images.append(picture)
    return images


def measure(door: Door, count: int) -> list[Row]:
    times, faces = [], []
    for index, image in enumerate(frames(count + SETTLING)):
        step = door.step(Frame(image, index / FPS, index))
        if index >= SETTLING:
            times.append(step.timings["frame"])
            faces.append(len(step.faces))
    note = f"{np.mean(faces):.1f} faces followed; median {np.median(times):.1f} ms a frame"
    rate = 1e3 / float(np.mean(times))
    return [Row("four faces in view", rate, 15, "fps", at_most=False, note=note)]
