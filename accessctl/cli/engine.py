"""The engine for a command, in a process that is accessctl's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from accessctl.cli.progress import photo_bar
from accessctl.config import Config

if TYPE_CHECKING:
    from accessctl.recognition.engine import Engine


@contextmanager
def engine_to_read(config: Config) -> Iterator["Engine"]:
    """The same for a command that changes nothing: no gallery is made where none is."""
    from accessctl.cli.gallery import open_to_read
    from accessctl.recognition import engine

    engine.one_thread_each()
    makers = engine.EngineMakers(gallery=open_to_read)
    with engine.open_engine(config, photo_bar, makers) as opened:
        yield opened


@contextmanager
def engine_of(config: Config) -> Iterator["Engine"]:
    """See recognition.engine.open_engine; from then on OpenCV and BLAS keep to one thread."""
    from accessctl.recognition.engine import one_thread_each, open_engine

    one_thread_each()
    with open_engine(config, photo_bar) as engine:
        yield engine
