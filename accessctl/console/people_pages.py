"""The people of the site: who is enrolled, what they may, and every change by an operator."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from accessctl.administration.changes import Administration
from accessctl.console.asking import Enroller, FreshClerk, Id, Looker, RuleMaker
from accessctl.console.capabilities import Capability, Operator
from accessctl.console.look_again import look_again
from accessctl.console.names import site_names
from accessctl.console.pass_pages import passes_known
from accessctl.console.people_view import person_card, person_cards, week_of
from accessctl.console.person_acts import PAGE, SEE_OTHER, changed_by, person_of, removable
from accessctl.console.privacy_pages import person_grounds
from accessctl.console.seen import changed_meanwhile, mark_of
from accessctl.domain import Person, PersonRules
from accessctl.errors import InputError
from accessctl.policy.access import AccessPlan, beginning

if TYPE_CHECKING:
    from accessctl.console.app import Console

REMOVALS = "/removals"
MOST_CHARACTERS = 100

Text = Annotated[str, Form(max_length=MOST_CHARACTERS)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _shown(routes, console)
    _changed(routes, console)
    _removed(routes, console)
    return routes


def _shown(routes: APIRouter, console: "Console") -> None:
    people = console.hub.people

    @routes.get(PAGE)
    def listed(
        request: Request, operator: Looker, named: str = "", faces: bool = False
    ) -> HTMLResponse:
        """With `faces` the cards of whoever has a photo show it, to who may see photos."""
        if len(named) > MOST_CHARACTERS:
            raise InputError("No name is so long; write a part of it.")
        words = console.words(request)
        everybody = people.people()
        cards = person_cards(everybody, people.rules(), words, named, console.now())
        return console.page(
            request,
            "people.html",
            operator,
            cards=cards,
            named=named,
            faces=people.pictured() if faces and operator.may(Capability.PRIVACY) else None,
            count=len(everybody),
            damaged=people.damaged(),
            waiting=len(console.phones.waiting()),
            again=look_again(console.checked, site_names(console.hub), words),
        )

    @routes.get(PAGE + "/{person}")
    def one(request: Request, operator: Looker, person: Id) -> HTMLResponse:
        words, who = console.words(request), person_of(console, person)
        rules = people.rules().get(who.id, PersonRules())
        access = console.kept_rules.present()
        return console.page(
            request,
            "person.html",
            operator,
            person=who,
            card=person_card(who, rules, words, console.now()),
            rules=rules,
            seen=mark_of(rules),
            week=week_of(rules, AccessPlan.of(access), words),
            groups=sorted({*access.groups, *rules.groups}),
            valid_from=words.field(rules.valid_from),
            valid_until=words.field(rules.valid_until),
            photos=people.photo_entries(who.id),
            pictured=operator.may(Capability.PRIVACY) and who.id in people.pictured(),
            badges=[badge.mark for badge in people.badges() if badge.person == who.id],
            has_pin=who.id in people.pins(),
            **passes_known(console, who, rules, words),
            enrolled=words.moment(who.enrolled),
            grounds=person_grounds(console, who.id, operator, words),
            stay=console.hub.expiry.of(who.id),
            withheld=console.hub.withholding.is_required,
            again=look_again(console.checked, site_names(console.hub), words, who.id),
        )


def _changed(routes: APIRouter, console: "Console") -> None:
    def changed(
        what: str,
        person: str,
        operator: Operator,
        change: Callable[[Administration, Person], object],
    ) -> RedirectResponse:
        with console.told(operator, what, person=person):
            return changed_by(console, operator, person, change)

    @routes.post(PAGE + "/{person}/name")
    def rename(operator: Enroller, person: Id, name: Text) -> RedirectResponse:
        return changed("rename", person, operator, lambda to, who: to.rename(who.name, name))

    @routes.post(PAGE + "/{person}/rules")
    def set_rules(
        operator: RuleMaker,
        person: Id,
        group: Annotated[list[str], Form(max_length=64)] = [],  # noqa: B006 - FastAPI copies it
        valid_from: Text = "",
        valid_until: Text = "",
        disabled: Annotated[bool, Form()] = False,
        seen: Text = "",
    ) -> RedirectResponse:
        """Only where nobody has changed them since this operator saw them (`seen`)."""
        zone = console.zone
        begin = beginning(valid_from, zone) if valid_from else None
        end = beginning(valid_until, zone) if valid_until else None
        if begin is not None and end is not None and end <= begin:
            raise InputError("The end comes before the beginning; change one of them.")

        def wished(kept: PersonRules) -> PersonRules:
            if seen and seen != mark_of(kept):
                raise changed_meanwhile()
            return replace(
                kept,
                groups=tuple(group),
                valid_from=begin,
                valid_until=end,
                disabled=disabled,
            )

        def change(to: Administration, who: Person) -> None:
            to.change_rules(who.name, wished)

        return changed("set person's rules", person, operator, change)

    @routes.post(PAGE + "/{person}/badges/remove")
    def remove_badge(operator: Enroller, person: Id, mark: Text) -> RedirectResponse:
        def taken(to: Administration, who: Person) -> None:
            to.badges.remove(who.name, mark)

        return changed("remove badge", person, operator, taken)

    @routes.post(PAGE + "/{person}/photos/remove")
    def remove_photo(
        operator: Enroller, person: Id, number: Annotated[int, Form(ge=1, le=10_000)]
    ) -> RedirectResponse:
        def taken(to: Administration, who: Person) -> None:
            to.remove_photo(who.name, number)

        return changed("remove photo", person, operator, taken)


def _removed(routes: APIRouter, console: "Console") -> None:
    @routes.post(PAGE + "/{person}/remove")
    def remove(operator: FreshClerk, person: Id, name: Text) -> RedirectResponse:
        """Only where their name was typed: it cannot be taken back."""

        def removed(to: Administration, who: Person) -> None:
            if name.strip() != who.name:
                raise InputError(f"Type the name as it is written, {who.name}, to remove them.")
            to.remove(who.id)

        with console.told(operator, "remove person", person=person):
            changed_by(console, operator, person, removed, removable)
        return RedirectResponse(REMOVALS, SEE_OTHER)

    @routes.get(REMOVALS)
    def removals(request: Request, operator: Looker) -> HTMLResponse:
        """Who was removed, and which doors have signed that they have nothing of them any more."""
        listed = console.hub.removals.listed()
        owed = sum(bool(one.owed) for one in listed)
        return console.page(request, "removals.html", operator, removals=listed, owed=owed)
