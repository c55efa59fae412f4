"""`accessctl hub scim token | off | status`: how a company's directory is let in."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accessctl.cli.common import ConfigOption, local_time, print_json, print_table
from accessctl.cli.doorway import operator
from accessctl.cli.front import Verb
from accessctl.cli.hub import HubListOptions, hub_address, opened_hub
from accessctl.storage.parsing import printable

if TYPE_CHECKING:
    from accessctl.hub.directory import UserEntry

AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class ScimOptions(ConfigOption):
    pass


def run_token(args: ScimOptions) -> int:
    from accessctl.hub.scim_answers import SCIM

    with opened_hub(args) as hub:
        token = hub.tokens.make(operator(os.environ, os.getuid()))
        address = hub_address(hub.config)
    print(f"URL: {address}{SCIM}")
    print(f"Token, shown this once: {token}")
    print("A token from before counts no more.")
    return 0


def run_off(args: ScimOptions) -> int:
    with opened_hub(args) as hub:
        was_on = hub.tokens.forget(operator(os.environ, os.getuid()))
    if was_on:
        print("No directory is let in any more; whom it disabled stays disabled.")
    else:
        print("No directory was let in.")
    return 0


def run_status(args: HubListOptions) -> int:
    with opened_hub(args) as hub:
        made = hub.tokens.made()
        names: dict[str | None, str] = {one.id: one.name for one in hub.people.people()}
        users: list[UserEntry] = []
        total = 1
        while len(users) < total:
            total, more = hub.directory.found((), len(users), AT_ONCE)
            if not more:
                break
            users += more
    if not args.json:
        since = None if made is None else f"{local_time(made):%Y-%m-%d %H:%M}"
        print(f"A token counts since {since}." if since else "No directory is let in.")
    rows = [
        (one.user.user_name, names.get(one.person), one.user.active, one.groups) for one in users
    ]
    if args.json:
        for user, name, active, groups in rows:
            told = {"user": user, "person": name, "active": active}
            print_json({**told, "groups": [group for _, group in groups]})
    elif rows:
        cells = [
            (
                printable(user),
                printable(name or "not enrolled"),
                "yes" if active else "no",
                printable(", ".join(group for _, group in groups)),
            )
            for user, name, active, groups in rows
        ]
        print_table(("USER", "PERSON", "ACTIVE", "GROUPS"), cells)
    return 0


TOKEN = Verb(
    run_token,
    ScimOptions,
    "Makes the token that the company's directory (Entra ID, Okta or another one that speaks SCIM "
    "2.0) shows to the hub, prints it once, and the URL that goes with it. It takes the place of "
    "the one before. While there is none no directory is let in.",
    ("accessctl hub scim token",),
)
OFF = Verb(
    run_off,
    ScimOptions,
    "Lets the directory in no more: its token counts no more. What it said of people stays.",
    ("accessctl hub scim off",),
)
STATUS = Verb(
    run_status,
    HubListOptions,
    "Says whether a directory is let in, and lists whom it expects here, who of them is enrolled "
    "as whom, and in which groups it has them.",
    ("accessctl hub scim status", "accessctl hub scim status --json"),
)
