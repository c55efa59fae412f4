"""Requests that no door sends, made from the hub's own description of itself.

ACCESSCTL_FUZZ says how many of each kind; docs/site.md names the command of the full size.
"""

import os
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from accessctl.hub.verify import verify_site
from accessctl.sync.client import BY_NAME
from accessctl.sync.identity import pinned
from accessctl.sync.wire import API
from tests.hub.conftest import JoinedTestDoor

EXAMPLES = int(os.environ.get("ACCESSCTL_FUZZ", "6"))
OPEN = {("get", "/healthz"), ("get", f"{API}/authority"), ("post", f"{API}/join")}
PATIENCE_S = 60.0
"""On a machine that does other things besides."""
WAITS = f"{API}/wait"
"""It answers after 25 s where there is nothing, which is no fault."""
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES <= 12,
    suppress_health_check=list(HealthCheck),
)

pytestmark = [
    pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True),
    # Some of each of more than a dozen kinds of requests.
    pytest.mark.timeout(300 + 10 * EXAMPLES),
]


@pytest.fixture
def member(joined) -> JoinedTestDoor:
    return joined("front")


@pytest.fixture
def door(member: JoinedTestDoor) -> Iterator[httpx.Client]:
    tls = member.member.tls()
    with httpx.Client(verify=tls, base_url=member.url, timeout=PATIENCE_S) as client:
        yield client


@pytest.fixture
def stranger(hub, url: str) -> Iterator[httpx.Client]:
    tls = pinned(hub.authority.pem)
    with httpx.Client(verify=tls, base_url=url, timeout=PATIENCE_S) as client:
        yield client


def operations(door: httpx.Client) -> list[schemathesis.APIOperation]:
    described = door.get(f"{API}/openapi.json", extensions=BY_NAME).json()
    schema = schemathesis.openapi.from_dict(described)
    found = [one.ok() for one in schema.get_all_operations()]
    assert len(found) >= 7
    return found


def any_case(operation: schemathesis.APIOperation) -> st.SearchStrategy[schemathesis.Case]:
    """Requests as they are described, and others."""
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not list(operation.body) and not list(operation.iter_parameters()):
        return right
    return right | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def answered(client: httpx.Client, case: schemathesis.Case) -> httpx.Response:
    """One refusal of the server's own parser closes the connection, which is an answer, too."""
    told = case.as_transport_kwargs(base_url=str(client.base_url))
    told.pop("cookies", None)
    request = client.build_request(
        told["method"],
        told["url"],
        params=told.get("params"),
        headers={name: str(value) for name, value in (told.get("headers") or {}).items()},
        json=told.get("json"),
        content=told.get("data"),
        extensions=BY_NAME,
    )
    return client.send(request)


def test_no_request_is_a_fault_of_the_hub(hub, door: httpx.Client, caplog) -> None:
    for operation in operations(door):
        if operation.path == WAITS:
            continue

        @given(case=any_case(operation))
        @BOUNDED
        def never_a_fault(case: schemathesis.Case) -> None:
            said = answered(door, case)
            assert said.status_code < 500, (case.method, case.path, said.text)
            assert "Traceback" not in said.text
            if said.status_code >= 400:
                assert said.json()["problem"]

        never_a_fault()
    assert not [one for one in caplog.records if one.exc_info]
    assert verify_site(hub.database).is_sound


def test_nobody_gets_anything_without_a_certificate(
    hub, door: httpx.Client, stranger: httpx.Client
) -> None:
    for operation in operations(door):
        if (operation.method.lower(), operation.path) in OPEN:
            continue

        @given(case=any_case(operation))
        @BOUNDED
        def refused(case: schemathesis.Case) -> None:
            said = answered(stranger, case)
            assert said.status_code in {400, 401, 411, 413}, (case.method, case.path)
            assert set(said.json()) == {"problem"}

        refused()


def test_bytes_that_are_no_json(door: httpx.Client) -> None:
    @given(
        body=st.binary(max_size=200),
        path=st.sampled_from(["log", "join", "certificate", "log/1", "nothing", "../../etc"]),
    )
    @BOUNDED
    def refused(body: bytes, path: str) -> None:
        said = door.post(f"{API}/{path}", content=body, extensions=BY_NAME)
        assert 400 <= said.status_code < 500
        assert "Traceback" not in said.text

    refused()
