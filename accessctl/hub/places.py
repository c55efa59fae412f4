"""So many at a time, and of one address no more than its share: whoever asks again and again from
one machine waits behind themselves, and keeps nobody else out."""

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

NETWORK_BITS = 64
"""Whoever has one IPv6 address has all of its network."""


def origin_of(address: str) -> str:
    """What counts as one address: an IPv6 address' network, an IPv4 address in either form; what is
    none stands for itself."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, NETWORK_BITS), strict=False))


class Places:
    """In one event loop; each origin's are taken in the order in which they were asked for."""

    def __init__(self, at_once: int, of_one: int) -> None:
        """`of_one` of them are one origin's at most."""
        self._all = asyncio.Semaphore(at_once)
        self._of_one = of_one
        self._origins: dict[str, _Origin] = {}
        self.taken = 0

    @property
    def origins(self) -> int:
        """How many have a place, or wait for one."""
        return len(self._origins)

    async def take(self, origin: str) -> "Turn":
        """A place, once there is one."""
        mine = self._origins.setdefault(origin, _Origin(asyncio.Semaphore(self._of_one)))
        mine.there += 1
        try:
            await mine.places.acquire()
            try:
                await self._all.acquire()
            except BaseException:
                mine.places.release()
                raise
        except BaseException:
            self._go(origin, mine)
            raise
        self.taken += 1
        return Turn(lambda: self._leave(origin, mine))

    def _leave(self, origin: str, mine: "_Origin") -> None:
        self.taken -= 1
        self._all.release()
        mine.places.release()
        self._go(origin, mine)

    def _go(self, origin: str, mine: "_Origin") -> None:
        mine.there -= 1
        if not mine.there:
            del self._origins[origin]


class Turn:
    """A place that is left once, by whoever is first."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self._is_left = False

    def leave(self) -> None:
        if not self._is_left:
            self._is_left = True
            self._leave()


@dataclass(slots=True)
class _Origin:
    """`there` are those that wait or have a place."""

    places: asyncio.Semaphore
    there: int = 0
