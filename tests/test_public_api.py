"""What `import accessctl` offers, and what it costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import accessctl
from accessctl import errors

PUBLIC = {
    *("__version__", "register", "unregister", "cut", "load_encoder"),
    *("open_engine", "FaceEngine", "IdentifiedFace", "Verification"),
    *("open_door", "run_door", "WatchedDoor", "FrameSource", "Source", "Feed", "Shot"),
    *("Box", "CropGeometry", "CueVerdict", "Decision", "Embedding", "Event", "EventKind", "Face"),
    *("Frame", "Image", "Match", "Outcome", "Person", "PersonId", "PersonRules", "Points", "Pose"),
    *("Quality", "Reason", "Config", "Encoder", "Action", "ActionResult"),
    *("CueResult", "CueRole", "CueWords", "LivenessFrame", "FramePatch", "InfraredSight"),
    *("AccessctlError", "InputError", "ConfigError", "SourceError", "PhotoError", "FaceError"),
    *("NoFaceError", "SeveralFacesError", "PoorFaceError", "PersonError", "NameTakenError"),
    *("BadNameError", "UnknownPersonError", "FaultError", "CameraError", "ModelError"),
    *("DeviceError", "FetchError", "StoreError", "GalleryKeyError", "ExtensionError"),
    *("DisplayError", "SystemLibraryError", "MisfitError", "UnknownPhotoError", "LastPhotoError"),
    *("BrokerError", "LineError", "HubError", "HubBusyError"),
    *("BadgeTakenError", "UnknownBadgeError", "DamagedError"),
}
HEAVY = {"numpy", "cv2", "pydantic", "yaml", "PIL", "cryptography", "httpx", "keras", "tensorflow"}


def test_these_names_are_public_and_no_others() -> None:
    """Whoever changes this set changes what programs of other people rest on."""
    assert set(accessctl.__all__) == PUBLIC
    assert len(accessctl.__all__) == len(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_each_is_there(name: str) -> None:
    assert getattr(accessctl, name) is not None
    assert name in dir(accessctl)


def test_every_error_is_public() -> None:
    raised = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert raised <= PUBLIC | {"ClassVar"}


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="module 'accessctl' has no attribute 'door_bell'"):
        _ = accessctl.door_bell


def test_type_checkers_see_the_same_names_in_the_same_places() -> None:
    source = Path(accessctl.__file__).read_text(encoding="utf-8")
    seen = {
        (node.module, name.name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("accessctl.")
        for name in node.names
        if name.name == name.asname
    }
    assert seen == {(place, name) for name, place in accessctl._PLACE_OF.items()}
    assert (Path(accessctl.__file__).parent / "py.typed").is_file()


def test_importing_it_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import accessctl; accessctl.__version__; "
        "dir(accessctl); print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "accessctl" in loaded
    assert not {name for name in loaded if name.startswith("accessctl.")}
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
