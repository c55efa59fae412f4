from pathlib import Path


def test_no_films_are_wrong_input(site, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "people").mkdir()
    said = site(
        "evaluate", "visits", "--gallery", tmp_path / "people", "--films", tmp_path / "films"
    )
    assert said.code == 2
    assert "holds no" in said.err


def test_a_rate_that_is_none(site, tmp_path: Path) -> None:
    words = ("--gallery", tmp_path, "--films", tmp_path, "--target-fpir", "2")
    said = site("evaluate", "visits", *words)
    assert said.code == 2
    assert "--target-fpir lies between 0 and 1" in said.err
