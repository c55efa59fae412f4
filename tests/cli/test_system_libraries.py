import pytest

from accessctl.cli.system_libraries import PACKAGES, explain_import_error

# What a bare Debian lacks, as the README and issue tracker of any OpenCV user say.
LACKING = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
}


def missing(library: str) -> ImportError:
    return ImportError(f"{library}: cannot open shared object file: No such file or directory")


@pytest.mark.parametrize(("library", "package"), LACKING.items())
def test_the_package_to_install_is_named(library: str, package: str) -> None:
    sentence = explain_import_error(missing(library))
    assert sentence is not None
    assert sentence.endswith(f"install it with: apt install {package}")
    assert library.rsplit(".", 1)[0] in sentence
    assert "\n" not in sentence


def test_every_package_can_be_named() -> None:
    assert set(PACKAGES.values()) >= set(LACKING.values())
    for library, package in PACKAGES.items():
        assert package in (explain_import_error(missing(f"{library}.9")) or "")


@pytest.mark.parametrize("library", ["libodd+thing-2.so.3", "libstdc++.so.6"])
def test_a_library_that_nobody_knows_is_named_at_least(library: str) -> None:
    sentence = explain_import_error(missing(library))
    assert sentence is not None
    assert library.rsplit(".", 1)[0] in sentence
    assert "install the package that provides it" in sentence


@pytest.mark.parametrize(
    "message",
    ["No module named 'cv2'", "", "libGL.so.1: wrong ELF class", "cannot open shared object file"],
)
def test_other_errors_are_not_explained_away(message: str) -> None:
    assert explain_import_error(ImportError(message)) is None


@pytest.mark.parametrize(
    ("name", "extra"),
    [("scipy", "train"), ("scipy.stats", "train"), ("mediapipe", "mediapipe"), ("keras", "train")],
)
def test_a_library_of_an_extra_names_the_extra(name: str, extra: str) -> None:
    error = ModuleNotFoundError(f"No module named {name!r}", name=name)
    sentence = explain_import_error(error)
    assert sentence is not None
    assert sentence.startswith(f"This needs {name}, which is not installed;")
    assert f"'accessctl[{extra}]'" in sentence


def test_a_module_that_should_be_there_is_a_fault() -> None:
    assert explain_import_error(ModuleNotFoundError("no", name="accessctl.nothing")) is None
