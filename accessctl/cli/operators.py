"""`accessctl hub operator ...`: who may use the console, from the terminal of the hub's machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    local_time,
    print_json,
    print_table,
)
from accessctl.cli.front import Verb
from accessctl.cli.hub import console_address, opened_hub
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.console.operators import KnownOperator, OperatorInvitation, Operators


@dataclass(frozen=True, kw_only=True)
class OperatorOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="The operator's name.")]


@dataclass(frozen=True, kw_only=True)
class OperatorInviteOptions(OperatorOptions, JsonOption):
    capabilities: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="What they may do, commas between: look, enrol, rules, command, privacy, "
            "operators, site; or all (default: all for the first operator, then look; for one who "
            "is there what they may already).",
        ),
    ] = None
    email: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="By which the provider in console.oidc knows them."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class OperatorListOptions(ConfigOption, JsonOption):
    pass


@contextmanager
def _operators(args: ConfigOption, *, first: bool = False) -> "Iterator[Operators]":
    """Of the hub that is there; whoever may be its first makes one where there is none."""
    from accessctl.console.app import open_console
    from accessctl.hub.assembly import open_hub

    config = config_from(args)
    with open_hub(config.hub, os.environ) if first else opened_hub(args) as hub:
        yield open_console(hub, config, os.environ).operators


def run_invite(args: OperatorInviteOptions) -> int:
    config = config_from(args)
    with _operators(args, first=True) as operators:
        made = invited(operators, args.name, args.capabilities, args.email)
    address = console_address(config)
    if args.json:
        print_json(
            {
                "operator": made.operator.name,
                "capabilities": sorted(made.operator.capabilities),
                "code": made.code,
                "expires": local_time(made.expires).isoformat(timespec="seconds"),
                "url": invitation_at(address, made),
            }
        )
        return 0
    until = f"{local_time(made.expires):%H:%M}"
    print(f"For {made.operator.name}, once and until {until}:")
    print(f"  {invitation_at(address, made)}")
    print(f"Code: {made.code}")
    print(f"May: {', '.join(sorted(made.operator.capabilities))}")
    return 0


def invited(
    operators: "Operators", name: str, capabilities: str | None, email: str | None = None
) -> "OperatorInvitation":
    """Invites from the terminal; InputError."""
    from accessctl.console.capabilities import ALL, Capability, capabilities_in

    known = operators.listed()
    there = _of_name(known, name)
    if capabilities is not None:
        may = capabilities_in(capabilities.split(","))
    elif there is not None:
        may = there.operator.capabilities
    else:
        may = frozenset({Capability.LOOK}) if known else ALL
    return operators.invite(None, name, may, email)


def invitation_at(address: str, made: "OperatorInvitation") -> str:
    """The link of an invitation to the console at `address`."""
    from accessctl.console.operator_pages import invitation_link

    return invitation_link(address, made)


def run_list(args: OperatorListOptions) -> int:
    with _operators(args) as operators:
        known = operators.listed()
    if args.json:
        for one in known:
            print_json(
                {
                    "operator": one.operator.name,
                    "id": one.operator.id,
                    "capabilities": sorted(one.operator.capabilities),
                    "email": one.email,
                    "ways": _ways(one),
                }
            )
    elif known:
        head = ("operator", "signs in by", "may")
        print_table(
            head,
            [
                (
                    one.operator.name,
                    ", ".join(_ways(one)) or "nothing yet",
                    ", ".join(sorted(one.operator.capabilities)),
                )
                for one in known
            ],
        )
    else:
        print("There is no operator yet; see `accessctl hub operator invite`.")
    return 0


def run_remove(args: OperatorOptions) -> int:
    with _operators(args) as operators:
        there = _of_name(operators.listed(), args.name)
        if there is None:
            raise InputError(
                f"There is no operator called {args.name!a}; see `accessctl hub operator list`."
            )
        operators.remove(None, there.operator.id)
    print(f"{there.operator.name} is an operator no more; all their sessions have ended.")
    return 0


def _of_name(known: "list[KnownOperator]", name: str) -> "KnownOperator | None":
    from accessctl.console.operators import folded

    return next((one for one in known if folded(one.operator.name) == folded(name.strip())), None)


def _ways(one: "KnownOperator") -> list[str]:
    ways = {"passkey": one.passkeys > 0, "password": one.has_password, "oidc": one.has_sign_on}
    return [way for way, there in ways.items() if there]


INVITE = Verb(
    run_invite,
    OperatorInviteOptions,
    "Prints a link with which one operator sets up how they sign in to the console, once and "
    "within 15 minutes. For an operator who is there it is a way back in: whatever they signed in "
    "with counts no more once they take it.",
    (
        "accessctl hub operator invite Ada",
        "accessctl hub operator invite Grace --capabilities look,enrol",
    ),
)
LIST = Verb(
    run_list,
    OperatorListOptions,
    "Lists the operators: what each may do, and by what they sign in.",
    ("accessctl hub operator list", "accessctl hub operator list --json"),
)
REMOVE = Verb(
    run_remove,
    OperatorOptions,
    "Takes an operator out, and ends their sessions. What they did stays on record.",
    ("accessctl hub operator remove Grace",),
)
