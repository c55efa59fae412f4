"""Visits of somebody unknown whose pictures the hub has."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from accessctl.audit.append import End
from accessctl.hub.assembly import Hub
from accessctl.sync.picture_wire import picture_id
from accessctl.sync.site_sealing import seal_photo
from tests.console.sample_site import FRONT, STRANGER, SampleDecision, put_events

VISIT = "c0ffee123456"


def jpeg(shade: int) -> bytes:
    """What tests.console.test_enrol_pages.ByShade takes for somebody's face, by its shade."""
    return bytes(cv2.imencode(".jpg", np.full((16, 16, 3), shade, np.uint8))[1])


def put_visit(
    hub: Hub,
    *pictures: bytes | None,
    decisions: Sequence[SampleDecision] = (),
    visit: str = VISIT,
    door: str = FRONT,
    ago: float = 600.0,
) -> list[int]:
    """The numbers of a visit's decisions at that door, the first one `ago` seconds ago: as many
    refusals of somebody unknown as there are `pictures`, or these; None: it has no picture."""
    made = decisions or [STRANGER] * len(pictures)
    mark = hub.records.mark(door) or End(0, b"")
    events = []
    for at, decision in enumerate(made):
        event = decision.event(hub.now() - ago + 3 * at)
        data = {**event.data, "visit": visit, "attempt": at + 1}
        if pictures[at] is not None:
            data["snapshot"] = f"{at + 1:013d}-{visit}.snap"
        events.append(replace(event, data=data))
    put_events(hub.database, door, events)
    numbers = [mark.number + 1 + at for at in range(len(made))]
    for number, picture in zip(numbers, pictures, strict=True):
        if picture is not None:
            sealed = seal_photo(picture, picture_id(door, number), hub.site_keys.photos)
            assert hub.pictures.take(door, number, sealed)
    return numbers
