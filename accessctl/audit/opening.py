"""The event log with its head, as the configuration says where they are."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from accessctl.audit.audit_key import KEY_FILE_VARIABLE, find_key, generate_key
from accessctl.audit.head import HeadFile
from accessctl.audit.log import EventLog
from accessctl.config import AuditConfig
from accessctl.errors import StoreError


def head_path(config: AuditConfig) -> Path:
    return config.head or config.file.with_name(config.file.name + ".head")


def key_path(config: AuditConfig) -> Path:
    return config.key or config.file.with_name(config.file.name + ".key")


def snapshot_folder(config: AuditConfig) -> Path:
    return config.snapshots.folder or config.file.with_name("snapshots")


def open_log(
    config: AuditConfig,
    environment: Mapping[str, str],
    *,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> EventLog:
    """To write to: log and key are created when missing; StoreError as in EventLog."""
    key = find_key(key_path(config), environment)
    is_new = key is None
    if key is None:
        key = generate_key(key_path(config), random_bytes)
    return EventLog(config.file, head=HeadFile(head_path(config), key, is_new=is_new))


def open_log_to_check(config: AuditConfig, environment: Mapping[str, str]) -> EventLog:
    """As it is: where neither key nor head was ever made, none is made now; StoreError."""
    key = find_key(key_path(config), environment)
    if key is None and head_path(config).exists():
        raise StoreError(
            f"The log's head {head_path(config)} is there but the audit key is not; restore "
            f"{key_path(config)}, or name the key in {KEY_FILE_VARIABLE}."
        )
    return EventLog(config.file, head=None if key is None else HeadFile(head_path(config), key))
