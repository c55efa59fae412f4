"""The filters that directories ask by: `userName eq "grace"`, or several joined by `and`.

That much of RFC 7644, section 3.4.2.2, is what Entra ID and Okta send; another filter is refused
as `invalidFilter`.
"""

import json
import re

from accessctl.hub.scim_resources import ScimError, plain

MAX_CHARACTERS = 1000
_TEST = re.compile(
    r'\s*([A-Za-z][\w.:-]*)\s+eq\s+("(?:[^"\\\x00-\x1f]|\\.)*")\s*', re.ASCII | re.IGNORECASE
)
_AND = re.compile(r"and(?=\s)", re.IGNORECASE)


def parsed_filter(text: str) -> tuple[tuple[str, str], ...]:
    """Which attributes, in small letters, shall have which values, all of them; ScimError."""
    if len(text) > MAX_CHARACTERS:
        raise _refused()
    tests: list[tuple[str, str]] = []
    at = 0
    while True:
        test = _TEST.match(text, at)
        if test is None:
            raise _refused()
        tests.append((plain(test[1]), _value(test[2])))
        at = test.end()
        if at == len(text):
            return tuple(tests)
        joint = _AND.match(text, at)
        if joint is None:
            raise _refused()
        at = joint.end()


def _value(quoted: str) -> str:
    """As JSON writes text (RFC 7644)."""
    try:
        value = json.loads(quoted)
        value.encode("utf-8")
    except ValueError as error:
        raise _refused() from error
    return str(value)


def _refused() -> ScimError:
    return ScimError(
        'A filter is ATTRIBUTE eq "VALUE" here, or several joined by and.', "invalidFilter"
    )
