"""Parts of a door that fail, or wait, when they are told to."""

from accessctl.audit.log import EventLog
from accessctl.config import PolicyConfig
from accessctl.domain import CueVerdict, EventKind
from accessctl.errors import StoreError
from accessctl.liveness.worker import CueAnswer, DirectCueRunner


class InjectedError(Exception):
    """Something that nobody foresaw."""


class FaultyLog:
    """The real log, on a disk that can be full; knows by which policy each decision was made."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.full = False
        self.policy = PolicyConfig()
        self.made_by: dict[tuple[str, int], PolicyConfig] = {}
        self.query = log.query

    def append(self, event) -> int:
        if self.full:
            raise StoreError("The disk is full.")
        if event.kind is EventKind.DECISION:
            self.made_by[event.data["visit"], event.data["attempt"]] = self.policy
        return self._log.append(event)


class SlowCues(DirectCueRunner):
    """Keeps its answers back while `held`; what was said of each visit by the time it was heard."""

    def __init__(self, examine) -> None:
        super().__init__(examine)
        self.held = False
        self.heard: dict[str, set[CueVerdict]] = {}

    def answers(self) -> list[CueAnswer]:
        answers = [] if self.held else super().answers()
        for one in answers:
            said = {result.verdict for result in one.results}
            self.heard.setdefault(one.visit, set()).update(said)
        return answers
