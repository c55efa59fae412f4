import pytest

from accessctl.cli.error_text import PACKAGES, explain_import_error


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["peple"], "accessctl: There is no command 'peple'; did you mean people?"),
        (["xyzzy"], "accessctl: There is no command 'xyzzy'."),
        (["models", "ftch"], "accessctl models: There is no command 'ftch'; did you mean fetch?"),
        (
            ["people", "--jsn"],
            "accessctl people: There is no option --jsn; did you mean --json?",
        ),
        (
            ["rules", "Ada", "--until-when", "x"],
            "accessctl rules: There is no option --until-when; did you mean --until?",
        ),
        (["verify", "a.jpg"], "accessctl verify: B is missing."),
        (["events", "purge"], "accessctl events purge: --keep-days is missing."),
        (["run", "--seconds", "soon"], "accessctl run: --seconds: 'soon' is no number."),
        (
            ["enroll", "--countdown", "1.5"],
            "accessctl enroll: --countdown: '1.5' is no whole number.",
        ),
        (["pin"], "accessctl pin: Name a command, one of set, clear, enter."),
        ([], "accessctl: Name a command."),
        (
            ["models", "card", "f", "--geometry", "round"],
            "accessctl models card: --geometry: 'round' is none of arcface112, canvas128, dlib150.",
        ),
        (
            ["events", "--kind", "party"],
            "accessctl events: --kind: 'party' is not one of 'decision', 'action', 'person', "
            "'service', 'doorway'.",
        ),
        (
            ["models", "join", "f", "--part", "x"],
            "accessctl models join: --part: 'x' is not OTHER=WEIGHT with a weight above 0, like "
            "../dlib=3.2.",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(site, words: list[str], sentence: str) -> None:
    said = site(*words, config=False)
    assert (said.code, said.out) == (2, "")
    where = sentence.split(":")[0]
    assert said.err == f"{sentence} ({where} --help says more.)\n"


def test_a_word_too_many_is_named(site) -> None:
    said = site("people", "extra")
    assert said.code == 2
    assert "extra" in said.err
    assert said.err.count("\n") == 1


def test_a_control_character_is_not_passed_on_to_the_terminal(site) -> None:
    said = site("\033[2J", config=False)
    assert said.code == 2
    assert "\033" not in said.err


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
