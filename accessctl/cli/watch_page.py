"""What `accessctl status --watch` shows of a door: one page, made anew of each answer. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import local_time
from accessctl.cli.doorway import told
from accessctl.cli.running_door import controller_in_words, duration, lockout_in_words
from accessctl.domain import DoorState
from accessctl.storage.parsing import printable

if TYPE_CHECKING:
    from rich.text import Text

LIT: Mapping[str, str] = MappingProxyType(
    {
        DoorState.CLOSED: "bold black on green",
        DoorState.UNLOCKED: "bold black on cyan",
        DoorState.OPEN: "bold black on yellow",
        DoorState.HELD: "bold white on red",
        DoorState.FORCED: "bold white on red",
    }
)
"""How each state of a doorway is lit while the door is in it."""

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {"granted": "green", "denied": "yellow", "unknown": "red"}
)
PICTURE = (
    "╭────────╮ a grant  ╭──────────╮ opens ╭──────╮ too long ╭──────╮",
    "│ closed ├─────────▶│ unlocked ├──────▶│ open ├─────────▶│ held │",
    "╰───┬────╯          ╰──────────╯       ╰──────╯          ╰──────╯",
    "    │ without a cause ╭────────╮",
    "    ╰────────────────▶│ forced │",
    "                      ╰────────╯",
)
"""The doorway's states, and what leads from one to the next; shut again, it is closed."""

ROOM = 16
"""Lines of a page below which the picture would leave no room for anything else."""

LABEL = 10
HELP = "q ends"


@dataclass(frozen=True, slots=True)
class WatchLine:
    """A line of the page; the higher its `rank`, the sooner it gives way where there is no room."""

    text: "Text"
    rank: int = 0


def page(report: Mapping[str, Any], now: float, width: int, height: int) -> "Text":
    """The page of a door's answer to `status` at the epoch time `now`: `height` lines of at most
    `width` characters. ValueError for an answer of which no page can be made."""
    try:
        body = list(_body(report, width, height))
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError("the answer is not one of this version of accessctl") from error
    return _fitted([WatchLine(_title(report, now)), *body], width, height)


def waiting_page(why: str, now: float, width: int, height: int) -> "Text":
    """The page while no door answers, for the reason `why`."""
    lines = [
        _styled(f"accessctl  {local_time(now):%H:%M:%S}", "bold"),
        _styled("No door answers; waiting.", "bold yellow"),
        _styled(printable(why), "dim"),
    ]
    return _fitted([WatchLine(line) for line in lines], width, height)


def picture(state: str, width: int, height: int) -> "Iterator[Text]":
    """The states with the present one lit; in one line where there is no room for more."""
    if width < len(PICTURE[0]) or height < ROOM:
        yield _lit("  ".join(DoorState), state)
        return
    for line in PICTURE:
        yield _lit(line, state)


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Iterator[str]:
    """What is new in `after`, a line each, for whoever reads it in a file; None: all is."""
    known = before or {}
    seen = {one["visit"]: one["time"] for one in known.get("decisions", ())}
    if _camera(after) != _camera(known):
        yield f"camera: {_camera(after)}"
    if _doorway(after) != _doorway(known):
        yield from (f"doorway: {line}" for line in _doorway(after))
    for one in reversed(after["decisions"]):
        if seen.get(one["visit"]) != one["time"]:
            yield decided(one)


def decided(decision: Mapping[str, Any]) -> str:
    """A decision in the words of `accessctl status`, without its date."""
    parts = [
        f"{local_time(decision['time']):%H:%M:%S}",
        f"{decision['outcome']:<7}",
        printable(decision["person"] or ""),
        f"({decision['reason']})",
        f"after {decision['latency_ms']:.0f} ms",
    ]
    return "  ".join(part for part in parts if part)


def _title(report: Mapping[str, Any], now: float) -> "Text":
    door = printable(str(report.get("door", "?")))
    title = _styled("", "")
    title.append(f"accessctl  {door}  {local_time(now):%H:%M:%S}", "bold")
    title.append(f"  {HELP}  running {duration(report['uptime_s'])}", "dim")
    return title


def _body(report: Mapping[str, Any], width: int, height: int) -> Iterator[WatchLine]:
    if "doorway" in report:
        yield from _of_doorway(report["doorway"], width, height)
    else:
        yield _labelled("doorway", "nothing hangs on this door", rank=1)
    camera = report["camera"]
    calm = camera["state"] == "watching"
    yield _labelled("camera", f"{camera['state']}, {_source(camera)}", "" if calm else "bold red")
    if camera["error"]:
        yield _labelled("", printable(camera["error"]), "red")
    yield _labelled("frames", _frames(camera), rank=1)
    if not report.get("acting", True):
        yield _labelled("acting", "no: another door acts for this lock", "yellow")
    controller = report.get("controller")
    if controller is not None:
        style = "" if controller["state"] == "secure" else "bold red"
        yield _labelled("controller", controller_in_words(controller), style)
    yield from _of_visitors(report.get("visitors", ()))
    yield from _of_trouble(report)
    yield from _of_decisions(report["decisions"])


def _of_doorway(doorway: Mapping[str, Any], width: int, height: int) -> Iterator[WatchLine]:
    for line in picture(doorway["state"], width, height):
        yield WatchLine(line)
    alarms = bool(doorway.get("alarms"))
    for number, words in enumerate(told(doorway)):
        style = "bold red" if number and alarms else ""
        yield _labelled("" if number else "doorway", printable(words), style)
    left = doorway.get("unlocked_for_s")
    if doorway["state"] == DoorState.UNLOCKED and left is not None:
        yield _labelled("", f"for another {max(0.0, left):.0f} s")


def _of_trouble(report: Mapping[str, Any]) -> Iterator[WatchLine]:
    gallery = report.get("gallery", {})
    if gallery.get("trouble"):
        yield _labelled("gallery", printable(gallery["trouble"]), "red")
    lockout = report.get("lockout")
    if lockout is not None:
        shut = lockout.get("off") or lockout.get("remaining_s") or "error" in lockout
        style = "bold red" if shut else ""
        yield _labelled("lockout", lockout_in_words(lockout), style, rank=0 if shut else 2)
    done = report["actions"]
    words = f"{done['ok']} done, {done['failed']} failed"
    yield _labelled("actions", words, "yellow" if done["failed"] else "", rank=2)


def _of_visitors(visitors: Sequence[Mapping[str, Any]]) -> Iterator[WatchLine]:
    if not visitors:
        yield _labelled("there now", "nobody")
    for number, one in enumerate(visitors):
        label = "" if number else "there now"
        if one["outcome"] is None:
            yield _labelled(label, printable(one["told"]), "bold")
        else:
            who = printable(one["person"] or "somebody")
            words = f"{who}: {one['outcome']} ({one['reason']})"
            yield _labelled(label, words, OUTCOMES.get(one["outcome"], ""))


def _of_decisions(decisions: Sequence[Mapping[str, Any]]) -> Iterator[WatchLine]:
    if not decisions:
        yield _labelled("decisions", "none yet")
    for number, one in enumerate(decisions):
        label = "" if number else "decisions"
        style = OUTCOMES.get(one["outcome"], "")
        yield _labelled(label, decided(one), style, rank=3 + number if number else 0)


def _fitted(lines: Sequence[WatchLine], width: int, height: int) -> "Text":
    """The first lines of the lowest ranks that there is room for, in their order."""
    from rich.text import Text

    by_rank = sorted(range(len(lines)), key=lambda number: lines[number].rank)
    shown = [lines[number].text for number in sorted(by_rank[: max(1, height)])]
    for text in shown:
        text.truncate(max(1, width), overflow="ellipsis")
    return Text("\n", no_wrap=True, overflow="crop", end="").join(shown)


def _lit(line: str, state: str) -> "Text":
    text = _styled(line, "")
    text.stylize("dim")
    if state in LIT:
        text.highlight_regex(rf" ?\b{state}\b ?", f"not dim {LIT[state]}")
    return text


def _labelled(label: str, words: str, style: str = "", rank: int = 0) -> WatchLine:
    text = _styled("", "")
    text.append(f"{label:<{LABEL}}  ", "dim")
    text.append(words, style)
    return WatchLine(text, rank)


def _styled(words: str, style: str) -> "Text":
    from rich.text import Text

    return Text(words, style)


def _source(camera: Mapping[str, Any]) -> str:
    return printable(str(camera.get("description", "not opened yet")))


def _frames(camera: Mapping[str, Any]) -> str:
    if camera["frame_age_s"] is None:
        return f"none yet; {camera['reconnects']} reconnects"
    return (
        f"{camera['fps']:.1f} a second, the last {camera['frame_age_s']:.1f} s ago; "
        f"{camera['reconnects']} reconnects, {camera.get('dropped', 0)} dropped"
    )


def _camera(report: Mapping[str, Any]) -> str:
    camera = report.get("camera")
    if camera is None:
        return ""
    error = f": {printable(camera['error'])}" if camera["error"] else ""
    return f"{camera['state']}, {_source(camera)}{error}"


def _doorway(report: Mapping[str, Any]) -> list[str]:
    return [printable(line) for line in told(report["doorway"])] if "doorway" in report else []
