"""`accessctl models use`: another encoder for a door, with what that costs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import ConfigOption, config_path, table
from accessctl.cli.front import Verb
from accessctl.cli.progress import photo_bar
from accessctl.config import Config, load_config
from accessctl.errors import InputError, ModelError

if TYPE_CHECKING:
    from accessctl.encoder.card import Card

RATES = ("1e-03", "1e-04", "1e-05")


@dataclass(frozen=True, kw_only=True)
class UseOptions(ConfigOption):
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="encoder, dlib, pair, or your own's name.")
    ]


def run(args: UseOptions) -> int:
    """The configuration is changed last: until the people are embedded, nothing is."""
    from accessctl.bundled import model_folders, named_models
    from accessctl.encoder.card import CARD_NAME, load_card
    from accessctl.recognition.calibration import scoring_of
    from accessctl.recognition.engine import open_engine
    from accessctl.zoo.atomic import replace_text
    from accessctl.zoo.config_text import with_setting

    file = config_path(args.config, os.environ)
    config = load_config(file)
    folder = named_models(Path(args.name), file.resolve().parent, model_folders())
    if not (folder / CARD_NAME).is_file():
        raise InputError(f"There is no encoder {args.name}; {_known(model_folders())}")
    text = file.read_text(encoding="utf-8")
    try:
        changed = with_setting(text, "encoder", "folder", args.name)
    except ValueError as error:
        raise InputError(
            f"{file} {error}; set encoder.folder: {args.name} in it by hand."
        ) from error
    before, after = load_card(config.encoder.folder), load_card(folder)
    # What a door cannot use is refused before anybody is embedded by it.
    scoring_of(after)
    print(costs(before, after))
    with open_engine(_with_encoder(config, folder), photo_bar) as engine:
        people = len(engine.roster.names)
    replace_text(file, changed)
    print(f"{file} now says encoder.folder: {args.name}; {people} people are known by it.")
    print("A door that is running goes on with the old one: restart it now.")
    return 0


def costs(before: "Card", after: "Card") -> str:
    """What both cards say of how many genuine pairs are kept at a rate of false matches."""
    rows = [
        (name, card.name, *(_percent(tar(card).get(rate)) for rate in RATES))
        for name, card in (("now", before), ("then", after))
    ]
    head = ("", "ENCODER", *(f"KEPT AT {float(rate):g}" for rate in RATES))
    told = "Genuine pairs kept at a false-match rate, all pairs of LFW, by the encoders' cards:"
    return f"{told}\n{table(head, rows)}\nLicence of {after.name}: {after.licence}"


def tar(card: "Card") -> Mapping[str, float]:
    """By false-match rate, normalised scores; empty when the card says nothing."""
    found: Any = card.results
    for key in ("lfw", "all_pairs", "normalised", "tar"):
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {rate: value for rate, value in found.items() if isinstance(value, float)}


def _percent(share: float | None) -> str:
    return "not measured" if share is None else f"{100 * share:.1f} %"


def _with_encoder(config: Config, folder: Path) -> Config:
    encoder = config.encoder.model_copy(update={"folder": folder})
    return config.model_copy(update={"encoder": encoder})


def _known(folders: tuple[Path, ...]) -> str:
    from accessctl.encoder.card import CARD_NAME, load_card

    names: set[str] = set()
    for path in (path for folder in folders for path in folder.glob(f"*/{CARD_NAME}")):
        try:
            names |= {path.parent.name} if load_card(path.parent).calibration else set()
        except ModelError:
            # A texture network's card, for one.
            continue
    return f"these are known: {', '.join(sorted(names))}."


USE = Verb(
    run,
    UseOptions,
    "Switches a door to another encoder: says what it costs or gains by the encoders' cards, "
    "embeds everybody's photos anew, and sets encoder.folder in the configuration last.",
    ("accessctl models use dlib",),
)
