"""What happens at many doors on its way to the hub: a morning rush, and doors that were away."""

from collections.abc import Iterator

from accessctl.hub.assembly import Hub
from accessctl.hub.verify import verify_site
from benchmarks.bars.site_people import MB, WHO, Measure, Scale, spread
from benchmarks.bars.site_rig import SiteRig, stopwatch

WRITTEN = 0.95
"""Of the rate that was wanted: where the doors write less, nothing is said of the hub."""
PROMPT_S = 5.0
"""A hub that keeps up has signed for everything so soon after the last event."""


def rush(rig: SiteRig, _: Hub, scale: Scale) -> Iterator[Measure]:
    """Events at all doors by turns, at a rate that does not wait for the hub."""
    before = rig.hub_usage(), rig.database_usage(), rig.doors.usage()
    rate = scale.rate / rig.doors.count
    with stopwatch() as took:
        told = rig.doors.told("rush", rate=rate, seconds=scale.rush_s)
    lags, late_s = told["times"], max(told["late_s"])
    written = len(lags) / max(told["wrote_s"])
    note = f"{scale.rate:g} events a second for {scale.rush_s:.0f} s, {len(rig.names)} doors"
    yield Measure("events written in the rush", written, "/s", note)
    yield from spread("an event is at the hub, signed for", lags, "s", note)
    yield Measure("the last is there after the rush", late_s, "s", note)
    share = written / scale.rate
    if share < WRITTEN:
        yield Measure("of which the doors, on the same cores, wrote", 100 * share, "%", note)
    else:
        yield Measure("the hub keeps up", float(late_s <= PROMPT_S), "(1: yes)", note)
    after = rig.hub_usage(), rig.database_usage(), rig.doors.usage()
    for who, one, earlier in zip(WHO, after, before, strict=True):
        used = one.cpu_s - earlier.cpu_s
        yield Measure(f"processor of {who} in the rush", 100 * used / took[0], "% of a core", note)
        yield Measure(f"processor of {who}, an event", 1000 * used / len(lags), "ms", note)


def week_away(rig: SiteRig, _: Hub, scale: Scale) -> Iterator[Measure]:
    """Doors that wrote while they had no hub, all back at once, while the others wait."""
    doors = rig.names[-scale.away_doors :]
    rig.doors.ask("end", doors=doors)
    rig.doors.ask("write", doors=doors, count=scale.away)
    before = rig.hub_usage(), rig.database_usage(), rig.doors.usage()
    with stopwatch() as took:
        times = rig.doors.ask("send", doors=doors)
    records = scale.away * len(doors)
    note = f"{scale.away} records at each of {len(doors)} doors, all back at once"
    yield Measure("records taken", records / took[0], "/s", note)
    yield from spread("a door's are there", times, "s", note)
    after = rig.hub_usage(), rig.database_usage(), rig.doors.usage()
    for who, one, earlier in zip(WHO, after, before, strict=True):
        used = 1e6 * (one.cpu_s - earlier.cpu_s) / records
        yield Measure(f"processor of {who}, 1,000 records", used, "ms", note)


def afterwards(rig: SiteRig, hub: Hub, _: Scale) -> Iterator[Measure]:
    """All that the hub has, read again; SystemExit where it is not what the doors wrote."""
    with stopwatch() as took:
        report = verify_site(hub.database)
    if not report.is_sound:
        raise SystemExit(f"The hub does not hold what the doors wrote: {report}")
    yield Measure("records read again and found whole", report.records / took[0], "/s")
    yield Measure("memory of the hub", rig.hub_usage().resident / MB, "MB")
