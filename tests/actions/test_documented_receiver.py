"""The receiver that docs/actions.md shows, run as it stands there."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accessctl.actions.webhook import Webhook, signature

DOCS = Path(__file__).parents[2] / "docs" / "actions.md"
KEY = b"k" * 32


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    (tmp_path / "webhook.key").write_bytes(KEY + b"\n")
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    code = code.replace('HTTPServer(("", 8080), Door).serve_forever()', "")
    code += 'server = HTTPServer(("127.0.0.1", 0), Door)\nprint(server.server_port)\n'
    code += "server.serve_forever()\n"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_opens_for_ours_and_for_nothing_else(
    receiver: tuple[subprocess.Popen[str], str], payload: dict[str, Any]
) -> None:
    process, url = receiver
    assert process.stdout is not None
    payload["person"] = "Ann"
    sent: list[tuple[bytes, dict[str, str]]] = []

    class Tapped(Webhook):
        def _headers(self, body: bytes, delivery: str) -> dict[str, str]:
            headers = super()._headers(body, delivery)
            sent.append((body, headers))
            return headers

    result = Tapped(url, secret=KEY, timeout_s=20, retries=0).perform(payload)
    assert (result.ok, process.stdout.readline()) == (True, "open for Ann\n")

    [(body, headers)] = sent
    stamp = headers["X-Accessctl-Timestamp"]
    old = str(int(stamp) - 60)
    refused = [
        (body.replace(b"Ann", b"Eve"), headers),
        (body, headers | {"X-Accessctl-Timestamp": str(int(stamp) + 1)}),
        (body, headers | {"X-Accessctl-Signature": ""}),
        (body, headers | {"X-Accessctl-Signature": f"sha256={signature(b'x' * 32, stamp, body)}"}),
        (
            body,
            {
                "X-Accessctl-Timestamp": old,
                "X-Accessctl-Signature": f"sha256={signature(KEY, old, body)}",
            },
        ),
        (body, {}),
    ]
    assert [post(url, *message) for message in refused] == [403] * len(refused)
    # A replay, its unsigned header renewed: answered like a retry, but nothing opens.
    assert post(url, body, headers | {"X-Accessctl-Delivery": "new"}) == 204

    fresh = json.dumps({**payload, "person": "Bob", "delivery": "other"}).encode()
    headers["X-Accessctl-Signature"] = f"sha256={signature(KEY, stamp, fresh)}"
    assert post(url, fresh, headers) == 204
    assert process.stdout.readline() == "open for Bob\n"
