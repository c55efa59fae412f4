"""Who stands before the door: from the faces of a frame to visits.

A track that breaks while somebody walks up is no second visit, but it may be somebody else from
then on: the visit goes on, and all that was seen of it is seen anew. Scenery, which has been in
its place for long, is no visitor, and company for nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import hypot, log

from accessctl.domain import Box, Face, Outcome, Reason
from accessctl.door.visit import Visit, pooled
from accessctl.policy.decide import Verdict
from accessctl.recognition.matcher import Matcher
from accessctl.vision.tracker import SCENERY_S

JOIN_S = 0.5
"""Of two tracks that follow each other within so many seconds one may be the other's face."""

JOIN_REACH, JOIN_GROWTH = 1.5, 0.5
"""How far the face may have come, in its widths, and how much its size may differ, in natural
logarithms."""


def meet(
    visits: dict[int, Visit], faces: Sequence[Face], now: float, new_id: Callable[[], str]
) -> list[str]:
    """Begin or go on with the visit of each face in `visits`, by their tracks.

    Returns the ids of those that go on along another track: what they have shown is forgotten.
    """
    joined = []
    for face in faces:
        if face.track in visits:
            continue
        before = predecessor(visits, faces, face, now)
        if before is None:
            visits[face.track] = Visit(new_id(), now, still_at_first=face.still_s >= SCENERY_S)
            continue
        earlier = visits[before]
        if earlier.final:
            # Of those before it nothing is asked any more: faces may flicker for months.
            visits[face.track] = Visit(new_id(), now, after=replace(earlier, after=None))
        elif earlier.verdict is None and earlier.life.owes:
            # To break one's track must not be a way to shed a doubt or to get another challenge:
            # the earlier visit comes to what leaving it comes to.
            visits[face.track] = Visit(new_id(), now)
        else:
            del visits[before]
            visits[face.track] = earlier.on_another_track()
            joined.append(earlier.id)
    scenery = [is_scenery(face, visits[face.track], now) for face in faces]
    for index, face in enumerate(faces):
        others = [i for i in range(len(faces)) if i == index or not scenery[i]]
        visits[face.track] = replace(
            visits[face.track],
            last_seen=now,
            box=face.box,
            widths=tuple(faces[i].box.w for i in others),
            index=others.index(index),
        )
    return joined


def is_scenery(face: Face, visit: Visit, now: float) -> bool:
    """Whether nothing new is to be expected of a face that has not moved for long.

    It was decided on; or it stood there before the visit began; or nothing could be made of it in
    all that time, because it was never usable, or hardly ever. Any movement ends that.
    """
    if face.still_s < SCENERY_S:
        return False
    if visit.verdict is not None or visit.still_at_first or visit.since is None:
        return True
    return now - visit.since >= SCENERY_S


def predecessor(
    visits: Mapping[int, Visit], faces: Sequence[Face], face: Face, now: float
) -> int | None:
    """The track of the visit whose face was lost just now about where a new `face` is seen.

    None where there is none, and where it could be one of several or somebody else's.
    """
    in_view = {one.track for one in faces}
    lost = [
        track
        for track, visit in visits.items()
        if track not in in_view and 0 <= now - visit.last_seen <= JOIN_S and _reaches(visit, face)
    ]
    if len(lost) != 1:
        return None
    rivals = [one for one in faces if one is not face and one.track not in visits]
    if any(_reaches(visits[lost[0]], rival) for rival in rivals):
        return None
    return lost[0]


def told_before(visit: Visit, verdict: Verdict, matcher: Matcher, fmr: float) -> Verdict | None:
    """The verdict of the visit before this one, where `verdict` is on whom that was decided on, a
    moment ago and for good: their face was only lost for a moment, and it stands. Else None.

    That is the person who was named both times, or a face that nobody was named for, be it for
    want of a badge, and that is the same at a false-match rate of `fmr`. Whom a badge named with
    another face is neither: each such badge is an attempt.
    """
    if visit.after is None or visit.after.verdict is None:
        return None
    earlier = visit.after.verdict
    if Outcome.UNKNOWN not in (earlier.outcome, verdict.outcome):
        if Reason.BADGE_MISMATCH in (earlier.reason, verdict.reason):
            return None
        named = earlier.match, verdict.match
        same = None not in named and len({one.person for one in named if one is not None}) == 1
        return earlier if same else None
    alike = earlier.outcome is verdict.outcome or verdict.reason is Reason.BADGE_REQUIRED
    if not (alike and visit.sightings and visit.after.sightings):
        return None
    faces = (pooled(visit.sightings), pooled(visit.after.sightings))
    return earlier if matcher.compare(*faces).fmr_upper <= fmr else None


def _reaches(visit: Visit, face: Face) -> bool:
    box: Box | None = visit.box
    if box is None or min(box.w, face.box.w) <= 0:
        return False
    (x0, y0), (x1, y1) = box.centre, face.box.centre
    near = hypot(x1 - x0, y1 - y0) <= JOIN_REACH * max(box.w, face.box.w)
    return near and abs(log(face.box.w / box.w)) <= JOIN_GROWTH
