"""The section `badges`: the reader at the door that says who somebody claims to be."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from accessctl.config.section import Section

Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200]


class BadgesConfig(Section):
    serial: Path | None = Field(
        None,
        description="Serial line of a reader that writes a badge's number and an end of line, best "
        "by its lasting name, /dev/serial/by-id/...; none: badges come by the control socket only.",
    )
    baud: Baud = Field(9600, description="Speed of that line; 8 data bits, no parity.")
