"""Runs checks one after the other; a check that fails itself is a finding too."""

import logging
from collections.abc import Iterator, Sequence

from accessctl.errors import AccessctlError
from accessctl.service.checks.finding import Check, Finding, failure

log = logging.getLogger(__name__)


def examine(checks: Sequence[tuple[str, Check]]) -> Iterator[Finding]:
    """The findings of each named check, as they come."""
    for subject, check in checks:
        try:
            yield from check()
        except AccessctlError as error:
            yield failure(subject, str(error))
        except Exception as error:  # the other checks go on; the log has the traceback
            log.debug("The check %s failed.", subject, exc_info=True)
            yield failure(subject, f"It could not be checked ({type(error).__name__}: {error}).")
