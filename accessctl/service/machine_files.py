"""What a machine needs beside the unit: the user, who owns what, and the devices."""

from accessctl.service.unit import ETC, STATE, Place


def users(place: Place) -> str:
    """sysusers.d(5): the dedicated user, in the groups of cameras and of GPIO lines."""
    return (
        f'u {place.user} - "Face access control" {STATE}\n'
        f"m {place.user} video\n"
        f"m {place.user} gpio\n"
    )


def tmpfiles(place: Place) -> str:
    """tmpfiles.d(5): configuration for the door to read, keys for it alone."""
    user = place.user
    lines = [f"d {ETC} 0750 root {user}", f"d {STATE} 0700 {user} {user}"]
    lines += [f"z {ETC}/{name} 0640 root {user}" for name in ("config.yaml", "environment")]
    keys = [key for key in (place.gallery_key, place.audit_key) if key.is_relative_to(ETC)]
    lines += [f"z {key} 0600 {user} {user}" for key in keys]
    return "\n".join(lines) + "\n"


def udev_rules() -> str:
    """udev(7): GPIO lines for a group, as Raspberry Pi OS has it; Debian gives them to root."""
    return 'SUBSYSTEM=="gpio", KERNEL=="gpiochip[0-9]*", GROUP="gpio", MODE="0660"\n'


def environment(place: Place) -> str:
    """For a shell of the door's user: `set -a; . /etc/accessctl/environment`."""
    return (
        f"ACCESSCTL_CONFIG={place.config}\n"
        f"ACCESSCTL_KEY_FILE={place.gallery_key}\n"
        f"ACCESSCTL_AUDIT_KEY_FILE={place.audit_key}\n"
    )
