"""`accessctl policy test`: may somebody enter there and then, and why."""

import argparse
import time
from typing import TYPE_CHECKING, Any

from accessctl.cli.common import add_config, add_json, config_from, print_json
from accessctl.cli.gallery import gallery_of
from accessctl.config import Config
from accessctl.domain import PersonId, PersonRules

if TYPE_CHECKING:
    from accessctl.policy.access import Crossing


def add_parser(subparsers: Any) -> None:
    group = subparsers.add_parser("policy", help="try the rules of who may enter when")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    parser = commands.add_parser("test", help="say whether somebody may enter, and why")
    parser.add_argument("--person", metavar="NAME", required=True)
    parser.add_argument("--at", metavar="WHEN", help="2026-12-24T23:30; default: now")
    parser.add_argument("--door", metavar="NAME", help="default: the door of the configuration")
    add_json(parser)
    add_config(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Prints the verdict; 0 also when it is a refusal."""
    from accessctl.policy.access import AccessPlan
    from accessctl.policy.admit import required
    from accessctl.policy.explain import Beside, explain, refusal
    from accessctl.policy.schedule import beginning

    config = config_from(args)
    plan = AccessPlan.of(config.access, args.door)
    with gallery_of(config) as gallery:
        person = gallery.person(args.person)
        rules = gallery.rules().get(person.id, PersonRules())
        has_pin = person.id in gallery.pins()
    moment = time.time() if args.at is None else beginning(args.at, plan.zone)
    factor = required(rules, plan, config.policy.second_factor, moment)
    lockout_s = _lockout_s(config, plan.door) if args.at is None else 0.0
    beside = Beside(lockout_s, factor, has_pin, _last_crossing(config, person.id, moment))
    lines = explain(rules, plan, moment, beside)
    if args.json:
        reason = refusal(rules, plan, moment, beside)
        allowed = reason is None and lockout_s == 0
        word = "locked_out" if reason is None and lockout_s > 0 else reason
        print_json(
            {
                "person": person.name,
                "allowed": allowed,
                "reason": word,
                "second_factor": factor,
                "life_by_pin": rules.life_by_pin and has_pin,
                "because": lines,
            }
        )
    else:
        print("\n".join(lines))
    return 0


def _last_crossing(config: Config, person: PersonId, moment: float) -> "Crossing | None":
    from accessctl.audit.log import EventLog
    from accessctl.door.access_gate import Crossings

    if config.access.direction == "none" or not config.audit.file.exists():
        return None
    with EventLog(config.audit.file) as log:
        return Crossings(log, config.access).last(person, moment)


def _lockout_s(config: Config, door: str) -> float:
    from accessctl.policy.lockout import uptime
    from accessctl.policy.lockout_store import LockoutStore

    file = config.lockout_file
    if not file.exists():
        return 0.0
    with LockoutStore(file) as store:
        return store.read(door).remaining_s(uptime())
