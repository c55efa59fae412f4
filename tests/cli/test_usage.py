import pytest


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
            "'service'.",
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
