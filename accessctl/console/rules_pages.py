"""The rules of the whole site: worked on in a form, tried on what happened, and only then saved.

Three requests that have nothing in common but what the browser carries from one to the next: a
change of the form, a trial, and saving, which alone changes anything.
"""

import json
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from accessctl.config.policy import AccessConfig
from accessctl.console.asking import RuleMaker
from accessctl.console.capabilities import Operator
from accessctl.console.complaints import complaint
from accessctl.console.entry_pages import SEE_OTHER
from accessctl.console.names import site_names
from accessctl.console.people_view import DAYS, week_of_groups
from accessctl.console.rule_trial import tried
from accessctl.console.rules_form import (
    RulesDraft,
    SpanDraft,
    acted,
    draft_in,
    draft_of,
    hours_of,
    rules_of,
)
from accessctl.console.rules_view import trial_lists
from accessctl.console.words import Words
from accessctl.domain import EventKind
from accessctl.errors import InputError
from accessctl.hub.event_search import EventFilter, EventSearch
from accessctl.hub.site_settings import checked_rules
from accessctl.policy.access import Group

if TYPE_CHECKING:
    from accessctl.console.app import Console

PAGE = "/rules"
MONTH_S = 30 * 86400.0
MOST_DECISIONS = 5000
MOST_CHARACTERS = 200_000
WRONG = 400

RulesText = Annotated[str, Form(max_length=MOST_CHARACTERS)]


async def form_fields(request: Request) -> list[tuple[str, str]]:
    """What was filled in, in the form's order; no file is."""
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


Fields = Annotated[list[tuple[str, str]], Depends(form_fields)]


def routes(console: "Console") -> APIRouter:
    routes = APIRouter()
    _edited(routes, console)
    _tried(routes, console, EventSearch(console.hub.database))
    return routes


def _editor(
    console: "Console",
    request: Request,
    operator: Operator,
    draft: RulesDraft,
    seen: str,
    told: str = "",
) -> HTMLResponse:
    words = console.words(request)
    return console.page(
        request,
        "rules.html",
        operator,
        WRONG if told else 200,
        draft=draft,
        seen=seen,
        told=told,
        days=[(day, words(f"weekday.short.{day}")) for day in DAYS],
        named_days=named_days(words),
        cell=words("rules.cell", day="{day}", begin="{from}", end="{to}"),
        blank=SpanDraft(),
        weeks=[
            week_of_groups([Group(None, hours_of(schedule))], words) for schedule in draft.schedules
        ],
    )


def _edited(routes: APIRouter, console: "Console") -> None:
    site = console.hub.site

    @routes.get(PAGE)
    def rules(request: Request, operator: RuleMaker) -> HTMLResponse:
        kept = site.rules()
        return _editor(console, request, operator, draft_of(kept), text_of(kept))

    @routes.post(PAGE + "/edit")
    def edit(
        request: Request, operator: RuleMaker, fields: Fields, seen: RulesText, act: str = Form("")
    ) -> HTMLResponse:
        """The form after a button of it was pressed; nothing is tried or saved."""
        draft = draft_sent(fields)
        return _editor(console, request, operator, acted(draft, act) if act else draft, seen)

    @routes.post(PAGE + "/save")
    def save(operator: RuleMaker, rules: RulesText, seen: RulesText) -> RedirectResponse:
        """Only where nobody has changed them since this operator saw them."""
        given, present = rules_in(rules), rules_in(seen)
        with console.told(operator, "set rules"):
            site.set_rules(given, operator.name, instead_of=present)
        console.kept_rules.changed()
        return RedirectResponse(PAGE, SEE_OTHER)


def _tried(routes: APIRouter, console: "Console", search: EventSearch) -> None:
    site = console.hub.site

    @routes.post(PAGE + "/try")
    def trial(
        request: Request, operator: RuleMaker, fields: Fields, seen: RulesText
    ) -> HTMLResponse:
        """What these rules would have done in the last 30 days; nothing is saved."""
        draft = draft_in(fields)
        try:
            wanted = checked_rules(rules_of(draft))
        except InputError as error:
            told = complaint(error, console.words(request))
            return _editor(console, request, operator, draft, seen, told)
        since = console.now() - MONTH_S
        decisions = search.every(EventFilter(kind=EventKind.DECISION, since=since))
        events = list(islice(decisions, MOST_DECISIONS + 1))
        found = tried(events[:MOST_DECISIONS], site.access(), AccessConfig.model_validate(wanted))
        words = console.words(request)
        return console.page(
            request,
            "rules_trial.html",
            operator,
            trial=found,
            lists=trial_lists(found, words, site_names(console.hub)),
            cut=words.moment(events[-1].event.time) if len(events) > MOST_DECISIONS else "",
            rules=text_of(wanted),
            seen=seen,
            is_same=text_of(wanted) == text_of(site.rules()),
        )


def named_days(words: Words) -> list[dict[str, str]]:
    """Of each day what the form calls it, and what people do, for the script that paints."""
    longer = [words(f"weekday.{number}") for number in range(1, 8)] + [words("rules.on_holidays")]
    return [
        {"key": day, "short": words(f"weekday.short.{day}"), "long": long}
        for day, long in zip(DAYS, longer, strict=True)
    ]


def draft_sent(fields: Sequence[tuple[str, str]]) -> RulesDraft:
    """The form's own fields, or, coming back from a trial, the rules that were tried."""
    for name, value in fields:
        if name == "rules":
            return draft_of(checked_rules(rules_in(value)))
    return draft_in(fields)


def text_of(rules: dict[str, Any]) -> str:
    """The same rules give the same text."""
    return json.dumps(rules)


def rules_in(text: str) -> dict[str, Any]:
    """What `text_of` made; InputError."""
    try:
        rules = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("The rules did not arrive whole; load the page anew.") from error
    if not isinstance(rules, dict):
        raise InputError("The rules did not arrive whole; load the page anew.")
    return rules
