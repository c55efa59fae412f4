"""Recorded evidence under another configuration: what would have come of it?

Each decision is made again at the moment it was made. Taken as they were: the match
figures (so the encoder, the gallery and `policy.window_s`), lockout, what the cues of liveness
said, what the person's rules allowed, the last grant, the last crossing, and a gesture and a
second factor of the kind that was asked for. Whom stricter rules would have kept waiting shows as
undecided.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from accessctl.config import PolicyConfig
from accessctl.config.liveness import Mode
from accessctl.config.policy import AccessConfig
from accessctl.domain import Event, EventKind, Outcome, PersonId, Reason
from accessctl.policy.access import AccessPlan
from accessctl.policy.admit import decide_visit
from accessctl.policy.circumstances import Circumstances
from accessctl.policy.crowd import place
from accessctl.policy.evidence import Verdict
from accessctl.policy.liveness_record import intent_under, liveness_under
from accessctl.policy.recorded import Recorded, from_data
from accessctl.policy.rules import Rules
from accessctl.policy.second_factor import as_shown, asked


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision then and now; `after` None: still undecided at that moment.

    `candidate` is whom the evidence points to, also when that person was not named.
    """

    number: int
    time: float
    candidate: PersonId | None
    before: tuple[Outcome, Reason]
    after: tuple[Outcome, Reason] | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


def replay(
    events: Iterable[tuple[int, Event]],
    policy: PolicyConfig,
    access: AccessConfig,
    mode: Mode,
    max_fmr: Callable[[float, int], float],
) -> Iterator[Replayed | int]:
    """For each decision what would have come of it, or its number when it has no evidence.

    `mode` is that of liveness; `max_fmr` gives the rate one comparison may have for a target
    FPIR and so many people.
    """
    plans: dict[str, AccessPlan] = {}
    for number, event in events:
        if event.kind is not EventKind.DECISION or event.data.get("reason") == Reason.NO_RECORD:
            continue
        try:
            recorded = from_data(event.data["evidence"])
            before = Outcome(event.data["decision"]), Reason(event.data["reason"])
        except (KeyError, ValueError):
            yield number
            continue
        if recorded.door not in plans:
            plans[recorded.door] = AccessPlan.of(access, recorded.door)
        rules = Rules.of(policy, max_fmr(policy.target_fpir, recorded.people))
        verdict = again(recorded, event.time, rules, plans[recorded.door], policy, mode)
        pooled = recorded.evidence.pooled
        yield Replayed(
            number,
            event.time,
            None if pooled is None else pooled.person,
            before,
            None if verdict is None else (verdict.outcome, verdict.reason),
        )


def again(
    recorded: Recorded,
    time: float,
    rules: Rules,
    plan: AccessPlan,
    policy: PolicyConfig,
    mode: Mode,
) -> Verdict | None:
    """The verdict on recorded evidence; `time` is the decision's, in epoch seconds."""
    if plan.passback.direction == "none":
        # Of another door only the record says where it leads.
        passback = replace(plan.passback, direction=recorded.direction)
        plan = replace(plan, passback=passback)
    circumstances = Circumstances(
        plan,
        time,
        recorded.person,
        recorded.locked_out,
        liveness_under(mode, recorded.liveness, recorded.cues),
        place=place(
            recorded.widths, recorded.index, policy.several_faces, policy.several_faces_ratio
        ),
        last_crossing=recorded.crossing,
        intent=intent_under(policy.intent, recorded.intent, recorded.gesture),
        liveness_doubted=recorded.doubted,
    )
    wanted = asked(circumstances, policy.second_factor)
    shown = as_shown(recorded.second_factor, recorded.factor, wanted)
    circumstances = replace(circumstances, factor=wanted, second_factor=shown)
    return decide_visit(recorded.evidence, rules, recorded.last_grant, recorded.now, circumstances)
