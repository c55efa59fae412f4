from accessctl.liveness.roles import ROLES, breaks, may_veto


def test_each_cue_is_there_once_and_says_its_name_of_nothing() -> None:
    names = [role.name for role in ROLES]
    assert len(set(names)) == len(names)
    for role in ROLES:
        assert role.look([]).cue == role.name


def test_who_holds_still_or_looks_odd_is_never_refused_for_it() -> None:
    assert not may_veto("stillness")
    assert not may_veto("texture")
    assert may_veto("continuity")
    assert may_veto("surroundings")


def test_a_cue_that_nobody_knows_may_refuse_and_breaks_nothing() -> None:
    assert may_veto("made up")
    assert not breaks("made up")


def test_a_break_undoes_what_was_shown_before() -> None:
    assert breaks("continuity")
    assert not breaks("stillness")


def test_life_by_shape_or_movement_is_bound_to_what_surrounds_the_face() -> None:
    assert {role.name for role in ROLES if role.framed} == {"depth", "blink"}
    assert {role.name for role in ROLES if role.confirms} == {"depth", "blink", "texture"}
