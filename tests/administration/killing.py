"""A process that dies at one of its changes on a disk, at whichever a test likes."""

import os
import sys
import warnings
from collections.abc import Callable, Collection

KILLED, DONE = 9, 7


def killed_at(
    point: int,
    act: Callable[[], object],
    changing: Collection[str],
    counts: Callable[[str], bool] = lambda _path: True,
) -> bool:
    """Do `act` in a process of its own that dies at the `point`th of its audit events `changing`
    whose first argument `counts`, without any cleaning up; whether it came that far."""
    with warnings.catch_warnings():
        # Threads of numerical libraries: the child uses none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    seen = [0]

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if event in changing and counts(str(arguments[0])):
            seen[0] += 1
            if seen[0] > point:
                os._exit(KILLED)

    try:
        sys.addaudithook(count)
        act()
        os._exit(DONE)
    except BaseException:  # noqa: BLE001 - the child must not run the parent's tests
        os._exit(1)
