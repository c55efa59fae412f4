"""The section `service`: how a running door is asked, measured and read."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from accessctl.config_section import Section


class ServiceConfig(Section):
    socket: Path = Field(
        Path("state/door.sock"),
        description="Where the running door answers `accessctl status` and others.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Prometheus metrics on http://127.0.0.1:PORT/metrics; none: off.",
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="text for people; json: one object a line, for journald."
    )
