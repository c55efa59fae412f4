"""The sections `hub` and `sync`: the service of a site with many doors, and a door's part of it."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from accessctl.config.section import Section, both_or_neither, safer

ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - doors are other machines; without a certificate they learn nothing

MOST_DAYS, MOST_WARN_DAYS = 3650.0, 365.0
"""The longest that whoever stays away is let in or kept, and is listed before."""

SITE_RULES = ("timezone", "schedules", "groups", "holidays")
"""The parts of `access` that a hub may set for all its doors."""

SITE_SETTINGS = (
    "policy.target_fpir",
    "policy.target_fmr",
    "policy.attempts",
    "policy.retry_s",
    "policy.cooldown_s",
    "policy.min_frames",
    "policy.min_margin",
    "policy.several_faces",
    "policy.second_factor",
    "policy.second_factor_s",
    "policy.intent",
    "policy.intent_s",
    "access.without_group",
    "access.anti_passback",
    "access.reset_after_h",
)
"""The settings of one door that a hub may set: none that says what is run, opened or asked where.
Where one would guard less than before (config.guard), the door waits for its owner's acceptance."""


class HubConfig(Section):
    folder: Path = Field(
        Path("state/hub"),
        description="The hub's keys and certificates, private to its user, and its database where "
        "none is named.",
    )
    host: str = Field(ALL_ADDRESSES, description="The address it listens at.")
    port: int = Field(8443, ge=1, le=65535, description="The port of its HTTPS.")
    names: tuple[str, ...] = Field(
        (),
        description="Names and addresses by which browsers and programs reach it, for its "
        "certificate; doors need none.",
    )
    certificate: Path | None = Field(
        None,
        description="Certificate (PEM, with those between it and its authority) for browsers and "
        "programs that ask by a name, such as a company's directory; doors are always shown one of "
        "the hub's own authority. None: all are. Read anew each minute.",
    )
    key: Path | None = Field(None, description="The certificate's private key (PEM, 0600).")
    database_file: Path | None = Field(
        None,
        description="File (0600) with the URL of a PostgreSQL database, such as "
        "postgresql://hub:SECRET@db/hub, unless the systemd credential accessctl-hub-database is "
        "there. None: an embedded database in the folder.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Prometheus metrics of the hub on http://127.0.0.1:PORT/metrics; none: off.",
    )
    keep_pictures_days: float = Field(
        30,
        gt=0,
        le=3650,
        description="Days for which pictures of decisions are kept that doors send (sync.pictures "
        "at the door).",
    )
    consent: Literal["recorded", "required"] = Field(
        "recorded",
        description="recorded: consents are written down, and whoever has none goes to the doors "
        "all the same. required: nobody goes to a door without a consent, or another legal basis, "
        "that counts.",
    )
    expire_after_days: float | None = Field(
        None,
        ge=1,
        le=MOST_DAYS,
        description="Days in which somebody was let in nowhere, after which they are disabled at "
        "all doors. None: never. What operators set in the console counts before this and the two "
        "below.",
    )
    remove_after_days: float = Field(
        30, ge=1, le=MOST_DAYS, description="Days from then on until they are removed for good."
    )
    expire_warn_days: float = Field(
        14,
        ge=0,
        le=MOST_WARN_DAYS,
        description="Days before they are disabled from which they are listed.",
    )

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> "HubConfig":
        return both_or_neither(self, "certificate", "key")


StaleThen = Literal["second_factor", "nothing"]


class StaleTier(Section):
    groups: tuple[str, ...] = Field(
        (), description="Whom it is for; none: whoever is in no group that another one names."
    )
    after_h: float = Field(
        gt=0, le=8760, description="Hours since the hub last said that the door has all it should."
    )
    then: StaleThen = Field(
        description="second_factor: they have to enter their PIN; nothing: they are not let in."
    )


class SyncConfig(Section):
    hub: str | None = Field(
        None,
        pattern=r"^https://[^\s/@?#]+$",
        description="The hub that gets this door's event log, such as https://hub:8443, once "
        "`accessctl join` has been there. None: nothing is sent.",
        json_schema_extra=safer("present"),
    )
    commands: Literal["none", "shutting", "all"] = Field(
        "none",
        description="What operators at the hub may have this door do. none: nothing; shutting: "
        "lock it down, switch entry by face off and, with sync.live, enrol somebody by its camera; "
        "all: also unlock it, and set every posture.",
        json_schema_extra=safer("ranked", "all", "shutting", "none"),
    )
    live: bool = Field(
        False,
        description="Send the hub what the camera sees while an operator there looks, at most "
        "three pictures a second; nothing of it is kept. Where sync.commands is not none also the "
        "photos by which an operator there enrols somebody.",
        json_schema_extra=safer("ranked", True, False),
    )
    pictures: bool = Field(
        False,
        description="Send the hub the pictures of decisions that audit.snapshots keeps, each after "
        "its event and sealed for the hub alone, which keeps them for hub.keep_pictures_days.",
        json_schema_extra=safer("ranked", True, False),
    )
    folder: Path | None = Field(
        None,
        description="What `accessctl join` keeps: the door's key and certificate, and how it "
        "knows its hub. None: sync, beside the event log.",
        json_schema_extra=safer("fixed"),
    )
    stale: tuple[StaleTier, ...] = Field(
        (StaleTier(after_h=720, then="nothing"),),
        description="What the door still does without its hub: each of the list has groups, "
        "after_h and then. Without one named here nobody is let in after 30 days.",
        json_schema_extra=safer("fixed"),
    )
