"""The section `camera`: where pictures come from, and when a camera counts as lost."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from accessctl.config.section import Section, in_order, safer


def _device(value: object) -> object:
    """A bare number means the camera of that number, as "0" does."""
    return str(value) if type(value) is int and value >= 0 else value


class CameraConfig(Section):
    source: Annotated[str, BeforeValidator(_device)] = Field(
        "auto",
        description="auto (the first USB camera), usb:0, /dev/video0, an rtsp:// or http:// URL, "
        "a video file, a folder of images, or demo.",
        json_schema_extra=safer("present", "auto"),
    )
    usb_id: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$",
        description="Only a USB camera with this vendor and product, such as 046d:0825, is "
        "opened; `accessctl run` says which one it opened. None: any.",
        json_schema_extra=safer("pinned"),
    )
    usb_serial: str | None = Field(
        None,
        min_length=1,
        max_length=126,
        description="And with this serial number, where the camera has one.",
        json_schema_extra=safer("pinned"),
    )
    allow_virtual: bool = Field(
        False,
        description="Open video devices that are no hardware (v4l2loopback, vivid, USB over "
        "network), too: any program can show them any picture.",
        json_schema_extra=safer("ranked", True, False),
    )
    width: int = Field(1280, ge=160, le=7680, description="Width asked of a USB camera, pixels.")
    height: int = Field(720, ge=120, le=4320, description="Height asked of a USB camera, pixels.")
    fps: float = Field(
        15, gt=0, le=240, description="Frame rate of a USB camera, an image folder and the demo."
    )
    rotate: Literal[0, 90, 180, 270] = Field(
        0,
        description="Degrees by which the picture, and that of the infrared camera, is turned "
        "clockwise, for a camera that is not mounted upright: 0, 90, 180 or 270.",
    )
    mirror: bool = Field(
        False, description="The picture is mirrored left to right, after it was turned."
    )
    open_timeout_s: float = Field(
        4.5,
        gt=0,
        le=120,
        description="A camera that takes longer to open counts as lost, seconds; after that it "
        "is given twice, then four times as long.",
    )
    read_timeout_s: float = Field(
        4, gt=0, le=60, description="A camera that is silent this long counts as lost, seconds."
    )
    max_delay_s: float = Field(
        2.0,
        ge=0,
        le=60,
        description="An RTSP camera whose pictures have fallen so much further behind than they "
        "were counts as lost and is opened anew, seconds; 0: never.",
        json_schema_extra=safer("lower", 0),
    )
    frozen_after_s: float = Field(
        4,
        ge=0,
        le=600,
        description="A camera that sends the very same picture for so long counts as lost, "
        "seconds; 0: never.",
        json_schema_extra=safer("lower", 0),
    )
    dark_after_s: float = Field(
        4,
        gt=0,
        le=600,
        description="A picture that has been black or blank for so long is reported; the camera "
        "stays open, seconds.",
    )
    backoff_min_s: float = Field(1, gt=0, le=60, description="First wait before reconnecting.")
    backoff_max_s: float = Field(30, gt=0, le=600, description="Longest wait before reconnecting.")

    steady_s: float = Field(
        3,
        ge=0,
        le=60,
        description="A camera that was lost counts as back once it has sent pictures for so long "
        "without a break, seconds; each relapse doubles it. Its pictures are looked at meanwhile.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.usb_serial is not None and self.usb_id is None:
            raise ValueError("usb_serial needs usb_id beside it")
        if self.usb_id is not None and "://" in self.source:
            raise ValueError("usb_id names a USB camera, but source is a network camera")
        return in_order(self, "backoff_min_s", "backoff_max_s")
