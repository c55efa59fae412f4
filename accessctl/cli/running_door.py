"""`accessctl status` and `reload`: what is asked of the running door."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    local_time,
    print_json,
)
from accessctl.cli.doorway import doorway_lines
from accessctl.cli.front import Verb
from accessctl.config import Config
from accessctl.control.client import ask
from accessctl.errors import InputError
from accessctl.storage.parsing import printable

# Pictures that come so much later than they used to are told of.
LATE_S = 0.5
# Width of the column of labels.
LABEL = 10
DAY_S = 86400
REMOVED = "somebody removed"


@dataclass(frozen=True, kw_only=True)
class StatusOptions(ConfigOption, JsonOption):
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Look again every second, until q or Ctrl-C is pressed."),
    ] = False


@dataclass(frozen=True, kw_only=True)
class ReloadOptions(ConfigOption, JsonOption):
    socket: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Default: service.socket of the configuration."),
    ] = None


def run_status(args: StatusOptions) -> int:
    """0 when a door answers, whatever it says; 1 when none does."""
    config = config_from(args)
    if args.watch:
        if args.json:
            raise InputError("--watch is for people; a program asks again with --json.")
        # It needs the words below, and nobody else needs it.
        from accessctl.cli.watch import watch

        return watch(config.service.socket)
    report = {**ask(config.service.socket, "status"), **_sent(config)}
    if args.json:
        print_json(report)
    else:
        print("\n".join(lines(report)))
    return 0


def _sent(config: Config) -> Mapping[str, Any]:
    """What the hub has signed for, which stands on the disk; nothing where none is named."""
    if config.sync.hub is None:
        return {}
    from accessctl.sync.outbox import kept_receipt

    kept = kept_receipt(config.sync_folder)
    sent = {} if kept is None else {"record": kept.number, "time": kept.time}
    return {"hub": {"url": config.sync.hub, **sent}}


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """What people read; a door that is still starting says less."""
    camera = report["camera"]
    yield _line("door", f"{report.get('door', '?')}, {camera['state']}")
    yield _line("camera", _camera(camera))
    if camera["error"]:
        yield _line("", printable(camera["error"]))
    if camera.get("upside_down"):
        yield _line("", "It seems to be upside down; set camera.rotate.")
    if camera.get("on_its_side"):
        yield _line("", "It seems to lie on its side; set camera.rotate to 90 or 270.")
    yield _line("frames", _frames(camera))
    if report.get("scenery"):
        yield _line("scenery", f"{report['scenery']} faces that do not move, taken for pictures")
    if "infrared" in report:
        yield from _infrared(report["infrared"])
    if "people" in report:
        yield _line("people", str(report["people"]))
        if report.get("beyond_calibration"):
            yield _line("", report["beyond_calibration"])
        if report.get("rate_doubt"):
            yield _line("rate", f"{printable(report['rate_doubt'])}.")
        if report.get("rate_here"):
            yield _line("here", printable(report["rate_here"]))
        yield from _badges(report)
        yield from _gallery(report.get("gallery", {}))
        yield _line("encoder", f"{report['encoder']} on {report['device']}")
        yield _line("liveness", report["liveness"])
        yield _line("lockout", lockout_in_words(report["lockout"]))
        yield from _locked_out(report["lockout"])
    if not report.get("clock", {"believed": True})["believed"]:
        yield _line("clock", clock_words(report["clock"]["jumped_s"]))
    if "doorway" in report:
        yield from doorway_lines(report["doorway"], LABEL + 2)
    if "mqtt" in report:
        yield _line("mqtt", mqtt_words(report["mqtt"]))
    if "controller" in report:
        yield _line("controller", controller_in_words(report["controller"]))
    if "hub" in report:
        yield _line("hub", _hub(report["hub"]))
    if "site" in report:
        yield from _site(report["site"])
    if not report.get("acting", True):
        yield _line("acting", "no: another door acts for this lock, and this one watches only")
    done = report["actions"]
    yield _line("actions", f"{done['ok']} done, {done['failed']} failed")
    yield _line("running", f"{duration(report['uptime_s'])}, accessctl {report['version']}")
    yield _line("config", printable(report["config"]))
    for weaker in report.get("config_refused", ()):
        yield _line("", f"the file is not accepted; it is weaker in {printable(weaker)}")
    for number, decision in enumerate(report["decisions"]):
        yield _line("" if number else "decisions", _decision(decision))


def controller_in_words(controller: Mapping[str, Any]) -> str:
    shows = ", ".join(f"{what} {printable(str(how))}" for what, how in controller["told"].items())
    lasting = f"{printable(controller['detail'])}, for {duration(controller['for_s'])}"
    return f"{lasting}; it shows {shows}" if shows else lasting


def duration(seconds: float) -> str:
    """3 d 04:05:06, without the days when there are none."""
    days, rest = divmod(int(seconds), DAY_S)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def clock_words(jumped_s: float) -> str:
    from accessctl.audit.clock_watch import jump_in_words

    return f"{jump_in_words(jumped_s)}; see `accessctl clock`"


def mqtt_words(link: Mapping[str, Any]) -> str:
    broker, since = printable(link["broker"]), duration(link["for_s"])
    missed = f"; {link['missed']} events not sent" if link["missed"] else ""
    if link["connected"]:
        return f"connected to {broker} for {since}, {link['tls'] or 'without TLS'}{missed}"
    why = f" ({printable(link['error'])})" if link["error"] else ""
    return f"{broker} is away for {since}{missed}{why}"


def _line(label: str, text: str) -> str:
    return f"{label:<{LABEL}}  {text}"


def _camera(camera: Mapping[str, Any]) -> str:
    size = f", {camera['width']}x{camera['height']}" if camera["width"] else ""
    return printable(camera.get("description", "not opened yet")) + size


def _infrared(infrared: Mapping[str, Any]) -> Iterator[str]:
    yield _line("infrared", printable(infrared["description"]))
    if infrared["error"]:
        yield _line("", f"nobody is found alive without it: {printable(infrared['error'])}")


def _gallery(gallery: Mapping[str, Any]) -> Iterator[str]:
    if gallery.get("trouble"):
        shut = "" if gallery["counts"] else "nobody is let in: "
        age = f" ({gallery['age_s']:.0f} s)" if gallery["age_s"] else ""
        yield _line("gallery", f"{shut}{printable(gallery['trouble'])}{age}")


def _frames(camera: Mapping[str, Any]) -> str:
    if camera["frame_age_s"] is None:
        return "none yet"
    failed = f", {camera['failed']} failed" if camera.get("failed") else ""
    behind = camera.get("behind_s") or 0.0
    late = f", {behind:.1f} s later than before" if behind >= LATE_S else ""
    return (
        f"{camera['fps']:.1f} a second, the last {camera['frame_age_s']:.1f} s ago; "
        f"{camera['frames']} looked at, {camera.get('dropped', 0)} dropped, "
        f"{camera['reconnects']} reconnects{failed}{late}"
    )


def _hub(hub: Mapping[str, Any]) -> str:
    if "record" not in hub:
        return f"{hub['url']} has nothing of this door's log yet; see `accessctl join`"
    when = f"{local_time(hub['time']):%Y-%m-%d %H:%M:%S}"
    return f"{hub['url']} has the log up to record {hub['record']}, said at {when}"


def _site(site: Mapping[str, Any]) -> Iterator[str]:
    """How the people are kept as the hub's."""
    if not site["age_known"]:
        age = "since the machine was off nobody knows how old the hub's last word is"
    elif site["age_s"] is None:
        age = "the hub has not said yet who may enter"
    else:
        age = f"as the hub had them {duration(site['age_s'])} ago"
    waiting = f"; {site['waiting']} changes made here wait for it" if site["waiting"] else ""
    yield _line("site", f"{age}{waiting}")
    if site["trouble"]:
        yield _line("", printable(site["trouble"]))
    if site.get("alone"):
        yield _line("", "other doors of its area are not heard of; its own log alone counts")
    if site.get("watched"):
        yield _line("", "somebody at the hub looks through its camera")
    for refused in site["settings_refused"]:
        yield _line("", f"what the hub wants does not count: {printable(refused)}")


def lockout_in_words(lockout: Mapping[str, Any]) -> str:
    if "error" in lockout:
        return printable(lockout["error"])
    refused = f"{lockout['refused']:.3g} refused attempts count"
    if lockout["off"]:
        return f"faces are off until `accessctl unlock-face`; {refused}"
    if lockout["remaining_s"]:
        return f"for another {lockout['remaining_s']:.0f} s; {refused}"
    return f"none; {refused}"


def _locked_out(lockout: Mapping[str, Any]) -> Iterator[str]:
    """Those whose own refusals lock them out, while everybody else is let in."""
    told = lockout.get("locked_out", ())
    for one in told:
        name = REMOVED if one["person"] is None else printable(one["person"])
        lasting = (
            "until `accessctl unlock-face NAME`"
            if one["off"]
            else f"for another {one['remaining_s']:.0f} s"
        )
        yield _line("", f"{name} is locked out {lasting}")
    more = lockout.get("people", 0) - len(told)
    if more > 0:
        yield _line("", f"{more} more people are locked out")


def _badges(report: Mapping[str, Any]) -> Iterator[str]:
    """That badges are required, whose waits for a visitor, and that the reader is away."""
    if report.get("badge_notice"):
        yield _line("badges", f"{printable(report['badge_notice'])}.")
    badges = report.get("badges", {})
    if badges.get("waiting"):
        name = REMOVED if badges["person"] is None else printable(badges["person"])
        yield _line("badge", f"of {name}, read {badges['age_s']:.0f} s ago; waits for a visitor")
    reader = badges.get("reader")
    if reader is not None:
        yield _line("reader", printable(reader["error"] or "ready"))


def _decision(decision: Mapping[str, Any]) -> str:
    moment = local_time(decision["time"])
    parts = [
        f"{moment:%Y-%m-%d %H:%M:%S}",
        f"{decision['outcome']:<7}",
        printable(decision["person"] or ""),
        f"({decision['reason']})",
        f"after {decision['latency_ms']:.0f} ms",
        f"visit {decision['visit']}",
    ]
    return "  ".join(part for part in parts if part)


def run_reload(args: ReloadOptions) -> int:
    """Exit code 2 with the door's reason when it goes on with the configuration it had."""
    answer = ask(args.socket or config_from(args).service.socket, "reload")
    if args.json:
        print_json(answer)
    else:
        changed = ", ".join(map(str, answer["changed"])) or "nothing had changed"
        print(f"Reloaded: {changed}; {answer['people']} people enrolled.")
    return 0


STATUS = Verb(
    run_status,
    StatusOptions,
    "Asks the running door how it is: its camera, people, liveness, lockout, actions and its "
    "latest decisions. It ends with 1 when no door answers. With --watch it goes on looking, and "
    "waits for a door that is not there.",
    ("accessctl status", "accessctl status --watch", "accessctl status --json"),
)
RELOAD = Verb(
    run_reload,
    ReloadOptions,
    "Has the running door read its configuration and its people again, and says what changed. "
    "Where the new configuration cannot be used, the door goes on with the old one and says why.",
    ("accessctl reload",),
)
