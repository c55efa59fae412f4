"""Recorded evidence under another configuration: what would have come of it?

Each decision is made again at the moment it was made. Taken as they were: the match
figures (so the encoder, the gallery and `policy.window_s`), doubts of the gallery, lockout, what
the cues of liveness said, what the person's rules allowed, the last grant, the last crossing, and
a gesture and a second factor of the kind that was asked for. Whom stricter rules would have kept
waiting shows as undecided.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from accessctl.config import PolicyConfig
from accessctl.config.liveness import Mode
from accessctl.config.policy import AccessConfig
from accessctl.domain import CueVerdict, Event, EventKind, Outcome, PersonId, Reason
from accessctl.policy.access import AccessPlan
from accessctl.policy.admit import asked, decide_visit
from accessctl.policy.circumstances import Circumstances, Proof, place
from accessctl.policy.decide import DecisionRules, Naming, Verdict
from accessctl.policy.evidence_record import EvidenceRecord, LivenessRecord, from_data


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
    """For each decision what would have come of it, or its number when it has no evidence of that.

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
        naming = naming_under(policy, recorded)
        if naming is None:
            yield number
            continue
        recorded = replace(recorded, evidence=replace(recorded.evidence, naming=naming))
        if recorded.door not in plans:
            plans[recorded.door] = AccessPlan.of(access, recorded.door)
        claimed = naming is Naming.CLAIMED
        rate = policy.claimed_fmr if claimed else max_fmr(policy.attempt_fpir, recorded.people)
        rules = DecisionRules.of(policy, rate)
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
    recorded: EvidenceRecord,
    time: float,
    rules: DecisionRules,
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
        intent=as_shown(recorded.intent, recorded.gesture, policy.intent),
        liveness_doubted=recorded.doubted,
        gallery_doubt=recorded.gallery,
        doorway=recorded.doorway,
        stale=recorded.stale,
    )
    wanted = asked(circumstances, policy.second_factor)
    shown = as_shown(recorded.second_factor, recorded.factor, wanted)
    circumstances = replace(circumstances, factor=wanted, second_factor=shown)
    return decide_visit(recorded.evidence, rules, recorded.last_grant, recorded.now, circumstances)


def naming_under(policy: PolicyConfig, recorded: EvidenceRecord) -> Naming | None:
    """What says at a door of that `policy` who the visitor is; None where that was not looked for,
    so that nobody knows what would have been found."""
    naming = recorded.evidence.naming
    if naming is Naming.CLAIMED:
        return naming
    if recorded.people > policy.identify_up_to:
        return Naming.UNCLAIMED
    return naming if naming is Naming.SEARCHED else None


def liveness_under(mode: Mode, proof: Proof, record: LivenessRecord) -> Proof:
    """What `proof`, given as `record` says, is worth at a door of that `mode`.

    A challenge that nobody posed has not been answered; passively, the cues' words count. While
    a cue doubts, nothing has been shown.
    """
    if mode == "off":
        return Proof.NOT_NEEDED
    if mode == record.mode:
        return proof
    if record.vetoes:
        return Proof.REFUTED
    said = {word.verdict for word in record.cues}
    if mode == "passive" and CueVerdict.CONFIRM in said and CueVerdict.DOUBT not in said:
        return Proof.SHOWN
    return Proof.PENDING


def as_shown(proof: Proof, asked: str, wanted: str) -> Proof:
    """What a proof that was given when `asked` was wanted is worth where `wanted` is.

    Of a second factor or of a gesture; "off" wants nothing.
    """
    if wanted == "off":
        return Proof.NOT_NEEDED
    return proof if asked == wanted else Proof.PENDING
