"""A hub whose waits are all at the database, which does not answer."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.patience import PATIENCE_S

MORE_THAN_THERE_ARE = 64


@asynccontextmanager
async def threads_full() -> AsyncIterator[None]:
    """None of the event loop's own threads is free meanwhile; TimeoutError for what takes long."""
    over = threading.Event()
    waits = [asyncio.create_task(asyncio.to_thread(over.wait)) for _ in range(MORE_THAN_THERE_ARE)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    finally:
        over.set()
        await asyncio.gather(*waits)
