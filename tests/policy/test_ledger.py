from accessctl.domain import PersonId
from accessctl.policy.ledger import GrantLedger


def test_remembers_the_last_grant_of_each_person() -> None:
    ledger = GrantLedger()
    assert ledger.last(PersonId("a")) is None
    ledger.note(PersonId("a"), 1.0)
    ledger.note(PersonId("b"), 2.0)
    ledger.note(PersonId("a"), 3.0)
    assert (ledger.last(PersonId("a")), ledger.last(PersonId("b"))) == (3.0, 2.0)
