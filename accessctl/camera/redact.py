"""Camera addresses without their secrets, for logs and messages."""

import re

HIDDEN = "***"
# Greedy up to the last "@": an unescaped "/" or "@" inside a password must not leak its rest.
CREDENTIALS = re.compile(r"^([a-z][a-z0-9+.-]*://)?.*@", re.IGNORECASE | re.DOTALL)
QUERY_PART = re.compile(r"[^&;]+")


def redact(url: str) -> str:
    """`url` with its user, password and query values replaced by `***`, its fragment cut off."""
    plain = CREDENTIALS.sub(lambda found: f"{found.group(1) or ''}{HIDDEN}@", url)
    address, mark, query = plain.partition("#")[0].partition("?")
    return address + mark + QUERY_PART.sub(_without_value, query)


def _without_value(part: re.Match[str]) -> str:
    name, equals, _ = part.group().partition("=")
    return f"{name}={HIDDEN}" if equals else HIDDEN
