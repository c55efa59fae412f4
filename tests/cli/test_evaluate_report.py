import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.cli.evaluate_report import (
    Part,
    Told,
    as_record,
    markdown,
    percent,
    put_section,
    section,
    words,
)
from accessctl.config import EncoderConfig
from accessctl.encoder.fake import FAKE_CARD
from accessctl.errors import StoreError
from accessctl.evaluation.statistics import Count

RATE = Count(3, 4, 0.1941, 0.99369)


def test_a_rate_in_words_and_figures() -> None:
    assert percent(RATE) == "75.0 (19.4 to 99.4)"
    assert percent(RATE, 2) == "75.00 (19.41 to 99.37)"
    assert as_record(RATE) == {"rate": 0.75, "interval_95": [0.1941, 0.99369]}


def test_a_table_in_markdown() -> None:
    assert markdown(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_the_section_says_when_how_and_with_what(tmp_path: Path) -> None:
    record = {"date": datetime.date(2000, 1, 2).isoformat(), "command": "accessctl evaluate it"}
    told = Told("it", record, [Part("All of it", ("a",), [("1",)])], tmp_path / "plots" / "it.png")
    report = tmp_path / "docs" / "it.md"
    lines = section(report, EncoderConfig(), FAKE_CARD, told).split("\n")
    assert lines[0].startswith("2000-01-02; fake fafafafafafa, ")
    assert lines[2] == "    accessctl evaluate it"
    assert lines[4:] == ["All of it:", "", "| a |", "| --- |", "| 1 |", "", lines[-1]]
    assert lines[-1] == "![it: fake](../plots/it.png)"


def test_an_encoders_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    report.write_text("# Title\n\nWhy.\n\n## one\n\nold\n\n### part\n\nold\n\n## two\n\nkept\n")
    put_section(report, "one", "new")
    assert report.read_text() == "# Title\n\nWhy.\n\n## one\n\nnew\n\n## two\n\nkept\n"
    put_section(report, "three", "added")
    assert report.read_text().endswith("\n\n## two\n\nkept\n\n## three\n\nadded\n")


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_loses_no_section(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    report.write_text("## one\n\nkept\n")
    with pytest.raises(StoreError, match="No space left"):
        put_section(report, "two", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]
    assert report.read_text() == "## one\n\nkept\n"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text("x \n", max_size=5)), max_size=6))
def test_each_section_holds_what_was_put_last(tmp_path_factory, puts) -> None:
    report = tmp_path_factory.mktemp("report") / "report.md"
    for title, body in puts:
        put_section(report, title, f"begin{body}end")
    text = report.read_text() if puts else ""
    for title, body in dict(puts).items():
        assert text.count(f"## {title}\n") == 1
        assert f"## {title}\n\nbegin{body}end\n" in text


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="name a Markdown file"):
        put_section(tmp_path / "none" / "report.md", "one", "body")


def test_the_command_names_what_is_not_usual(understand) -> None:
    words_typed = ("--data", "there", "--sizes", "4", "5", "--pool-size", "6")
    args = understand("evaluate", "identify", *words_typed).options
    said = words("it", args, ("sizes", "pool_size", "seed"))
    assert said == "it --data there --sizes 4 5 --pool-size 6"
