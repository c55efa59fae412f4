"""Text from outside, made safe for a log or a terminal."""


def printable(text: str) -> str:
    """The same text with everything unprintable written as a backslash escape.

    Covers control characters, terminal escapes, line breaks, bidirectional overrides
    and lone surrogates, so that output cannot forge a log line or steer a terminal.
    """
    return "".join(
        character if character.isprintable() else _escaped(character) for character in text
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
