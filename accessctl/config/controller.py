"""The section `doorway.controller`: an access controller that is there and drives the lock."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from accessctl.config.section import Section, safer

CardFormat = Literal["wiegand26", "wiegand34", "raw"]
BaudRate = Literal[9600, 19200, 38400, 57600, 115200, 230400]


class ControllerConfig(Section):
    """The door is a reader on the controller's OSDP line, which it tells the number of whoever is
    granted."""

    type: Literal["osdp"]
    device: Path = Field(
        description="The serial line: /dev/serial/by-id/... of a USB adapter, /dev/ttyAMA0.",
        json_schema_extra=safer("fixed"),
    )
    address: int = Field(
        0, ge=0, le=126, description="The reader's address on the line, as the controller knows it."
    )
    baud_rate: BaudRate = Field(9600, description="Bits a second, as the controller is set.")
    key_file: Path | None = Field(
        None,
        description="File with the secure channel's key (SCBK), 32 hexadecimal digits; keep it "
        "0600. None: controller.key beside the event log. The systemd credential "
        "accessctl-controller-key goes before either.",
        json_schema_extra=safer("fixed"),
    )
    format: CardFormat = Field(
        "wiegand26",
        description="wiegand26: 8 bits of facility code, 16 of number and two of parity (H10301); "
        "wiegand34: 16 and 16 (H10306); raw: the number in `bits` bits.",
    )
    facility: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Facility code of numbers that are kept without one.",
    )
    bits: int = Field(32, ge=8, le=64, description="Length of a raw number, bits.")
    expiry_s: float = Field(
        5.0,
        ge=0.5,
        le=10,
        description="A number that the controller has not taken by then is withdrawn: whoever it "
        "would let in has left.",
        json_schema_extra=safer("lower"),
    )

    @model_validator(mode="after")
    def _facility_fits(self) -> Self:
        if self.format == "wiegand26" and self.facility is not None and self.facility > 255:
            raise ValueError("facility is at most 255 in wiegand26")
        return self
