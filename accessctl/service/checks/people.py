"""Who may be asked for a PIN and has none."""

import shlex
from collections.abc import Iterator, Mapping

from accessctl.config import Config
from accessctl.domain import Person, PersonRules
from accessctl.gallery.schema import database_file
from accessctl.gallery.sealing import find_key
from accessctl.gallery.store import open_gallery
from accessctl.policy.access import AccessPlan
from accessctl.policy.second_factor import may_need_pin
from accessctl.service.checks.finding import Finding, ok, warning

NAMED = 5
"""So many people are named in one sentence; the others are counted."""


def check_people(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Says nothing where there is no gallery, or none that can be read: others do."""
    folder = config.gallery.folder
    if not database_file(folder).exists() or find_key(folder, environment) is None:
        return
    with open_gallery(config.gallery, environment) as gallery:
        people, kept, pins = gallery.people(), gallery.rules(), gallery.pins()
    plan, default = AccessPlan.of(config.access), config.policy.second_factor
    rules = {person.id: kept.get(person.id, PersonRules()) for person in people}
    without = [p for p in people if p.id not in pins and not rules[p.id].disabled]
    refused = [p for p in without if may_need_pin(rules[p.id], plan, default)]
    unaided = [p for p in without if rules[p.id].life_by_pin and p not in refused]
    if refused:
        yield warning(
            "people", f"May be asked for a PIN and refused, for they have none: {_named(refused)}"
        )
    if unaided:
        yield warning(
            "people", f"A PIN may stand in for life, but none is set for: {_named(unaided)}"
        )
    if not refused and not unaided:
        yield ok("people", "Whoever may be asked for a PIN has one.")


def _named(people: list[Person]) -> str:
    names = ", ".join(person.name for person in people[:NAMED])
    more = f" and {len(people) - NAMED} more" if len(people) > NAMED else ""
    return f"{names}{more}; run: accessctl pin set {shlex.quote(people[0].name)}"
