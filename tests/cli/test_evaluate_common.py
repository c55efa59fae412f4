import datetime
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.cli.evaluate_common import (
    BenchOptions,
    Part,
    Told,
    as_record,
    encoder_from,
    heading,
    keep_result,
    markdown,
    percent,
    provenance,
    put_section,
    section,
    words,
)
from accessctl.config import Config, EncoderConfig
from accessctl.encoder.base import FAKE_CARD
from accessctl.encoder.card import load_card
from accessctl.errors import StoreError
from accessctl.evaluation.left_out import WithoutSubject
from accessctl.evaluation.statistics import Count, Measured

DLIB = Path(__file__).parents[2] / "models" / "dlib"


CONFIG = Config(encoder=EncoderConfig(folder=DLIB, flip_average=False, device="cpu"))


def test_the_encoder_is_the_configured_one_unless_told_otherwise() -> None:
    assert encoder_from(BenchOptions(), CONFIG) == CONFIG.encoder
    changed = encoder_from(BenchOptions(encoder=Path("x"), flip=True, precision="float16"), CONFIG)
    assert (changed.folder, changed.flip_average, changed.precision, changed.device) == (
        Path("x"),
        True,
        "float16",
        "cpu",
    )
    flipping = Config(encoder=EncoderConfig(flip_average=True))
    assert not encoder_from(BenchOptions(flip=False), flipping).flip_average


def test_a_result_says_where_it_is_from() -> None:
    args = BenchOptions(flip=False, precision="float16")
    found = provenance("lfw --data in", args, encoder_from(args, CONFIG))
    assert found == {
        "command": f"accessctl evaluate lfw --data in --encoder {DLIB} --no-flip "
        "--precision float16",
        "date": datetime.date.today().isoformat(),
        "precision": "float16",
        "flip_average": False,
    }
    assert provenance("lfw", BenchOptions(), CONFIG.encoder)["command"].endswith(
        f"--encoder {DLIB}"
    )


def test_a_result_is_kept_beside_the_others(tmp_path: Path) -> None:
    shutil.copy(DLIB / "card.yaml", tmp_path)
    before = load_card(tmp_path).results
    keep_result(tmp_path, "of_a_test", {"tar": 0.5})
    after = load_card(tmp_path).results
    assert after == {**before, "of_a_test": {"tar": 0.5}}
    keep_result(tmp_path, "of_a_test", {"tar": 0.6})
    assert load_card(tmp_path).results["of_a_test"] == {"tar": 0.6}


def test_how_figures_read() -> None:
    assert percent(Measured(0.8731, 0.86, 0.888), unit=" %") == "87.3 % (86.0 to 88.8)"
    card = load_card(DLIB)
    line = heading(CONFIG.encoder, card)
    assert line == f"dlib-face-resnet {card.fingerprint[:12]}, int8, without mirror image"


RATE = Count(3, 4, 0.1941, 0.99369)


def test_a_rate_in_words_and_figures() -> None:
    assert percent(RATE) == "75.0 (19.4 to 99.4)"
    assert percent(RATE, 2) == "75.00 (19.41 to 99.37)"
    assert as_record(RATE) == {"rate": 0.75, "interval_95": [0.1941, 0.99369]}


def test_a_table_in_markdown() -> None:
    assert markdown(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_the_section_says_when_how_and_with_what(tmp_path: Path) -> None:
    record = {"date": datetime.date(2000, 1, 2).isoformat(), "command": "accessctl evaluate it"}
    parts, picture = [Part("All of it", ("a",), [("1",)])], tmp_path / "plots" / "it.png"
    told = Told("it", record, parts, picture, WithoutSubject.of([None] * 8))
    report = tmp_path / "docs" / "it.md"
    lines = section(report, EncoderConfig(), FAKE_CARD, told).split("\n")
    assert lines[0].startswith("2000-01-02; fake fafafafafafa, ")
    assert lines[2] == "    accessctl evaluate it"
    assert lines[4] == "8 photos, 0 without a subject."
    assert lines[6:] == ["All of it:", "", "| a |", "| --- |", "| 1 |", "", lines[-1]]
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
