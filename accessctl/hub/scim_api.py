"""SCIM 2.0 at `/scim/v2` (RFC 7644): how a company's directory says who is expected at the site.

An application of its own beside the doors' interface: who asks shows a bearer token, not a
certificate, and faults are told as that standard has it. Bodies are as bounded as a stranger's.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from accessctl.errors import FaultError, InputError
from accessctl.hub.assembly import Hub
from accessctl.hub.scim_answers import (
    GROUPS,
    MOST_RESULTS,
    SCIM,
    USERS,
    error_json,
    group_json,
    list_json,
    provider_json,
    schemas_json,
    shown,
    types_json,
    user_json,
)
from accessctl.hub.scim_filter import parsed_filter
from accessctl.hub.scim_patch import operations_of, patched_group, patched_user
from accessctl.hub.scim_removals import (
    is_disabled_by_patch,
    is_disabled_by_put,
    left_by_patch,
    left_by_put,
)
from accessctl.hub.scim_resources import ScimError, group_from, refusal, user_from
from accessctl.hub.scim_token import MAX_SHOWN, TokenGuessing

log = logging.getLogger(__name__)

UNAUTHORIZED, NOT_FOUND, TOO_MANY, NOT_NOW = 401, 404, 429, 503
BEARER = "bearer "
MAX_DEPTH = 20
MOST = 1 << 31


class ScimAnswer(JSONResponse):
    media_type = "application/scim+json"


def scim_application(hub: Hub) -> FastAPI:
    """To be mounted at SCIM."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    admitted = [Depends(_bearer(hub))]
    app.include_router(_itself(), dependencies=admitted)
    app.include_router(_users(hub), dependencies=admitted)
    app.include_router(_groups(hub), dependencies=admitted)
    app.add_exception_handler(InputError, _refused)
    app.add_exception_handler(FaultError, _cannot_now)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _not_there)
    return app


def _bearer(hub: Hub) -> Any:
    """What all routes depend on: ScimError unless the token that counts is shown."""
    guessing = TokenGuessing(time.monotonic)

    def bearer(request: Request) -> None:
        address = "" if request.client is None else request.client.host
        if guessing.waits(address) > 0:
            raise ScimError("Too many wrong tokens from there; wait a minute.", status=TOO_MANY)
        shown = request.headers.get("authorization", "")
        token = shown[len(BEARER) :].strip() if shown.lower().startswith(BEARER) else ""
        counts = hub.tokens.counts(token[: MAX_SHOWN + 1])
        if counts is None:
            raise ScimError("No directory is let in here.", status=NOT_FOUND)
        if not counts:
            guessing.wrong(address)
            raise ScimError("Show the token that this hub made.", status=UNAUTHORIZED)
        guessing.right(address)

    return bearer


async def _body(request: Request) -> Mapping[str, Any]:
    """ScimError for what is no object of JSON, or is nested deeper than any that a directory
    sends."""
    problem = ScimError("The request is no object of JSON.", "invalidSyntax")
    try:
        found = json.loads(await request.body(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise problem from error
    if not isinstance(found, dict) or not _is_shallow(found, MAX_DEPTH):
        raise problem
    return found


Body: TypeAlias = Annotated[Mapping[str, Any], Depends(_body)]
Filter: TypeAlias = Annotated[str, Query(alias="filter")]
Start: TypeAlias = Annotated[int, Query(alias="startIndex", ge=-MOST, le=MOST)]
Count: TypeAlias = Annotated[int, Query(ge=-MOST, le=MOST)]


Shown: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]


def _shown(
    attributes: str = "",
    excluded: Annotated[str, Query(alias="excludedAttributes")] = "",
) -> Shown:
    return lambda resource: shown(resource, attributes, excluded)


Show: TypeAlias = Annotated[Shown, Depends(_shown)]


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _is_shallow(value: object, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_is_shallow(one, depth - 1) for one in inner)


def _base(request: Request) -> str:
    """Where this interface is, as the directory itself calls the hub."""
    return f"{request.url.scheme}://{request.url.netloc}{SCIM}"


def _asked(asked: str, start: int, count: int) -> tuple[tuple[tuple[str, str], ...], int, int]:
    """The tests of a filter, the first one, from 0, and how many (RFC 7644, section 3.4.2.4)."""
    tests = parsed_filter(asked) if asked else ()
    return tests, max(start, 1) - 1, min(max(count, 0), MOST_RESULTS)


def _page(total: int, start: int, found: list[dict[str, Any]]) -> Response:
    return ScimAnswer(list_json(total, max(start, 1), found))


def _itself() -> APIRouter:
    routes = APIRouter(default_response_class=ScimAnswer)

    @routes.get("/ServiceProviderConfig")
    def provider(request: Request) -> Response:
        return ScimAnswer(provider_json(_base(request)))

    @routes.get("/ResourceTypes")
    def types(request: Request) -> Response:
        return _all(types_json(_base(request)))

    @routes.get("/ResourceTypes/{number}")
    def one_type(request: Request, number: str) -> Response:
        return _one(types_json(_base(request)), number)

    @routes.get("/Schemas")
    def schemas(request: Request) -> Response:
        return _all(schemas_json(_base(request)))

    @routes.get("/Schemas/{number}")
    def one_schema(request: Request, number: str) -> Response:
        return _one(schemas_json(_base(request)), number)

    return routes


def _all(found: list[dict[str, Any]]) -> Response:
    return ScimAnswer(list_json(len(found), 1, found))


def _one(found: list[dict[str, Any]], number: str) -> Response:
    for one in found:
        if one["id"] == number:
            return ScimAnswer(one)
    raise ScimError("There is none of that id.", status=NOT_FOUND)


def _users(hub: Hub) -> APIRouter:
    routes = APIRouter(prefix=f"/{USERS}")

    @routes.get("")
    def found(
        request: Request,
        show: Show,
        asked: Filter = "",
        start: Start = 1,
        count: Count = MOST_RESULTS,
    ) -> Response:
        total, users = hub.directory.found(*_asked(asked, start, count))
        base = _base(request)
        return _page(total, start, [show(user_json(one, base)) for one in users])

    @routes.post("")
    def add(request: Request, body: Body) -> Response:
        said = user_json(hub.directory.add(user_from(body)), _base(request))
        return ScimAnswer(said, 201, {"location": said["meta"]["location"]})

    @routes.get("/{number}")
    def user(request: Request, show: Show, number: str) -> Response:
        return ScimAnswer(show(user_json(hub.directory.user(number), _base(request))))

    @routes.put("/{number}")
    def put(request: Request, show: Show, number: str, body: Body) -> Response:
        changed = hub.directory.change(
            number, lambda before: user_from(body, before), disables=is_disabled_by_put(body)
        )
        return ScimAnswer(show(user_json(changed, _base(request))))

    @routes.patch("/{number}")
    def patch(request: Request, show: Show, number: str, body: Body) -> Response:
        changed = hub.directory.change(
            number,
            lambda user: patched_user(user, operations_of(body)),
            disables=is_disabled_by_patch(body),
        )
        return ScimAnswer(show(user_json(changed, _base(request))))

    @routes.delete("/{number}")
    def remove(number: str) -> Response:
        hub.directory.remove(number)
        return Response(status_code=204)

    return routes


def _groups(hub: Hub) -> APIRouter:
    routes = APIRouter(prefix=f"/{GROUPS}")
    groups = hub.directory_groups

    @routes.get("")
    def found(
        request: Request,
        show: Show,
        asked: Filter = "",
        start: Start = 1,
        count: Count = MOST_RESULTS,
    ) -> Response:
        total, known = groups.found(*_asked(asked, start, count))
        base = _base(request)
        return _page(total, start, [show(group_json(one, base)) for one in known])

    @routes.post("")
    def add(request: Request, body: Body) -> Response:
        said = group_json(groups.add(group_from(body)), _base(request))
        return ScimAnswer(said, 201, {"location": said["meta"]["location"]})

    @routes.get("/{number}")
    def group(request: Request, show: Show, number: str) -> Response:
        return ScimAnswer(show(group_json(groups.group(number), _base(request))))

    @routes.put("/{number}")
    def put(request: Request, show: Show, number: str, body: Body) -> Response:
        changed = groups.change(
            number, lambda _: group_from(body), lambda members: left_by_put(members, body)
        )
        return ScimAnswer(show(group_json(changed, _base(request))))

    @routes.patch("/{number}")
    def patch(request: Request, show: Show, number: str, body: Body) -> Response:
        changed = groups.change(
            number,
            lambda group: patched_group(group, operations_of(body)),
            lambda members: left_by_patch(members, body),
        )
        return ScimAnswer(show(group_json(changed, _base(request))))

    @routes.delete("/{number}")
    def remove(number: str) -> Response:
        groups.remove(number)
        return Response(status_code=204)

    return routes


def _answer(error: ScimError) -> Response:
    headers = {}
    if error.status == UNAUTHORIZED:
        headers = {"www-authenticate": f'Bearer realm="{SCIM}"'}
    elif error.status == TOO_MANY:
        headers = {"retry-after": "60"}
    return ScimAnswer(error_json(error), error.status, headers)


def _refused(_: Request, error: Exception) -> Response:
    return _answer(refusal(error if isinstance(error, InputError) else InputError(str(error))))


def _cannot_now(_: Request, error: Exception) -> Response:
    log.error("A directory's request was not done: %s", error)
    problem = "The hub cannot do that now; its log says why. Try again later."
    return _answer(ScimError(problem, status=NOT_NOW))


def _not_understood(_: Request, __: Exception) -> Response:
    return _answer(ScimError("startIndex and count are numbers.", "invalidValue"))


def _not_there(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    return _answer(ScimError(f"{getattr(error, 'detail', error)}.", status=status))
