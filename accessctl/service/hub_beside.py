"""What a running door does with its hub, beside its frames: its log and pictures go there, its
people come from there; and what `status` says of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

from accessctl.config import Config
from accessctl.sync.feed import BatchRecorder
from accessctl.sync.feed_link import Listener, hub_feed
from accessctl.sync.feed_wire import WaitBeside
from accessctl.sync.link import hub_link
from accessctl.sync.pictures import picture_link
from accessctl.sync.shared_lines import SharedLines

Report: TypeAlias = Callable[[], Mapping[str, Any] | None]


class WaitSide(Protocol):
    """See site_desk.SiteDesk."""

    @property
    def listeners(self) -> Sequence[Listener]: ...

    def asked(self) -> WaitBeside: ...

    def report(self) -> Mapping[str, Any]: ...


class HubRefusals(Protocol):
    """See site_source.SiteSource."""

    @property
    def hub_refused(self) -> tuple[str, ...]: ...


@contextmanager
def hub_beside(
    config: Config,
    environment: Mapping[str, str],
    audit: BatchRecorder,
    source: HubRefusals,
    reload: Callable[[], object],
    beside: WaitSide,
) -> Iterator[Report]:
    """The links for as long as it is entered, where the configuration names a hub; what gives
    `status` its part, None where it names none. `reload` is called when the hub set rules or
    settings anew; `beside` asks for more with each wait and hears the answers."""
    lines = None if config.sync.hub is None else SharedLines(config.sync.hub)
    with (
        hub_link(config, lines),
        picture_link(config, environment),
        hub_feed(config, environment, audit, reload, beside.listeners, beside.asked, lines) as link,
    ):

        def report() -> Mapping[str, Any] | None:
            if link is None:
                return None
            return {
                **link.report(),
                **beside.report(),
                "settings_refused": list(source.hub_refused),
            }

        yield report
