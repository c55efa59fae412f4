"""The options of `accessctl train`; the data, the network and the budget are a run's settings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import typer

from accessctl.cli.common import ConfigOption, one_of
from accessctl.cli.front import Several

DATA, NETWORK = "Data", "Network and losses"
BUDGET, EXPORT = "Budget and optimiser", "Export"
FILES: tuple[Literal["int8", "float16", "keras"], ...] = ("int8", "float16", "keras")
LOSSES = (
    "triplet, contrastive, siamese (pairs of photos); cosface, arcface, adaface (identities); "
    "regression, cosine, relational, pairwise (a teacher's descriptors)"
)


@dataclass(frozen=True, kw_only=True)
class TrainDataOptions:
    """What is learnt from, and what is measured on."""

    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", rich_help_panel=DATA, help="A pack, or a folder of photos per person."
        ),
    ] = None
    aligned: Annotated[
        bool,
        typer.Option(
            "--aligned",
            rich_help_panel=DATA,
            help="Photos in --data are aligned canvases already.",
        ),
    ] = False
    augment: Annotated[
        Literal["none", "light", "door"],
        typer.Option(rich_help_panel=DATA, help="What is done to a face before it is learnt from."),
    ] = "door"
    photos: Annotated[
        int | None,
        typer.Option(
            metavar="K", rich_help_panel=DATA, help="Photos of a person in a batch of pairs (4)."
        ),
    ] = None
    cap: Annotated[
        int | None,
        typer.Option(
            metavar="N", rich_help_panel=DATA, help="Photos of a person in an epoch of pairs (40)."
        ),
    ] = None
    exemplars: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            rich_help_panel=DATA,
            help="Of the faces without a name, the share that counts as people of one photo each "
            "(0).",
        ),
    ] = None
    people: Annotated[
        int | None,
        typer.Option(
            metavar="N", rich_help_panel=DATA, help="Train on so many people only (default: all)."
        ),
    ] = None
    held_out: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            rich_help_panel=DATA,
            help="People to validate on, never trained on (200).",
        ),
    ] = None
    validation_photos: Annotated[
        int | None,
        typer.Option(
            metavar="N", rich_help_panel=DATA, help="Photos of each of them, at most (6)."
        ),
    ] = None
    seen: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            rich_help_panel=DATA,
            help="Also measure so many people that are trained on.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class TrainNetworkOptions:
    """What learns, and what from."""

    init: Annotated[
        Path | None,
        typer.Option(
            metavar="ENCODER",
            rich_help_panel=NETWORK,
            help="Encoder folder whose weights to start from (default: models/dlib).",
        ),
    ] = None
    outputs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            rich_help_panel=NETWORK,
            help="Replace the last layer by a fresh one with N.",
        ),
    ] = None
    head: Annotated[
        Literal["fitted", "random"] | None,
        typer.Option(
            rich_help_panel=NETWORK,
            help="How the fresh layer starts: regressed from the trunk to the teacher, where there "
            "is one (default), or random.",
        ),
    ] = None
    size: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            rich_help_panel=NETWORK,
            help="Take crops of another size than the card's.",
        ),
    ] = None
    region: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(
            metavar="X0 Y0 X1 Y1",
            rich_help_panel=NETWORK,
            help="Cut crops from another region of the aligned canvas than the card's.",
        ),
    ] = None
    freeze: Annotated[
        Literal["none", "low", "backbone"] | None,
        typer.Option(
            rich_help_panel=NETWORK,
            help="Layers that do not learn: low, those near the pixels; backbone, all but the "
            "last.",
        ),
    ] = None
    loss: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WEIGHT",
            rich_help_panel=NETWORK,
            help=f"The weight may be left out (1); repeat to add up: {LOSSES}.",
        ),
    ] = None
    mining: Annotated[
        Literal["random", "semi-hard", "batch-hard"] | None,
        typer.Option(rich_help_panel=NETWORK, help="How triplets are chosen (default: semi-hard)."),
    ] = None
    margin: Annotated[
        float | None,
        typer.Option(
            metavar="M",
            rich_help_panel=NETWORK,
            help="Margin of the loss (default: that of its paper).",
        ),
    ] = None
    centres: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            rich_help_panel=NETWORK,
            help="Centres of a person in identity losses (1).",
        ),
    ] = None
    centres_start: Annotated[
        Literal["imprinted", "random"] | None,
        typer.Option(
            rich_help_panel=NETWORK,
            help="Where they start: at means of the person's own embeddings (default), or "
            "anywhere.",
        ),
    ] = None
    teacher: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|ENCODER=WEIGHT",
            rich_help_panel=NETWORK,
            help="An encoder (its folder, or the name of one in models/, such as pair) that "
            "describes the faces, or a .npy of descriptors, row for row with a pack; several go "
            "side by side; the weight may be left out (1).",
        ),
    ] = None
    beside: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|ENCODER=WEIGHT",
            rich_help_panel=NETWORK,
            help="Another encoder, or its descriptors: validate this encoder joined to it as well.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class TrainBudgetOptions:
    """How long, and in which steps."""

    minutes: Annotated[
        float | None,
        typer.Option(
            metavar="M",
            rich_help_panel=BUDGET,
            help="Wall-clock budget, over all sessions of the run.",
        ),
    ] = None
    epochs: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            rich_help_panel=BUDGET,
            help="Budget in passes over the data, in place of --minutes.",
        ),
    ] = None
    steps: Annotated[
        int | None,
        typer.Option(
            metavar="N", rich_help_panel=BUDGET, help="Budget in steps, in place of --minutes."
        ),
    ] = None
    round_steps: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            rich_help_panel=BUDGET,
            help="Steps between checkpoints (an epoch's).",
        ),
    ] = None
    batch: Annotated[
        int | None,
        typer.Option(metavar="N", rich_help_panel=BUDGET, help="Faces in a step (64)."),
    ] = None
    rate: Annotated[
        float | None,
        typer.Option(metavar="R", rich_help_panel=BUDGET, help="Peak learning rate (2e-4)."),
    ] = None
    weight_decay: Annotated[
        float | None,
        typer.Option(metavar="W", rich_help_panel=BUDGET, help="Of AdamW (5e-4)."),
    ] = None
    ema: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            rich_help_panel=BUDGET,
            help="Share of the old weights' average that each step keeps (0.995).",
        ),
    ] = None
    mixed: Annotated[
        bool,
        typer.Option(
            "--mixed",
            rich_help_panel=BUDGET,
            help="Compute in bfloat16, keep weights in float32.",
        ),
    ] = False
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", rich_help_panel=BUDGET, help="Of everything that is drawn (1)."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class TrainExportOptions:
    """The encoder that is written at the end."""

    export: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", rich_help_panel=EXPORT, help="Write an encoder folder when done."
        ),
    ] = None
    export_files: Annotated[
        list[str],
        typer.Option(
            parser=one_of(FILES),
            autocompletion=lambda: [*FILES],
            metavar="|".join(FILES),
            rich_help_panel=EXPORT,
            help="Which networks to put there; several may follow one another.",
        ),
        Several(FILES.__contains__),
    ] = field(default_factory=lambda: [*FILES])
    share: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            rich_help_panel=EXPORT,
            help="How far the exported weights go from the start's to the trained, above 0 to 1.",
        ),
    ] = 1.0
    name: Annotated[
        str,
        typer.Option(
            metavar="NAME", rich_help_panel=EXPORT, help="The encoder's name on its card."
        ),
    ] = "encoder"
    trained_on: Annotated[
        str,
        typer.Option(
            metavar="TEXT", rich_help_panel=EXPORT, help="What the card says of the faces."
        ),
    ] = ""
    licence: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            rich_help_panel=EXPORT,
            help="The card's licence (default: research only).",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class TrainOptions(
    TrainExportOptions, TrainBudgetOptions, TrainNetworkOptions, TrainDataOptions, ConfigOption
):
    run: Annotated[Path, typer.Option(metavar="DIR", help="The run's folder.")]
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the run in --run, settings as they were."),
    ] = False
