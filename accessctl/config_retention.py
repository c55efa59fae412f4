"""The section `audit.retention`: how long the event log remembers."""

from pydantic import Field

from accessctl.config_section import Section


class RetentionConfig(Section):
    days: float | None = Field(
        None, ge=1, le=36500, description="Older events are removed once a day; none: never."
    )
    max_mb: float | None = Field(
        None,
        ge=1,
        le=1e6,
        description="The oldest events are removed above this, megabytes; none: never.",
    )
