"""Every error that accessctl raises on purpose.

    AccessctlError
    ├── InputError                exit code 2: what was given cannot be used
    │   ├── ConfigError           config.yaml: unknown key, value out of bounds
    │   ├── SourceError           a camera source that cannot be understood
    │   ├── PhotoError            unreadable, absurdly large or not a picture
    │   ├── FaceError             a photo refused for what it shows
    │   │   ├── NoFaceError
    │   │   ├── SeveralFacesError
    │   │   ├── PoorFaceError     too small, too blurred, turned away ...
    │   │   └── MisfitError       shows somebody else than it should
    │   └── PersonError
    │       ├── NameTakenError
    │       ├── BadNameError
    │       ├── UnknownPersonError
    │       ├── UnknownPhotoError
    │       ├── LastPhotoError    nobody is enrolled without a photo
    │       ├── BadgeTakenError   a badge belongs to one person
    │       └── UnknownBadgeError
    └── FaultError                exit code 1: something that should work does not
        ├── CameraError           missing, busy, unplugged, stopped answering
        ├── BrokerError           the MQTT broker cannot be reached, refuses or has gone
        ├── LineError             a GPIO line or relay of the doorway is missing or fails
        ├── ModelError            model file missing, altered or unfit
        ├── DeviceError           the asked-for GPU is not there
        ├── FetchError            a model file could not be fetched
        ├── StoreError            gallery or audit log: locked, corrupt, disk full
        │   └── DamagedError      one sealed row is not what was written there
        ├── HubError              the hub cannot be reached, or refuses this door
        │   └── HubBusyError      it cannot answer now, and may have said when to come again
        ├── GalleryKeyError       the key is missing, unreadable or the wrong one
        ├── ExtensionError        something added from outside does not load or misbehaves
        ├── DisplayError          no screen to open a window on
        └── SystemLibraryError    a library of the operating system is missing

Each message is one sentence for the person at the keyboard: what is wrong, and
what to do about it.
"""

from typing import ClassVar


class AccessctlError(Exception):
    """Base of all; `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 1


class InputError(AccessctlError):
    exit_code = 2


class ConfigError(InputError):
    pass


class SourceError(InputError):
    pass


class PhotoError(InputError):
    pass


class FaceError(InputError):
    """`fault` is one word for what is wrong, for whoever tells it in another language."""

    fault: str = "unfit"


class NoFaceError(FaceError):
    fault = "no_face"


class SeveralFacesError(FaceError):
    fault = "several_faces"


class PoorFaceError(FaceError):
    def __init__(self, told: str, fault: str = "unfit") -> None:
        super().__init__(told)
        self.fault = fault


class MisfitError(FaceError):
    """`origin` is what the photo is called; `like` names who else is enrolled whom it shows rather,
    empty where it does not show whom the person's other photos show."""

    fault = "somebody_else"

    def __init__(self, told: str, origin: str = "", like: str = "") -> None:
        super().__init__(told)
        self.origin, self.like = origin, like


class PersonError(InputError):
    pass


class NameTakenError(PersonError):
    pass


class BadNameError(PersonError):
    pass


class UnknownPersonError(PersonError):
    pass


class UnknownPhotoError(PersonError):
    pass


class LastPhotoError(PersonError):
    pass


class BadgeTakenError(PersonError):
    pass


class UnknownBadgeError(PersonError):
    pass


class FaultError(AccessctlError):
    pass


class CameraError(FaultError):
    pass


class BrokerError(FaultError):
    pass


class LineError(FaultError):
    pass


class ModelError(FaultError):
    pass


class DeviceError(FaultError):
    pass


class FetchError(FaultError):
    pass


class StoreError(FaultError):
    pass


class DamagedError(StoreError):
    pass


class HubError(FaultError):
    pass


class HubBusyError(HubError):
    """The hub is there and cannot answer now; it asked to be left alone for `asked_s` seconds."""

    def __init__(self, told: str, asked_s: float = 0.0) -> None:
        super().__init__(told)
        self.asked_s = asked_s


class GalleryKeyError(FaultError):
    pass


class ExtensionError(FaultError):
    pass


class DisplayError(FaultError):
    pass


class SystemLibraryError(FaultError):
    pass
