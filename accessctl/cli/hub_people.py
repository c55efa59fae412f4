"""`accessctl hub people ...`: the people of a site, as `enroll`, `rules` and the others are for the
people of one door. What is changed here is at all doors that have part in it within seconds.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from accessctl.administration.changes import Administration, RulesWish, changed
from accessctl.cli.badges import add_badge_by, read_badge, remove_badges_by, show_badges
from accessctl.cli.common import ConfigOption, config_from, print_json
from accessctl.cli.doorway import operator
from accessctl.cli.enroll import EnrollOptions, check_usage, enrol_by, from_camera
from accessctl.cli.front import Verb
from accessctl.cli.hub import HubListOptions, opened_hub
from accessctl.cli.hub_privacy import show_expiring
from accessctl.cli.opening import OpenEngine, engine_for, usual_engine
from accessctl.cli.people import (
    PersonPhotosOptions,
    RemoveOptions,
    RenameOptions,
    remove_by,
    rename_by,
    show_people,
    show_photos,
)
from accessctl.cli.rules import (
    NONE,
    RulesOptions,
    clear_pin_by,
    new_pin,
    set_pin_by,
    show_rules,
    wish_of,
)
from accessctl.config.policy import AccessConfig, GroupConfig
from accessctl.policy.access import zone_of

if TYPE_CHECKING:
    from accessctl.domain import Image
    from accessctl.hub.assembly import Hub
    from accessctl.recognition.engine import Engine


@dataclass(frozen=True, kw_only=True)
class SitePeopleOptions(HubListOptions):
    expiring: Annotated[
        bool,
        typer.Option(
            "--expiring", help="Only who was let in nowhere for so long that they will be disabled."
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class SitePinOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose PIN it is.")]
    clear: Annotated[bool, typer.Option("--clear", help="Take it away.")] = False


@dataclass(frozen=True, kw_only=True)
class SiteBadgeOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose badge it is.")]
    remove: Annotated[
        str | None,
        typer.Option(
            "--remove", metavar="BADGE", help="Take it away, as `badges` calls it; 'all': all."
        ),
    ] = None


ALL = "all"


def administration_of(hub: "Hub") -> Administration:
    """What changes the site's people, in the name of whoever is at the keyboard."""
    from accessctl.hub.people_journal import PeopleJournal

    who = operator(os.environ, os.getuid())
    journal = PeopleJournal(hub.database, hub.people, who)
    return Administration(hub.people, journal, hub.now)


@contextmanager
def _administering(args: ConfigOption) -> Iterator[Administration]:
    with opened_hub(args) as hub:
        yield administration_of(hub)


def run_people(args: SitePeopleOptions) -> int:
    with opened_hub(args) as hub:
        if args.expiring:
            return show_expiring(hub.expiry.state(), args)
        people, damaged = hub.people.people(), hub.people.damaged()
    for person in damaged:
        if args.json:
            print_json({"person": None, "id": person, "damaged": True})
        else:
            print(
                f"{person} is damaged, and at no door; restore the hub from a backup, or remove "
                f"them: accessctl hub people remove {person}"
            )
    if damaged and not people:
        return 0
    return show_people(people, args, "accessctl hub people enroll NAME PHOTO")


def run_enroll(
    args: EnrollOptions,
    *,
    open_engine: OpenEngine = usual_engine,
    shoot: "Callable[[EnrollOptions, Engine], Image]" = from_camera,
) -> int:
    check_usage(args)
    config = config_from(args)
    with opened_hub(args) as hub, engine_for(config, hub.people, open_engine) as engine:
        return enrol_by(administration_of(hub), args, engine, shoot)


def run_photos(args: PersonPhotosOptions) -> int:
    with opened_hub(args) as hub:
        return show_photos(hub.people, args)


def run_rename(args: RenameOptions) -> int:
    with _administering(args) as administration:
        return rename_by(administration, args)


def run_remove(args: RemoveOptions) -> int:
    with opened_hub(args) as hub:
        code = remove_by(administration_of(hub), args)
        expected, _ = hub.directory.found((), 0, 0)
    if args.photo is None:
        print("Doors that are away still have them; see accessctl hub removals.")
        if expected:
            print("If the company's directory expects them, delete them there as well.")
    return code


def run_rules(args: RulesOptions) -> int:
    wish = wish_of(args)
    with opened_hub(args) as hub:
        access = access_of(hub, wish)
        administration = administration_of(hub)
        if wish == RulesWish():
            now = administration.entitlement(args.name)
        else:
            now = administration.change_rules(args.name, lambda kept: changed(kept, wish, access))
    return show_rules(now, zone_of(access), args)


def access_of(hub: "Hub", wish: RulesWish) -> AccessConfig:
    """The site's rules; where it has none, each door has its own, and any group may be named."""
    access = hub.site.access()
    if hub.site.rules():
        return access
    named = {group: GroupConfig() for group in wish.groups or () if group != NONE}
    return access.model_copy(update={"groups": named})


def run_pin(args: SitePinOptions) -> int:
    with _administering(args) as administration:
        if args.clear:
            return clear_pin_by(administration, args.name)
        # Before anything is typed: a name that nobody has.
        administration.person(args.name)
    pin = new_pin()
    with _administering(args) as administration:
        return set_pin_by(administration, args.name, pin)


def run_badge(args: SiteBadgeOptions) -> int:
    with _administering(args) as administration:
        badges = administration.badges
        if args.remove is not None:
            return remove_badges_by(badges, args.name, None if args.remove == ALL else args.remove)
        administration.person(args.name)
        return add_badge_by(badges, args.name, badges.digest_of(read_badge()))


def run_badges(args: HubListOptions) -> int:
    with _administering(args) as administration:
        held = administration.badges.held()
    return show_badges(held, args, "accessctl hub people badge NAME")


PEOPLE = Verb(
    run_people,
    SitePeopleOptions,
    "Lists everybody of the site by name, with how many photos of them the hub keeps and since "
    "when they are enrolled; or, with --expiring, who was let in nowhere for so long that they "
    "will soon be disabled, or removed. Nothing is changed.",
    ("accessctl hub people", "accessctl hub people --json", "accessctl hub people --expiring"),
)
ENROLL = Verb(
    run_enroll,
    EnrollOptions,
    "Enrols somebody at all doors, as `accessctl enroll` does at one: the photos are examined and "
    "compared here, by the encoder of the hub's configuration, which is to be the doors' own. Only "
    "the hub keeps the photos; doors get what they recognise somebody by.",
    (
        "accessctl hub people enroll Grace grace.jpg",
        "accessctl hub people enroll Grace --add more.jpg",
        "accessctl hub people enroll --folder people/",
    ),
)
PHOTOS = Verb(
    run_photos,
    PersonPhotosOptions,
    "Lists the photos of one person with their numbers, how good they are (0 to 1) and since when "
    "they are kept. `accessctl hub people remove NAME --photo N` takes one out.",
    ("accessctl hub people photos Grace",),
)
RENAME = Verb(
    run_rename,
    RenameOptions,
    "Gives somebody another name at all doors; photos, rules, badges and PIN stay with them.",
    ('accessctl hub people rename Grace "Grace Hopper"',),
)
REMOVE = Verb(
    run_remove,
    RemoveOptions,
    "Removes somebody for good: here at once, and at each door as soon as it hears of it, which it "
    "then signs for (`accessctl hub removals`). With --photo only that photo is erased.",
    ("accessctl hub people remove Grace", "accessctl hub people remove Grace --photo 2"),
)
RULES = Verb(
    run_rules,
    RulesOptions,
    "Shows the rules of somebody, or sets those that are named and leaves the others. The groups "
    "are those of `accessctl hub rules`; where the site has no rules, each door's own.",
    (
        "accessctl hub people rules Grace",
        "accessctl hub people rules Grace --group staff --until 2026-12-31",
    ),
)
PIN = Verb(
    run_pin,
    SitePinOptions,
    "Sets the PIN of somebody at all doors, or takes it away. It is read from the terminal, twice "
    "and unseen, or from standard input; never from the command line, which others can see.",
    ("accessctl hub people pin Grace", "accessctl hub people pin Grace --clear"),
)
BADGE = Verb(
    run_badge,
    SiteBadgeOptions,
    "Gives somebody one more badge, which counts at all doors, or takes badges away. The number is "
    "read from the terminal unseen, or from standard input. Kept is a keyed hash of it.",
    ("accessctl hub people badge Grace", "accessctl hub people badge Grace --remove 1f0c93ab"),
)
BADGES = Verb(
    run_badges,
    HubListOptions,
    "Lists who has which badge since when. A badge is called by the first digits of its keyed "
    "hash, as in the logs; its number is kept nowhere.",
    ("accessctl hub people badges",),
)
