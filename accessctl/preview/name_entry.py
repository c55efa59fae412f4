"""Typing a name into the preview window."""

from dataclasses import dataclass, replace
from typing import Self

ENTER, ESCAPE, BACKSPACE = (10, 13), 27, (8, 127)
MAX_LENGTH = 100


@dataclass(frozen=True, slots=True)
class NameEntry:
    """The text so far; `done` after Enter, `cancelled` after Escape."""

    text: str = ""
    done: bool = False
    cancelled: bool = False

    def press(self, key: int) -> Self:
        """`key` is a character code as OpenCV's waitKey gives it (Latin-1)."""
        if key in ENTER:
            return replace(self, done=bool(self.text.strip()))
        if key == ESCAPE:
            return replace(self, cancelled=True)
        if key in BACKSPACE:
            return replace(self, text=self.text[:-1])
        if 32 <= key < 256 and chr(key).isprintable() and len(self.text) < MAX_LENGTH:
            return replace(self, text=self.text + chr(key))
        return self
