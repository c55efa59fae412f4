from accessctl.service.tally import STAGE_BOUNDS, Histogram, Tally


def test_a_value_counts_up_to_its_bound_inclusively():
    histogram = Histogram((1.0, 2.0))
    for seconds in (0.5, 1.0, 1.5, 2.0, 2.5):
        histogram.note(seconds)
    assert histogram.counts == [2, 2, 1]
    assert histogram.total == 7.5


def test_a_copy_is_not_written_to():
    histogram = Histogram((1.0,))
    copied = histogram.copy()
    histogram.note(0.5)
    assert copied.counts == [0, 0]
    assert copied.total == 0.0


def test_stages_are_noted_in_seconds():
    tally = Tally()
    tally.note_stage("encode", 15.0)
    tally.note_stage("encode", 15.0)
    assert tally.stages["encode"].total == 0.03
    assert tally.stages["encode"].counts[STAGE_BOUNDS.index(0.02)] == 2
