from accessctl.camera.outage import Outage


def test_each_outage_is_an_event_once() -> None:
    outage = Outage()
    events = [
        outage.worked(),
        outage.failed("unplugged"),
        outage.failed("missing"),
        outage.worked(),
        outage.worked(),
        outage.failed("unplugged again"),
    ]
    assert events == [None, "lost", None, "back", None, "lost"]


def test_the_latest_reason_is_kept_until_it_works_again() -> None:
    outage = Outage()
    outage.failed("unplugged")
    outage.failed("missing")
    assert (outage.failures, outage.error) == (2, "missing")
    outage.worked()
    assert (outage.failures, outage.error) == (0, None)
