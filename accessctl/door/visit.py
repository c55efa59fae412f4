"""One visit: evidence gathers here until one decision comes out."""

from collections import deque
from collections.abc import Callable

import numpy as np

from accessctl.domain import Embedding, Image, Match, Sighting
from accessctl.door.demands import Prompt
from accessctl.door.visit_liveness import VisitLiveness
from accessctl.liveness.cues.table import Lines
from accessctl.policy.circumstances import Proof
from accessctl.policy.decide import Evidence, Verdict
from accessctl.recognition.matcher import pool

# At 15 frames a second, eight seconds of evidence; bounds memory whatever the window says.
MAX_SIGHTINGS = 120


class Visit:
    """A tracked face from first sight until it leaves.

    `opened` and `last_seen` are capture times in seconds; `verdict` is set once. `widths`
    are those of all faces in the last frame that showed it, `index` its own; `picture` is
    what would be kept of the last usable one; `inspection` is there where somebody asks
    for life or a gesture, `prompt` while the visitor is asked for something, and `beside`
    while that is a second factor.
    """

    def __init__(self, visit_id: str, opened: float) -> None:
        self.id = visit_id
        self.last_seen = opened
        self.verdict: Verdict | None = None
        self.since: float | None = None
        self.seen = 0
        self.liveness = Proof.NOT_NEEDED
        self.intent = Proof.NOT_NEEDED
        self.second_factor = Proof.NOT_NEEDED
        self.inspection: VisitLiveness | None = None
        self.prompt: Prompt | None = None
        self.beside: Prompt | None = None
        self.widths: tuple[float, ...] = (1.0,)
        self.index = 0
        self.picture: Image | None = None
        self.pooled: Match | None = None
        self._sightings: deque[Sighting] = deque(maxlen=MAX_SIGHTINGS)

    def add(
        self, sighting: Sighting, window_s: float, search: Callable[[Embedding], Match | None]
    ) -> None:
        """Take in one usable frame and search again with the pooled embedding."""
        if self.since is None:
            self.since = sighting.captured
        self.seen += 1
        self._sightings.append(sighting)
        while sighting.captured - self._sightings[0].captured > window_s:
            self._sightings.popleft()
        embeddings = np.stack([s.embedding for s in self._sightings])
        weights = np.array([s.quality for s in self._sightings], np.float32)
        self.pooled = search(pool(embeddings, weights))

    @property
    def gathered(self) -> Lines:
        """What the cues of liveness have gathered, in words, until the visit is decided."""
        if self.inspection is None or self.verdict is not None:
            return ()
        return self.inspection.gathered

    def evidence(self, *, left: bool = False) -> Evidence:
        since = self.last_seen if self.since is None else self.since
        return Evidence(
            tuple(self._sightings), self.pooled, self.seen, since, left, self._live_frames()
        )

    def _live_frames(self) -> tuple[bool, ...] | None:
        if self.inspection is None or self.liveness is Proof.NOT_NEEDED:
            return None
        return tuple(self.inspection.looked_at(s.captured) for s in self._sightings)
