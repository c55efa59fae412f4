"""What one cue's words have come to in a visit: a doubt, a second one, a release."""

from dataclasses import dataclass, replace

from accessctl.liveness.result import CueResult, CueVerdict


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to remember of one cue.

    `latest` is its last word; `veto` and `doubt` are what stands against a grant, if anything
    does; frames captured up to `after` are not shown to it any more; `doubts` counts them all.
    """

    latest: CueResult | None = None
    veto: CueResult | None = None
    doubt: CueResult | None = None
    after: float = float("-inf")
    doubts: int = 0

    @property
    def against(self) -> CueResult | None:
        """What speaks against a grant now."""
        return self.veto or self.doubt


NEW = Standing()


def hear(before: Standing, result: CueResult, *, shown_after: float, vetoes: bool) -> Standing:
    """The standing after one more word.

    `shown_after`: the cue was shown only frames captured later; `vetoes`: it may refuse. A veto
    holds. A doubt suspends; the next one makes a veto of it, or, where the cue may not veto,
    suspends anew. Only a word that the cue is clear releases. A word that rests on frames which
    were doubted before is out of date: it neither makes a veto of a doubt nor releases; but a
    doubt that comes late puts off from when on frames may release.
    """
    if before.veto is not None:
        return before
    if result.verdict is CueVerdict.VETO:
        return replace(before, latest=result, veto=result)
    late = shown_after < before.after
    if late and result.verdict is not CueVerdict.DOUBT:
        return before
    if late and before.doubt is not None:
        return replace(before, after=max(before.after, result.until))
    if result.verdict is CueVerdict.DOUBT:
        if before.doubt is not None and vetoes:
            veto = replace(result, verdict=CueVerdict.VETO)
            return replace(before, latest=veto, veto=veto, doubts=before.doubts + 1)
        return Standing(result, None, result, max(before.after, result.until), before.doubts + 1)
    released = result.verdict in (CueVerdict.CLEAR, CueVerdict.CONFIRM)
    return replace(before, latest=result, doubt=None if released else before.doubt)


def cut_off(before: Standing, at: float) -> Standing:
    """The standing where nothing that was captured up to `at` counts any more."""
    return replace(before, after=max(before.after, at))
