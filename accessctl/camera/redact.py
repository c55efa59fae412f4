"""Camera addresses without their secrets, for logs and messages."""

import re

HIDDEN = "***"
# Greedy up to the last "@": an unescaped "/" or "@" inside a password must not leak its rest.
CREDENTIALS = re.compile(r"^([a-z][a-z0-9+.-]*://)?.*@", re.IGNORECASE | re.DOTALL)
QUERY_VALUE = re.compile(r"(^|[&;])([^=&;]*)=[^&;]*")


def redact(url: str) -> str:
    """`url` with its user, password and query values replaced by `***`, its fragment cut off."""
    plain = CREDENTIALS.sub(lambda found: f"{found.group(1) or ''}{HIDDEN}@", url)
    plain = plain.partition("#")[0]
    address, mark, query = plain.partition("?")
    if not mark:
        return address
    if "=" not in query:
        return f"{address}?{HIDDEN}"
    return f"{address}?{QUERY_VALUE.sub(rf'\1\2={HIDDEN}', query)}"
