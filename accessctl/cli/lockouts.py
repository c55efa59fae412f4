"""Where the commands find the lockouts that the door keeps."""

from pathlib import Path

from accessctl.config import Config


def lockout_file(config: Config) -> Path:
    return config.policy.lockout.file or config.audit.file.with_name("lockout.sqlite")
