"""What the evaluations of recognition share: options, the encoder, tables, a report, the card."""

import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, TypeAlias

import typer

from accessctl.cli.common import ConfigOption, JsonOption, config_from, photo_bar, print_json, table
from accessctl.config import Config, EncoderConfig
from accessctl.encoder.card import Card, load_card, update_card
from accessctl.errors import StoreError
from accessctl.storage.files import write_atomically

if TYPE_CHECKING:
    from accessctl.evaluation.data import Photos
    from accessctl.evaluation.embedded import Bench
    from accessctl.evaluation.left_out import WithoutSubject
    from accessctl.evaluation.sightings import Subject

BenchOf: TypeAlias = "Callable[[BenchOptions, Subject], tuple[Bench, EncoderConfig]]"
"""As `bench_from`."""

ARCHIVE = "images.zip"
SECTION = "## "


@dataclass(frozen=True, kw_only=True)
class BenchOptions(ConfigOption, JsonOption):
    """Which encoder is measured, and where what is found is kept."""

    encoder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="An encoder's folder (default: as configured)."),
    ] = None
    flip: Annotated[
        bool | None,
        typer.Option(
            "--flip/--no-flip", help="Average with the mirror image (default: as configured)."
        ),
    ] = None
    precision: Annotated[
        Literal["int8", "float16"] | None,
        typer.Option(help="Which of its networks (default: as configured)."),
    ] = None
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where faces found and embeddings are kept (default: in the user's cache folder).",
        ),
    ] = None
    plots: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw into this folder.")] = None


SubjectName = Literal["enrolment", "centre", "largest"]
SUBJECT_HELP = (
    "Whose face is meant where a photo shows several: whom `accessctl enroll` would take (nobody, "
    "where it would refuse the photo), the one at the photo's centre, as in LFW, or the largest."
)


@dataclass(frozen=True, kw_only=True)
class SubjectOption:
    """Who is meant in a photo."""

    subject: Annotated[SubjectName, typer.Option(help=SUBJECT_HELP)] = "enrolment"


@dataclass(frozen=True, kw_only=True)
class WriteCardOption:
    """Whether a result is kept."""

    write_card: Annotated[
        bool, typer.Option("--write-card", help="Keep the figures in the encoder's card.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class PhotosOptions(BenchOptions, WriteCardOption, SubjectOption):
    """What all evaluations of identification share."""

    data: Annotated[
        Path,
        typer.Option(
            metavar="PLACE",
            help="A folder for each person, in a folder, in a zip archive, or in images.zip there.",
        ),
    ]
    seed: Annotated[int, typer.Option(help="Of whatever is drawn at random.")] = 0
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.md",
            help="Put the tables into this file, in place of the encoder's section.",
        ),
    ] = None


class Rate(Protocol):
    """A share with its 95 % interval."""

    @property
    def value(self) -> float: ...

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A table with the sentence above it."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Told:
    """One evaluation of one encoder. `name` is its place in the card's results, `left_out` are
    the photos that could not be measured."""

    name: str
    record: Mapping[str, Any]
    parts: Sequence[Part]
    picture: Path | None
    left_out: "WithoutSubject"


def encoder_from(args: BenchOptions, config: Config) -> EncoderConfig:
    """The configured encoder with what the options change."""
    named = {"folder": args.encoder, "flip_average": args.flip, "precision": args.precision}
    changed = {key: value for key, value in named.items() if value is not None}
    return config.encoder.model_copy(update=changed)


def bench_from(args: BenchOptions, subject: "Subject") -> "tuple[Bench, EncoderConfig]":
    """What photos are measured with, and the encoder in it; ConfigError or ModelError."""
    from accessctl.evaluation.embedded import bench_for
    from accessctl.evaluation.sightings import default_cache

    config = config_from(args)
    encoder = encoder_from(args, config)
    cache = args.cache or default_cache(os.environ)
    return bench_for(config.vision, encoder, subject, cache, photo_bar), encoder


def provenance(command: str, args: BenchOptions, encoder: EncoderConfig) -> dict[str, Any]:
    """What a result in a card begins with; `command` is the words after `accessctl evaluate`
    with the options of its own."""
    words = f"accessctl evaluate {command} --encoder {encoder.folder}"
    if args.flip is not None:
        words += " --flip" if args.flip else " --no-flip"
    if args.precision is not None:
        words += f" --precision {args.precision}"
    return {
        "command": words,
        "date": datetime.date.today().isoformat(),
        "precision": encoder.precision,
        "flip_average": encoder.flip_average,
    }


def heading(encoder: EncoderConfig, card: Card) -> str:
    """Which encoder was measured, in one line."""
    mirrored = "averaged with the mirror image" if encoder.flip_average else "without mirror image"
    return f"{card.name} {card.fingerprint[:12]}, {encoder.precision}, {mirrored}"


def print_record(card: Card, record: Mapping[str, Any]) -> None:
    """One line of JSON: which encoder it is, and what was found."""
    print_json({"encoder": card.name, "fingerprint": card.fingerprint, **record})


def keep_result(folder: Path, name: str, record: Mapping[str, Any]) -> None:
    """Into `results` of the card in `folder`; ModelError."""
    update_card(folder, results={**load_card(folder).results, name: dict(record)})


def photos_of(place: Path) -> "Photos":
    """The photographs at --data; SourceError."""
    from accessctl.evaluation.data import open_photos

    archive = place / ARCHIVE
    return open_photos(archive if archive.exists() else place)


def words(name: str, args: PhotosOptions, options: Sequence[str]) -> str:
    """The evaluation as it can be typed: --data, and those of `options` that are not usual."""
    said = [f"{name} --data {args.data}"]
    usual = {field.name: _usual(field) for field in fields(args)}
    for option in options:
        value = getattr(args, option)
        if value != usual[option]:
            values = value if isinstance(value, list) else [value]
            said.append(f"--{option.replace('_', '-')} {' '.join(map(str, values))}")
    return " ".join(said)


def _usual(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def tell(args: PhotosOptions, encoder: EncoderConfig, card: Card, told: Told) -> None:
    """Print, and keep where it was asked for; ModelError or StoreError."""
    told.left_out.warn()
    if args.json:
        print_record(card, told.record)
    else:
        print(heading(encoder, card))
        print(told.left_out)
        for part in told.parts:
            print(f"\n{part.title}\n\n{table(part.head, part.rows)}")
    if args.report:
        put_section(args.report, card.name, section(args.report, encoder, card, told))
    if args.write_card:
        keep_result(encoder.folder, told.name, told.record)


def section(report: Path, encoder: EncoderConfig, card: Card, told: Told) -> str:
    """Markdown: when, how, with which encoder, the tables and the picture."""
    lines = [
        f"{told.record['date']}; {heading(encoder, card)}.",
        "",
        f"    {told.record['command']}",
        "",
        f"{told.left_out}.",
    ]
    for part in told.parts:
        lines += ["", f"{part.title}:", "", markdown(part.head, part.rows)]
    if told.picture is not None:
        link = os.path.relpath(told.picture, report.parent)
        lines += ["", f"![{told.name}: {card.name}]({Path(link).as_posix()})"]
    return "\n".join(lines)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---"] * len(head)
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ruler, *rows))


def put_section(path: Path, title: str, body: str) -> None:
    """Replace the section `title` of a Markdown file, or add it at the end; StoreError."""
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        parts = f"\n{text}".split(f"\n{SECTION}")
        kept = [parts[0].strip()] if parts[0].strip() else []
        others = [part.rstrip() for part in parts[1:]]
        new = f"{title}\n\n{body}"
        named = [index for index, part in enumerate(others) if part.split("\n")[0] == title]
        if named:
            others[named[0]] = new
        else:
            others.append(new)
        whole = "\n\n".join([*kept, *(SECTION + part for part in others)])
        write_atomically(path.resolve(), f"{whole}\n".encode(), mode=0o644)
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"Cannot write {path} ({error}); name a Markdown file in a writable folder."
        ) from error


def percent(rate: Rate, digits: int = 1, unit: str = "") -> str:
    """ "95.3 (94.1 to 96.2)": percentages, the value with its interval; `unit` after the value."""
    value, low, high = (f"{100 * v:.{digits}f}" for v in (rate.value, rate.low, rate.high))
    return f"{value}{unit} ({low} to {high})"


def as_record(rate: Rate) -> dict[str, Any]:
    """For JSON and the card."""
    return {
        "rate": round(rate.value, 5),
        "interval_95": [round(rate.low, 5), round(rate.high, 5)],
    }
