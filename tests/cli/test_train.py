import pytest

from accessctl.cli import train
from accessctl.errors import InputError


@pytest.fixture
def parse(understand):
    return lambda *words: understand("train", *words).options


def test_options_become_settings(parse):
    settings = train.settings_from(
        parse(
            *("--run", "r", "--data", "faces", "--loss", "triplet", "--loss", "regression=0.5"),
            *("--teacher", "a.npy=2", "--teacher", "b.npy", "--mining", "batch-hard"),
            *("--minutes", "3", "--freeze", "backbone", "--photos", "5", "--mixed"),
        )
    )
    assert [(loss.name, loss.weight) for loss in settings.losses] == [
        ("triplet", 1.0),
        ("regression", 0.5),
    ]
    assert [(str(t.file), t.weight) for t in settings.teachers] == [("a.npy", 2), ("b.npy", 1)]
    assert (settings.mining, settings.freeze, settings.photos) == ("batch-hard", "backbone", 5)
    assert (settings.minutes, settings.mixed, str(settings.init)) == (3, True, "models/dlib")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--data", "x", "--loss", "triplet"], "one of minutes, epochs and steps"),
        (["--loss", "triplet", "--minutes", "1"], "data"),
        (["--data", "x", "--minutes", "1"], "losses"),
        (["--data", "x", "--minutes", "1", "--loss", "triplet=much"], "losses"),
        (["--data", "x", "--minutes", "-1", "--loss", "triplet"], "minutes"),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_one_sentence(parse, words, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        train.settings_from(parse("--run", "r", *words))
    assert "\n" not in str(caught.value)


def test_a_run_is_not_started_twice_and_can_be_resumed(parse, tmp_path):
    run = str(tmp_path / "run")
    words = ("--data", "x", "--loss", "triplet", "--steps", "5")
    first = train.started(parse("--run", run, *words))
    with pytest.raises(InputError, match="--resume"):
        train.started(parse("--run", run, *words))
    assert train.started(parse("--run", run, "--resume")) == first


def test_losses_of_the_configuration_stand_in_where_none_is_given(parse, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("training: {loss: [arcface, circle=0.5]}")
    words = ("--data", "x", "--steps", "5", "--config", str(config))
    usual = train.started(parse("--run", str(tmp_path / "a"), *words))
    assert [(loss.name, loss.weight) for loss in usual.losses] == [("arcface", 1), ("circle", 0.5)]
    given = train.started(parse("--run", str(tmp_path / "b"), *words, "--loss", "triplet"))
    assert [loss.name for loss in given.losses] == ["triplet"]
