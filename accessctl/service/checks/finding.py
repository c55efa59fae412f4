"""What a check comes to: one sentence about one subject."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """`sentence` says what is, and unless all is well also what to do about it."""

    level: Level
    subject: str
    sentence: str


Check: TypeAlias = Callable[[], Iterable[Finding]]


def ok(subject: str, sentence: str) -> Finding:
    return Finding(Level.OK, subject, sentence)


def warning(subject: str, sentence: str) -> Finding:
    return Finding(Level.WARNING, subject, sentence)


def failure(subject: str, sentence: str) -> Finding:
    return Finding(Level.FAILURE, subject, sentence)
