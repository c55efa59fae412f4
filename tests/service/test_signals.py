import os
import pty
import signal
from threading import Event

from accessctl.service.signals import on_hangup


def test_a_hangup_asks_for_a_reload() -> None:
    before = signal.getsignal(signal.SIGHUP)
    reload, stop = Event(), Event()
    reading, writing = os.pipe()
    try:
        with on_hangup(reload.set, stop.set, terminal=reading):
            signal.raise_signal(signal.SIGHUP)
    finally:
        os.close(reading)
        os.close(writing)
    assert (reload.is_set(), stop.is_set()) == (True, False)
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_terminal_that_is_still_there_makes_no_difference() -> None:
    reload, stop = Event(), Event()
    master, terminal = pty.openpty()
    try:
        with on_hangup(reload.set, stop.set, terminal=terminal):
            signal.raise_signal(signal.SIGHUP)
    finally:
        os.close(terminal)
        os.close(master)
    assert (reload.is_set(), stop.is_set()) == (True, False)


def test_a_terminal_that_was_closed_ends_the_door() -> None:
    reload, stop = Event(), Event()
    master, terminal = pty.openpty()
    try:
        with on_hangup(reload.set, stop.set, terminal=terminal):
            os.close(master)
            signal.raise_signal(signal.SIGHUP)
    finally:
        os.close(terminal)
    assert (reload.is_set(), stop.is_set()) == (False, True)
