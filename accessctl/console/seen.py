"""What a form was made with: else whoever sends it late would undo another change unseen."""

import hashlib
import json

from accessctl.domain import PersonRules
from accessctl.errors import HubError


def mark_of(rules: PersonRules) -> str:
    """What a form carries of the rules that it was made with: other rules have another."""
    told = [rules.groups, rules.valid_from, rules.valid_until, rules.disabled]
    return hashlib.sha256(json.dumps(told).encode("ascii")).hexdigest()[:32]


def changed_meanwhile() -> HubError:
    """To be raised where what is there now is not what the form was made with."""
    return HubError(
        "What they may do was changed by somebody else meanwhile, and yours was not saved; load "
        "the page anew and make your change again."
    )
