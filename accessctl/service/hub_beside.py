"""What a running door does with its hub, beside its frames: its log goes there, its people come
from there; and what `status` says of it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

from accessctl.administration.gallery_heads import ReadableRecorder
from accessctl.config import Config
from accessctl.sync.feed_link import hub_feed
from accessctl.sync.link import hub_link

Report: TypeAlias = Callable[[], Mapping[str, Any] | None]


class HubRefusals(Protocol):
    """See site_source.SiteSource."""

    @property
    def hub_refused(self) -> tuple[str, ...]: ...


@contextmanager
def hub_beside(
    config: Config,
    environment: Mapping[str, str],
    audit: ReadableRecorder,
    source: HubRefusals,
    reload: Callable[[], object],
) -> Iterator[Report]:
    """Both links for as long as it is entered, where the configuration names a hub; what gives
    `status` its part, None where it names none. `reload` is called when the hub set rules or
    settings anew."""
    with hub_link(config), hub_feed(config, environment, audit, reload) as link:

        def report() -> Mapping[str, Any] | None:
            if link is None:
                return None
            return {**link.report(), "settings_refused": list(source.hub_refused)}

        yield report
