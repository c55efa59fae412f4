"""The sections `actions`, `audit` and `service`: what a decision sets off, how a door is run."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import Field

from accessctl.config.section import ADDED_NAME, OFF, Section, safer

Opens = Annotated[
    bool,
    Field(
        description="In actions.granted: whether this opens the lock. Where everything that does "
        "has failed, nobody went in. false: it only tells of the grant.",
        json_schema_extra=safer("ranked", False, True),
    ),
]


class CommandAction(Section):
    type: Literal["command"]
    argv: tuple[str, ...] = Field(
        min_length=1, description="Program and arguments; never passed through a shell."
    )
    timeout_s: float = Field(5, gt=0, le=300, description="The program is killed after this.")
    opens: Opens = True
    safe: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Program and arguments that leave the lock shut, whatever this action was "
        "doing: run when the door starts, stops, and after it died. None: nothing is.",
    )
    check: bool = Field(
        False,
        description="`accessctl doctor` runs the program, with --accessctl-check behind its "
        "arguments; it must then do nothing but end with 0 where all is well.",
    )


class WebhookAction(Section):
    type: Literal["webhook"]
    url: str = Field(pattern=r"^https?://[^\s]+$", description="Where the decision is POSTed.")
    secret_file: Path | None = Field(
        None,
        description="File with the HMAC-SHA256 key that signs the body; keep it 0600.",
        json_schema_extra=safer("present"),
    )
    timeout_s: float = Field(5, gt=0, le=60, description="Time for one attempt, seconds.")
    retries: int = Field(2, ge=0, le=10, description="Further attempts after a failure.")
    opens: Opens = True


class CustomAction(Section):
    type: Literal["custom"]
    name: str = Field(
        pattern=ADDED_NAME,
        description="An action that was registered, or that an installed package brings.",
    )
    options: Mapping[str, Any] = Field(
        default_factory=dict,
        description="What it is made with, as the package says; secrets belong in files.",
    )
    timeout_s: float = Field(
        5, gt=0, le=300, description="After this it is left behind and counts as failed, seconds."
    )
    opens: Opens = True


ActionConfig = Annotated[
    Union[CommandAction, WebhookAction, CustomAction], Field(discriminator="type")
]


class ActionsConfig(Section):
    granted: tuple[ActionConfig, ...] = Field(
        (), description="What opens the lock: run on each grant."
    )
    denied: tuple[ActionConfig, ...] = Field((), description="Run on each denial.")
    unknown: tuple[ActionConfig, ...] = Field((), description="Run for each unknown visitor.")
    challenge: tuple[ActionConfig, ...] = Field(
        (), description="Run with each thing that a visitor is asked to do, e.g. to say it aloud."
    )
    queue: int = Field(
        16, ge=1, le=1000, description="Of each action so many may wait; more are refused."
    )

    def listed(self) -> Iterator[tuple[str, int, ActionConfig]]:
        """Every action there is, with the name of its list and its number in it from 0."""
        for name in type(self).model_fields:
            actions = getattr(self, name)
            if isinstance(actions, tuple):
                for number, action in enumerate(actions):
                    yield name, number, action


class SnapshotConfig(Section):
    keep: Annotated[Literal["off", "face", "frame"], OFF] = Field(
        "off", description="Encrypted pictures of decisions: none, the face, or the whole frame."
    )
    folder: Path | None = Field(
        None, description="Where they are kept; none: snapshots, beside the event log."
    )
    days: float = Field(30, gt=0, le=3650, description="Older pictures are deleted.")
    max_mb: float = Field(
        500, gt=0, le=1e6, description="The oldest are deleted above this, megabytes."
    )


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


class AuditConfig(Section):
    file: Path = Field(
        Path("state/events.sqlite"), description="The event log.", json_schema_extra=safer("fixed")
    )
    head: Path | None = Field(
        None,
        description="Says, sealed with the audit key, where the log ends; best on another disk. "
        "None: beside the event log, with .head after its name.",
        json_schema_extra=safer("fixed"),
    )
    key: Path | None = Field(
        None,
        description="The audit key, made when missing, unless ACCESSCTL_AUDIT_KEY_FILE or the "
        "systemd credential accessctl-audit-key is there. None: beside the event log, with .key "
        "after its name.",
        json_schema_extra=safer("fixed"),
    )
    snapshots: SnapshotConfig = SnapshotConfig()
    retention: RetentionConfig = RetentionConfig()


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
