"""What operators ask of the doorway through the door's control socket."""

from collections.abc import Callable, Mapping
from typing import Any

from accessctl.domain import Posture
from accessctl.door.doorway_gate import DoorwayDesk
from accessctl.doorway.values import CommandVerb, OperatorCommand
from accessctl.errors import InputError


def command_from(request: Mapping[str, Any]) -> OperatorCommand:
    """What a request on the control socket asks of the doorway; InputError."""

    def text(field: str, default: str) -> str:
        value = request.get(field, default)
        if not isinstance(value, str) or not 0 < len(value) <= 64 or not value.isprintable():
            raise InputError(f"The field {field!r} is a short text.")
        return value

    seconds = request.get("seconds")
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
        raise InputError("The field 'seconds' is a number.")
    on = request.get("on", True)
    if not isinstance(on, bool):
        raise InputError("The field 'on' is true or false.")
    try:
        verb, posture = CommandVerb(text("do", "")), Posture(text("posture", "normal"))
    except ValueError as error:
        raise InputError(f"The doorway does not understand that: {error}.") from error
    return OperatorCommand(
        verb,
        by=text("operator", "unknown"),
        via="control socket",
        posture=posture,
        seconds=None if seconds is None else float(seconds),
        on=on,
    )


def doorway_handlers(
    desk: DoorwayDesk,
) -> Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]:
    """The command `doorway` of the control socket: `do` is one of CommandVerb, or `report`.

    A refusal is raised as InputError.
    """

    def doorway(request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request.get("do", "report") != "report":
            refused = desk.command(command_from(request))
            if refused is not None:
                raise InputError(refused)
        report = desk.report()
        if report is None:
            raise InputError("Nothing hangs on this door; see the section doorway: in config.yaml.")
        return {"doorway": report}

    return {"doorway": doorway}
