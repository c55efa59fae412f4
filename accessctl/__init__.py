"""A door that knows the people who may enter by their faces.

    import accessctl

    with accessctl.open_engine("config.yaml") as engine:
        for face in engine.detect("photo.jpg"):
            print(engine.match(engine.embed("photo.jpg", face)))

Everything in `__all__` is public, and described in docs/api.md. Nothing is imported before it is
asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accessctl.actions.base import Action as Action
    from accessctl.actions.base import ActionResult as ActionResult
    from accessctl.api.door import WatchedDoor as WatchedDoor
    from accessctl.api.door import open_door as open_door
    from accessctl.api.door import run_door as run_door
    from accessctl.api.engine import FaceEngine as FaceEngine
    from accessctl.api.engine import IdentifiedFace as IdentifiedFace
    from accessctl.api.engine import load_encoder as load_encoder
    from accessctl.api.engine import open_engine as open_engine
    from accessctl.camera.iterable import FrameSource as FrameSource
    from accessctl.camera.source import Feed as Feed
    from accessctl.camera.source import Shot as Shot
    from accessctl.camera.source import Source as Source
    from accessctl.config import Config as Config
    from accessctl.domain import Box as Box
    from accessctl.domain import CropGeometry as CropGeometry
    from accessctl.domain import CueVerdict as CueVerdict
    from accessctl.domain import Decision as Decision
    from accessctl.domain import Embedding as Embedding
    from accessctl.domain import Event as Event
    from accessctl.domain import EventKind as EventKind
    from accessctl.domain import Face as Face
    from accessctl.domain import Frame as Frame
    from accessctl.domain import Image as Image
    from accessctl.domain import Match as Match
    from accessctl.domain import Outcome as Outcome
    from accessctl.domain import Person as Person
    from accessctl.domain import PersonId as PersonId
    from accessctl.domain import PersonRules as PersonRules
    from accessctl.domain import Points as Points
    from accessctl.domain import Pose as Pose
    from accessctl.domain import Quality as Quality
    from accessctl.domain import Reason as Reason
    from accessctl.encoder.base import Encoder as Encoder
    from accessctl.errors import AccessctlError as AccessctlError
    from accessctl.errors import BadgeTakenError as BadgeTakenError
    from accessctl.errors import BadNameError as BadNameError
    from accessctl.errors import BrokerError as BrokerError
    from accessctl.errors import CameraError as CameraError
    from accessctl.errors import ConfigError as ConfigError
    from accessctl.errors import DamagedError as DamagedError
    from accessctl.errors import DeviceError as DeviceError
    from accessctl.errors import DisplayError as DisplayError
    from accessctl.errors import ExtensionError as ExtensionError
    from accessctl.errors import FaceError as FaceError
    from accessctl.errors import FaultError as FaultError
    from accessctl.errors import FetchError as FetchError
    from accessctl.errors import GalleryKeyError as GalleryKeyError
    from accessctl.errors import HubBusyError as HubBusyError
    from accessctl.errors import HubError as HubError
    from accessctl.errors import InputError as InputError
    from accessctl.errors import LastPhotoError as LastPhotoError
    from accessctl.errors import LineError as LineError
    from accessctl.errors import MisfitError as MisfitError
    from accessctl.errors import ModelError as ModelError
    from accessctl.errors import NameTakenError as NameTakenError
    from accessctl.errors import NoFaceError as NoFaceError
    from accessctl.errors import PersonError as PersonError
    from accessctl.errors import PhotoError as PhotoError
    from accessctl.errors import PoorFaceError as PoorFaceError
    from accessctl.errors import SeveralFacesError as SeveralFacesError
    from accessctl.errors import SourceError as SourceError
    from accessctl.errors import StoreError as StoreError
    from accessctl.errors import SystemLibraryError as SystemLibraryError
    from accessctl.errors import UnknownBadgeError as UnknownBadgeError
    from accessctl.errors import UnknownPersonError as UnknownPersonError
    from accessctl.errors import UnknownPhotoError as UnknownPhotoError
    from accessctl.extensions import register as register
    from accessctl.extensions import unregister as unregister
    from accessctl.liveness.cues.table import CueRole as CueRole
    from accessctl.liveness.cues.table import CueWords as CueWords
    from accessctl.liveness.evidence import CueResult as CueResult
    from accessctl.liveness.evidence import FramePatch as FramePatch
    from accessctl.liveness.evidence import InfraredSight as InfraredSight
    from accessctl.liveness.evidence import LivenessFrame as LivenessFrame
    from accessctl.recognition.engine import Verification as Verification
    from accessctl.vision.alignment import cut as cut

__version__ = "0.2.0"

__all__ = [
    "AccessctlError",
    "Action",
    "ActionResult",
    "BadNameError",
    "BadgeTakenError",
    "Box",
    "BrokerError",
    "CameraError",
    "Config",
    "ConfigError",
    "CropGeometry",
    "CueResult",
    "CueRole",
    "CueVerdict",
    "CueWords",
    "DamagedError",
    "Decision",
    "DeviceError",
    "DisplayError",
    "Embedding",
    "Encoder",
    "Event",
    "EventKind",
    "ExtensionError",
    "Face",
    "FaceEngine",
    "FaceError",
    "FaultError",
    "Feed",
    "FetchError",
    "Frame",
    "FramePatch",
    "FrameSource",
    "GalleryKeyError",
    "HubBusyError",
    "HubError",
    "IdentifiedFace",
    "Image",
    "InfraredSight",
    "InputError",
    "LastPhotoError",
    "LineError",
    "LivenessFrame",
    "Match",
    "MisfitError",
    "ModelError",
    "NameTakenError",
    "NoFaceError",
    "Outcome",
    "Person",
    "PersonError",
    "PersonId",
    "PersonRules",
    "PhotoError",
    "Points",
    "PoorFaceError",
    "Pose",
    "Quality",
    "Reason",
    "SeveralFacesError",
    "Shot",
    "Source",
    "SourceError",
    "StoreError",
    "SystemLibraryError",
    "UnknownBadgeError",
    "UnknownPersonError",
    "UnknownPhotoError",
    "Verification",
    "WatchedDoor",
    "__version__",
    "cut",
    "load_encoder",
    "open_door",
    "open_engine",
    "register",
    "run_door",
    "unregister",
]

_PLACES = {
    "accessctl.actions.base": ("Action", "ActionResult"),
    "accessctl.api.door": ("WatchedDoor", "open_door", "run_door"),
    "accessctl.api.engine": ("FaceEngine", "IdentifiedFace", "load_encoder", "open_engine"),
    "accessctl.camera.iterable": ("FrameSource",),
    "accessctl.camera.source": ("Feed", "Shot", "Source"),
    "accessctl.config": ("Config",),
    "accessctl.domain": (
        "Box",
        "CropGeometry",
        "CueVerdict",
        "Decision",
        "Embedding",
        "Event",
        "EventKind",
        "Face",
        "Frame",
        "Image",
        "Match",
        "Outcome",
        "Person",
        "PersonId",
        "PersonRules",
        "Points",
        "Pose",
        "Quality",
        "Reason",
    ),
    "accessctl.encoder.base": ("Encoder",),
    "accessctl.errors": (
        "AccessctlError",
        "BadNameError",
        "CameraError",
        "ConfigError",
        "DamagedError",
        "DeviceError",
        "DisplayError",
        "ExtensionError",
        "FaceError",
        "FaultError",
        "FetchError",
        "GalleryKeyError",
        "HubBusyError",
        "HubError",
        "InputError",
        "ModelError",
        "NameTakenError",
        "NoFaceError",
        "PersonError",
        "PhotoError",
        "PoorFaceError",
        "SeveralFacesError",
        "SourceError",
        "StoreError",
        "SystemLibraryError",
        "UnknownPersonError",
        "LastPhotoError",
        "BrokerError",
        "BadgeTakenError",
        "UnknownBadgeError",
        "LineError",
        "MisfitError",
        "UnknownPhotoError",
    ),
    "accessctl.extensions": ("register", "unregister"),
    "accessctl.liveness.cues.table": ("CueRole", "CueWords"),
    "accessctl.liveness.evidence": ("CueResult", "FramePatch", "InfraredSight", "LivenessFrame"),
    "accessctl.recognition.engine": ("Verification",),
    "accessctl.vision.alignment": ("cut",),
}
"""Where each public name lives."""

_PLACE_OF = {name: place for place, public in _PLACES.items() for name in public}


def __getattr__(name: str) -> Any:
    if name not in _PLACE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_PLACE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
