"""Who the ids in the doors' records are, as far as the hub knows."""

from collections.abc import Mapping

from accessctl.domain import PersonId
from accessctl.hub.assembly import Hub


def site_names(hub: Hub) -> Mapping[PersonId, str]:
    """Everybody's name by their id; whoever was removed has none any more. StoreError."""
    return {person.id: person.name for person in hub.people.people()}
