"""What was wrong with what an operator asked for, in the words of a page: rules that the command
line shares complain in its own words, and in English."""

from accessctl.console.words import Words
from accessctl.errors import MisfitError


def complaint(error: Exception, words: Words) -> str:
    """One sentence, which says what to do here; as it stands where the page has none for it."""
    if not isinstance(error, MisfitError):
        return str(error)
    key = "misfit_like" if error.like else "misfit_own"
    return words(f"people.{key}", photo=error.origin, name=error.like)
