"""What a change takes from somebody, so that it counts at once where nothing new can be kept: pure.

A removed photo, badge or group need not be taken out one by one: until the whole change is kept
whoever it takes anything from may nothing at all.
"""

from dataclasses import replace
from math import inf

from accessctl.domain import PersonRules
from accessctl.gallery.person import rules_from_bytes, rules_to_bytes
from accessctl.gallery.site import PutPerson


def takes_away(before: PutPerson, said: PutPerson) -> bool:
    """Whether somebody may less, or is known by less, once `said` counts; StoreError for rules that
    are none."""
    return (
        bool({photo.id for photo in before.photos} - {photo.id for photo in said.photos})
        or bool({badge.digest for badge in before.badges} - {badge.digest for badge in said.badges})
        or before.pin not in (None, said.pin)
        or before.controller_number not in (None, said.controller_number)
        or may_less(rules_in(before), rules_in(said))
    )


def may_less(before: PersonRules, said: PersonRules) -> bool:
    """Other groups count as less: whoever is in none is bound by no group's hours."""
    return (
        set(before.groups) != set(said.groups)
        or (said.disabled and not before.disabled)
        or (before.life_by_pin and not said.life_by_pin)
        or _or(said.valid_from, -inf) > _or(before.valid_from, -inf)
        or _or(said.valid_until, inf) < _or(before.valid_until, inf)
    )


def only_less(before: PersonRules, said: PersonRules) -> PersonRules:
    """What is left of the rules before where `said` takes of them, and gives nothing. Of groups
    that are all others those count: whoever were in none would be bound by no group's hours."""
    both = tuple(group for group in before.groups if group in said.groups)
    groups = both or said.groups or before.groups
    begin = max(_or(before.valid_from, -inf), _or(said.valid_from, -inf))
    end = min(_or(before.valid_until, inf), _or(said.valid_until, inf))
    return PersonRules(
        groups=groups,
        valid_from=None if begin == -inf else begin,
        valid_until=None if end == inf else end,
        disabled=before.disabled or said.disabled,
        life_by_pin=before.life_by_pin and said.life_by_pin,
    )


def rules_in(person: PutPerson) -> PersonRules:
    """StoreError for rules that are none."""
    return PersonRules() if person.rules is None else rules_from_bytes(person.rules)


def restrained(person: PutPerson) -> PutPerson:
    """The same person, who may nothing."""
    return replace(person, rules=rules_to_bytes(replace(rules_in(person), disabled=True)))


def _or(moment: float | None, otherwise: float) -> float:
    return otherwise if moment is None else moment
