"""Log lines: text for people, or one JSON object a line for journald and its like.

A line about a visit carries the visit's id, given as `extra={"visit": ...}`. Names of people
are in no line, and addresses lose their passwords whoever wrote them down.
"""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, TextIO

from accessctl.domain import Decision
from accessctl.redaction import redacted_text
from accessctl.storage.parsing import printable

log = logging.getLogger(__name__)

# What a caller may add to a line as `extra`.
FIELDS = ("visit", "outcome", "reason", "frames", "latency_ms")
# They log each request at level INFO, or warn of themselves.
CHATTY = ("httpx", "httpcore", "absl")


class TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        visit = getattr(record, "visit", None)
        line = f"{record.levelname} {cleaned(record.getMessage())}"
        if visit is not None:
            line += f" [visit {cleaned(str(visit))}]"
        fault = _fault(self, record)
        return line if fault is None else f"{line}\n{fault}"


class JsonFormatter(logging.Formatter):
    """Always there: time (ISO 8601, UTC), level, logger, message; then FIELDS, and `fault`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": cleaned(record.getMessage()),
        }
        for name in FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = value if isinstance(value, int | float) else cleaned(str(value))
        fault = _fault(self, record)
        if fault is not None:
            line["fault"] = fault
        return json.dumps(line)


def set_up(stream: TextIO) -> None:
    """Text on `stream` from level WARNING, unless logging was set up already.

    Other packages are heard where something fails (ERROR): what they say of their own work
    means nothing to whoever typed a command. See `tell_all`.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter())
    handler.addFilter(_is_ours_or_grave)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def tell_all() -> None:
    """From now on also what goes well (INFO): for a door, or a training that runs for hours."""
    logging.getLogger().setLevel(logging.INFO)


def _is_ours_or_grave(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "accessctl" or record.levelno >= logging.ERROR


def use_format(
    log_format: Literal["text", "json"], handlers: Iterable[logging.Handler] | None = None
) -> None:
    """From now on the lines of `set_up`'s handler look so; others' handlers are left alone."""
    made = JsonFormatter() if log_format == "json" else TextFormatter()
    for handler in logging.getLogger().handlers if handlers is None else handlers:
        if isinstance(handler.formatter, TextFormatter | JsonFormatter):
            handler.setFormatter(made)


def log_decision(decision: Decision) -> None:
    """One line a decision, without the person: the event log knows who it was."""
    log.info(
        "A visit was decided: %s (%s).",
        decision.outcome.value,
        decision.reason.value,
        extra={
            "visit": decision.visit,
            "outcome": decision.outcome.value,
            "reason": decision.reason.value,
            "frames": decision.frames,
            "latency_ms": round(decision.latency_ms, 1),
        },
    )


def cleaned(text: str) -> str:
    """One line without control characters, its addresses without what is secret in them."""
    return printable(redacted_text(text))


def _fault(formatter: logging.Formatter, record: logging.LogRecord) -> str | None:
    if not record.exc_info:
        return None
    lines = formatter.formatException(record.exc_info).splitlines()
    return "\n".join(map(cleaned, lines))
