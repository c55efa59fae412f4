"""How a door is held to what its hub said last, however long ago that was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from accessctl.clock import Clocks
from accessctl.config import Config
from accessctl.config.site import StaleTier
from accessctl.domain import PersonRules
from accessctl.gallery.site_store import open_site_gallery
from accessctl.policy.stale import StaleDemand, stale_demand
from accessctl.sync.age import HubAge


@dataclass(frozen=True, slots=True)
class Staleness:
    """How old the hub's last word is, see sync.age.HubAge, and what comes of it."""

    age_s: Callable[[], float | None]
    tiers: Sequence[StaleTier]

    def demand(self, rules: PersonRules) -> StaleDemand:
        """What is asked of somebody with these rules, now."""
        return stale_demand(self.age_s(), rules.groups, self.tiers)


def _never() -> None:
    """Of a door that belongs to no hub."""


NO_HUB = Staleness(_never, ())


@contextmanager
def open_staleness(
    config: Config, environment: Mapping[str, str], clocks: Clocks | None = None
) -> Iterator[Staleness]:
    """By the gallery of `config`, where its people are a hub's; StoreError, GalleryKeyError."""
    if config.sync.hub is None or config.camera.source == "demo":
        yield NO_HUB
        return
    site = open_site_gallery(config.gallery, environment)
    with closing(site.gallery):
        yield Staleness(HubAge(site, clocks or Clocks()).age_s, config.sync.stale)
