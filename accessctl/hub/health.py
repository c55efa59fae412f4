"""Whether the hub works, for whoever watches it: asked by anybody, and answered soon.

It takes no thread from the requests of doors, which may all be waiting for the database just then,
and however many ask at one time the database is asked once.
"""

import asyncio
from collections.abc import Callable


class Health:
    """In one event loop; `check` raises what is wrong."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._asked: asyncio.Future[None] | None = None

    async def ask(self) -> None:
        """What the check raises that is going on, or begins now."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.ensure_future(asyncio.to_thread(self._check))
            # Whoever asked may have hung up.
            self._asked.add_done_callback(_seen)
        await asyncio.shield(self._asked)


def _seen(asked: "asyncio.Future[None]") -> None:
    if not asked.cancelled():
        asked.exception()
