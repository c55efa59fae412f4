"""Who is sent to the doors is settled before any door is answered, and only where it changes."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.server import serve
from accessctl.hub.tables import CHANGE, JOURNAL, PERSON
from accessctl.policy.consent import Withheld
from tests.hub.test_door_feed import enrol


def withheld(hub: Hub) -> dict[str, str | None]:
    with hub.database.reading() as db:
        return {row.id: row.withheld for row in db.execute(select(PERSON))}


@pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
def test_a_hub_settles_it_before_it_answers(hub, hub_config, clock, monkeypatch) -> None:
    grace = enrol(hub, "Grace")
    seen: list[dict[str, str | None]] = []
    required = hub_config.model_copy(update={"consent": "required"})
    with open_hub(required, {}, now=clock) as strict:

        async def serves(sockets: object) -> None:
            seen.append(withheld(strict))

        made = SimpleNamespace(serve=serves)
        monkeypatch.setattr("accessctl.hub.server.server", lambda *_: made)
        monkeypatch.setattr("accessctl.hub.server.Minutes.turn", lambda _: None)
        serve(strict, lambda: None)
    assert seen == [{grace: "no_consent"}]


def test_one_person_is_settled_without_the_others(hub, hub_config, clock) -> None:
    grace, ada = enrol(hub, "Grace"), enrol(hub, "Ada", 1)
    required = hub_config.model_copy(update={"consent": "required"})
    with open_hub(required, {}, now=clock) as strict:
        with strict.people.changing() as edit:
            assert strict.withholding.settle_in(edit, "ada", grace) == 1
        assert withheld(strict) == {grace: Withheld.NO_CONSENT, ada: None}
        # Somebody new is withheld from the beginning.
        eve = enrol(strict, "Eve", 2)
        assert withheld(strict)[eve] == Withheld.NO_CONSENT
        assert strict.withholding.settle() == 1


def test_where_all_is_as_it_should_be_nothing_is_written(hub) -> None:
    enrol(hub, "Grace")
    with hub.database.reading() as db:
        before = [db.execute(select(table)).all() for table in (CHANGE, JOURNAL, PERSON)]
    assert hub.withholding.settle() == 0
    with hub.database.reading() as db:
        assert [db.execute(select(table)).all() for table in (CHANGE, JOURNAL, PERSON)] == before
