"""The console's application with those modules of pages alone that somebody asks for: to make all
of them takes longer than most tests, and each has a console of its own."""

from collections.abc import Callable
from threading import Lock

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from accessctl.console.app import Console, console_application, page_modules

Matching = Callable[[Scope], tuple[Match, Scope]]


class NeededPages:
    """Answers as the whole application does; for no path is one of its pages left out."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._made: dict[int, APIRouter] = {}
        self._app: ASGIApp = console_application(console, ())
        self._lock = Lock()

    @property
    def made(self) -> frozenset[int]:
        """Which of `page_modules` somebody has asked for."""
        return frozenset(self._made)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._lock:
            needed = set(modules_with(scope, self._console)) - self._made.keys()
            if needed:
                for number in needed:
                    self._made[number] = page_modules()[number](self._console)
                # In the order of the whole: of two pages for one path the first answers.
                in_order = [self._made[number] for number in sorted(self._made)]
                self._app = console_application(self._console, [_just(one) for one in in_order])
            app = self._app
        await app(scope, receive, send)


def _just(made: APIRouter) -> Callable[[Console], APIRouter]:
    return lambda _: made


def modules_with(scope: Scope, console: Console) -> list[int]:
    """Which of `page_modules` have a page for that path, by whatever method it is asked for."""
    if not _PATHS:
        routers = [routes(console) for routes in page_modules()]
        _PATHS.extend([route.matches for route in made.routes] for made in routers)
    return [
        number
        for number, pages in enumerate(_PATHS)
        if any(matches(dict(scope))[0] is not Match.NONE for matches in pages)
    ]


_PATHS: list[list[Matching]] = []
"""Of each module, of the console that was there first: a path says nothing of a console."""
