"""`accessctl policy test`: may somebody enter there and then, and why."""

import argparse
import time
from typing import Any

from accessctl.cli.common import add_config, add_json, config_from, print_json
from accessctl.cli.gallery import gallery_of
from accessctl.cli.lockouts import lockout_file
from accessctl.config import Config
from accessctl.domain import PersonRules


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
    from accessctl.policy.access import AccessPlan, objection
    from accessctl.policy.explain import explain
    from accessctl.policy.moments import beginning

    config = config_from(args)
    plan = AccessPlan.of(config.access, args.door)
    with gallery_of(config) as gallery:
        person = gallery.person(args.person)
        rules = gallery.rules().get(person.id, PersonRules())
    moment = time.time() if args.at is None else beginning(args.at, plan.zone)
    lockout_s = _lockout_s(config, plan.door) if args.at is None else 0.0
    lines = explain(rules, plan, moment, lockout_s)
    if args.json:
        reason = objection(rules, plan, moment)
        allowed = reason is None and lockout_s == 0
        word = "locked_out" if reason is None and lockout_s > 0 else reason
        print_json({"person": person.name, "allowed": allowed, "reason": word, "because": lines})
    else:
        print("\n".join(lines))
    return 0


def _lockout_s(config: Config, door: str) -> float:
    from accessctl.policy.lockout_store import LockoutStore
    from accessctl.policy.uptime import uptime

    file = lockout_file(config)
    if not file.exists():
        return 0.0
    with LockoutStore(file) as store:
        return store.read(door).remaining_s(uptime())
