"""Whether the hub works, for whoever watches it: asked by anybody, and answered soon.

It has a thread of its own, since those of the doors' requests and waits may all be waiting for the
database just then, and however many ask at one time the database is asked once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Health:
    """In one event loop; `check` raises what is wrong."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._thread = ThreadPoolExecutor(1, "health")
        self._asked: asyncio.Future[None] | None = None

    async def ask(self) -> None:
        """What the check raises that is going on, or begins now."""
        if self._asked is None or self._asked.done():
            loop = asyncio.get_running_loop()
            self._asked = loop.run_in_executor(self._thread, self._check)
            # Whoever asked may have hung up.
            self._asked.add_done_callback(_seen)
        await asyncio.shield(self._asked)


def _seen(asked: "asyncio.Future[None]") -> None:
    if not asked.cancelled():
        asked.exception()
