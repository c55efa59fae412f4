"""Whom the faces of a frame show: which of them the whole encoder sees, and what that makes of
their visits.

A frame that repeats the one before it is not encoded: whoever it shows has been told already. Nor
is one that the cues of liveness pass over because it comes so soon after the last one. Neither ever
counts as evidence of who somebody is, so that a grant rests on frames that were encoded and nothing
else; and the door has the frame of a grant encoded in any case.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from accessctl.config import PolicyConfig
from accessctl.domain import Embedding, Face, Frame, Image, Match, Sighting
from accessctl.door.visit import Visit, pooled, timed
from accessctl.gallery.badges import Badge
from accessctl.recognition.matcher import Roster
from accessctl.recognition.pooling import Probe
from accessctl.recognition.recogniser import Recogniser
from accessctl.recognition.repeats import Look, appearance, repeats, soon_after

FEWEST = 5
"""Every frame is encoded until a visit has so many, or as many as a grant asks for, in the window:
nobody waits longer for being let in."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownIdentity:
    """What a frame says of the identity of one face: its own `sighting`, or, where it repeats an
    earlier frame, that one's."""

    sighting: Sighting
    repeated: bool = False

    @property
    def embedding(self) -> Embedding | None:
        """The frame's own; None where it was not encoded."""
        return None if self.repeated else self.sighting.embedding


@dataclass(frozen=True, slots=True, eq=False)
class Identified:
    """The visit of one face after a frame, and what the frame said of it."""

    visit: Visit
    shown: ShownIdentity


@dataclass(frozen=True, slots=True)
class Identifier:
    """What tells the faces of a frame: crops, embeddings, and the search among the enrolled, or
    the comparison with whoever a badge names that still `counts`."""

    recogniser: Recogniser
    roster: Roster
    policy: PolicyConfig
    counts: Callable[[Badge], bool]

    def identify(
        self,
        frame: Frame,
        faces: Sequence[Face],
        visits: Mapping[int, Visit],
        timings: dict[str, float],
        *,
        whole: bool = False,
    ) -> dict[int, Identified]:
        """What the frame says of usable `faces`, by their tracks; `visits` are theirs before it.

        All are encoded, whatever they repeat, where that is to be `whole`. Adds to `timings` the
        milliseconds of the stages "encode" and "match".
        """
        if not faces:
            return {}
        with timed(timings, "encode"):
            crops = self.recogniser.crops(frame.image, faces)
            looks = [Look(frame.captured, appearance(crop)) for crop in crops]
            known = {}
            for face, look in zip(faces, looks, strict=True):
                visit = visits[face.track]
                if not whole and self._repeats(look, visit):
                    shown = ShownIdentity(visit.sightings[-1], repeated=True)
                    known[face.track] = Identified(visit, shown)
            due = [n for n, face in enumerate(faces) if face.track not in known]
            news = self._encoded(frame, [faces[n] for n in due], crops[due], visits)
        with timed(timings, "match"):
            told = self._matched(news, [visits[faces[n].track] for n in due])
        for n, (sightings, found) in zip(due, told, strict=True):
            visit = visits[faces[n].track].with_sightings(sightings, found, looks[n])
            known[faces[n].track] = Identified(visit, ShownIdentity(sightings[-1]))
        return known

    def claimed(self, visit: Visit, badge: Badge) -> Visit:
        """The visit once that badge was read for it: all that was seen is compared anew, with the
        badge's person alone."""
        visit = replace(visit, claim=badge)
        if not visit.sightings:
            return replace(visit, pooled=None)
        probes: list[Probe] = [*(one.embedding for one in visit.sightings), pooled(visit.sightings)]
        *alone, together = self._found(probes, [badge] * len(probes))
        sightings = tuple(
            replace(one, match=match) for one, match in zip(visit.sightings, alone, strict=True)
        )
        return replace(visit, sightings=sightings, pooled=together)

    def _found(self, probes: Sequence[Probe], claims: Sequence[Badge | None]) -> list[Match | None]:
        """Whom each of the probes shows, by the badge that was read for it, if one was."""
        found: list[Match | None] = [None] * len(probes)
        free = [n for n, claim in enumerate(claims) if claim is None]
        if free and not self.roster.badge_required:
            searched = self.roster.matcher.search_each([probes[n] for n in free])
            for n, match in zip(free, searched, strict=True):
                found[n] = match
        for badge in {claim.digest: claim for claim in claims if claim is not None}.values():
            # One that was taken away meanwhile, or whose person was, speaks for nobody.
            if self.counts(badge):
                own = [n for n, claim in enumerate(claims) if claim == badge]
                compared = self.roster.matcher.against(badge.person, [probes[n] for n in own])
                for n, match in zip(own, compared, strict=True):
                    found[n] = match
        return found

    def _repeats(self, look: Look, visit: Visit) -> bool:
        """Whether the frame may do without the encoder."""
        earliest = look.captured - self.policy.window_s
        counting = sum(one.captured >= earliest for one in visit.sightings)
        if visit.look is None or counting < max(FEWEST, self.policy.min_frames):
            return False
        # A grant rests on frames that were encoded and looked at for life: of a fast camera
        # those are encoded that the cues take, or none might be both.
        passed_over = visit.life.passes_over(look.captured) and soon_after(look, visit.look)
        return passed_over or repeats(look, visit.look)

    def _encoded(
        self, frame: Frame, faces: Sequence[Face], crops: Image, visits: Mapping[int, Visit]
    ) -> list[Sighting]:
        turns = [visits[face.track].encoded for face in faces]
        embeddings = self.recogniser.embed_crops(crops, turns)
        return [
            Sighting(frame.captured, embedding, face.quality.score, None)
            for face, embedding in zip(faces, embeddings, strict=True)
        ]

    def _matched(
        self, news: Sequence[Sighting], visits: Sequence[Visit]
    ) -> list[tuple[tuple[Sighting, ...], Match | None]]:
        """Of each new sighting those that count from now on, it being the last, and the search
        with all of them."""
        if not news:
            return []
        windows = [
            visit.window_with(new, self.policy.window_s)
            for visit, new in zip(visits, news, strict=True)
        ]
        alone_then_together: list[Probe] = [
            *(new.embedding for new in news),
            *(pooled(window) for window in windows),
        ]
        claims = [visit.claim for visit in visits]
        found = self._found(alone_then_together, claims * 2)
        alone, together = found[: len(news)], found[len(news) :]
        return [
            ((*window[:-1], replace(window[-1], match=match)), of_all)
            for window, match, of_all in zip(windows, alone, together, strict=True)
        ]
