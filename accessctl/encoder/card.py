"""The card beside an encoder's weights: what it eats, what it gives, where it came from.

Everything that depends on the encoder is read from here, so that a door can change its
encoder by naming another folder. The digests of model files that are made on this machine cannot be
in the committed card: a SHA256SUMS file beside it lists them, as `sha256sum` writes and checks it.
"""

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import Field, JsonValue, ValidationError, model_validator

from accessctl.bundled import fetched
from accessctl.domain import CropGeometry, Image
from accessctl.encoder.card_parts import (
    CalibrationTable,
    CardSection,
    EncoderPart,
    Files,
    Geometry,
    Input,
    Sha256,
)
from accessctl.errors import ModelError
from accessctl.storage.files import write_atomically
from accessctl.storage.parsing import read_mapping

CARD_NAME = "card.yaml"
HEADER = "# Read by accessctl and rewritten by its commands; comments are not kept.\n"
SUMS_LINE = re.compile(r"([0-9a-f]{64}) [ *]([A-Za-z0-9._-]{1,200})")
MAX_SUMS_BYTES = 1 << 16
REMEDY = "run `accessctl models fetch` or `accessctl models unpack`"


class Card(CardSection):
    """One encoder: its own network in `files`, or joined from the `parts` (see `joint`).

    `fingerprint` is the SHA-256 of the weights it was made from.
    """

    name: str = Field(min_length=1, max_length=100)
    version: str = Field(min_length=1, max_length=50)
    fingerprint: Sha256
    dimension: int = Field(ge=2, le=4096)
    input: Input
    geometry: Geometry
    files: Files | None = None
    parts: tuple[EncoderPart, ...] | None = Field(None, min_length=2, max_length=8)
    origin: str
    licence: str
    date: datetime.date
    trained_on: str
    results: dict[str, JsonValue] = Field(default_factory=dict)
    cohort: str | None = None
    calibration: CalibrationTable | None = None
    folder: Path = Field(Path(), exclude=True)

    @model_validator(mode="after")
    def _has_a_network_or_parts(self) -> Self:
        if (self.files is None) == (self.parts is None):
            raise ValueError("must name either files or parts, and not both")
        return self

    @property
    def network(self) -> Files:
        """The files of the encoder's own network; ModelError when it is joined from parts."""
        if self.files is None:
            raise ModelError(f"The encoder {self.name} is joined from parts; load it as a whole.")
        return self.files

    @property
    def crop_geometry(self) -> CropGeometry:
        return CropGeometry(self.geometry.template, self.geometry.region, self.input.size)

    def path(self, name: str) -> Path:
        """Where the file lies that the card calls `name`; see `bundled.fetched`."""
        return fetched(self.folder / name)

    @property
    def sums_path(self) -> Path | None:
        return self.path(self.network.sums) if self.network.sums else None

    def check(self, crops: Image) -> None:
        """Raises ValueError when the crops were not cut for this card."""
        size = self.input.size
        if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[1:] != (size, size, 3):
            raise ValueError(
                f"crops must be uint8 (N, {size}, {size}, 3), not {crops.dtype} {crops.shape}"
            )

    def normalise(self, crops: Image) -> NDArray[np.float32]:
        """RGB uint8 (N, S, S, 3) -> what the network eats, float32 of the same shape.

        Raises ValueError when the crops were not cut for this card.
        """
        self.check(crops)
        ordered = crops[..., ::-1] if self.input.channels == "bgr" else crops
        mean = np.asarray(self.input.mean, np.float32)
        return (ordered.astype(np.float32) - mean) * np.asarray(self.input.scale, np.float32)


def load_card(folder: Path) -> Card:
    """The card of the encoder in `folder`; raises ModelError with the first thing wrong."""
    path = folder / CARD_NAME
    try:
        raw = read_mapping(path)
    except OSError as error:
        raise ModelError(
            f"Cannot read the encoder's card {path} ({error.strerror}); "
            "name an encoder's folder as encoder.folder."
        ) from error
    except ValueError as error:
        raise ModelError(f"{path} {error}; restore the encoder's card.") from error
    if "folder" in raw:
        raise ModelError(f"{path} is not an encoder's card; restore it.")
    return _validated({**raw, "folder": folder}, path)


def update_card(folder: Path, **sections: Any) -> Card:
    """Replace whole sections of a card, checked, in the usual order, atomically.

    Raises ModelError when the card is or would be wrong, or cannot be written.
    """
    path = folder / CARD_NAME
    current = load_card(folder).model_dump()
    card = _validated({**current, **sections, "folder": folder}, path)
    write_card(card)
    return card


def write_card(card: Card) -> None:
    """Write `card` into its folder, atomically; raises ModelError."""
    path = card.folder / CARD_NAME
    text = HEADER + yaml.dump(
        card.model_dump(mode="json", exclude_none=True),
        Dumper=_CardDumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )
    try:
        write_atomically(path, text.encode("utf-8"), mode=0o644)
    except OSError as error:
        raise ModelError(f"Cannot write {path} ({error.strerror}); allow writing there.") from error


def _validated(raw: dict[str, Any], path: Path) -> Card:
    try:
        return Card.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the card"
        raise ModelError(f"{path}: {key}: {first['msg']}; correct the encoder's card.") from error


class _CardDumper(yaml.SafeDumper):
    """A list of plain values goes on one line: a table of 200 numbers is no 200 lines."""

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        plain = not any(isinstance(item, list | dict) for item in sequence)
        return super().represent_sequence(tag, sequence, flow_style=plain or flow_style)


def format_sums(sums: Mapping[str, str]) -> str:
    """The text of a SHA256SUMS file: {file name: hex digest}."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def read_sums(path: Path) -> dict[str, str]:
    """{file name: hex digest}; raises ModelError when missing or malformed."""
    try:
        if path.stat().st_size > MAX_SUMS_BYTES:
            raise ModelError(f"{path} is not a list of SHA-256 sums; {REMEDY}.")
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"Cannot read {path} ({_cause(error)}); {REMEDY}.") from error
    sums = {}
    for line in lines:
        match = SUMS_LINE.fullmatch(line)
        if match is None:
            raise ModelError(f"{path} is not a list of SHA-256 sums; {REMEDY}.")
        sums[match[2]] = match[1]
    return sums


def read_checked(path: Path, sums: Path | None) -> bytes:
    """The bytes of a model file, which must have the digest that `sums` lists for its name.

    `sums` None: the file is believed as it is. The bytes that were checked are the bytes
    to load, so that a swap in between changes nothing. Raises ModelError.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"Cannot read the model {path} ({_cause(error)}); {REMEDY}.") from error
    if sums is None:
        return data
    expected = read_sums(sums).get(path.name)
    if expected is None:
        raise ModelError(f"{sums} lists no digest for {path.name}; {REMEDY}.")
    if hashlib.sha256(data).hexdigest() != expected:
        raise ModelError(
            f"{path} was altered since it was made (SHA-256 differs from {sums.name}); {REMEDY}."
        )
    return data


def _cause(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or "not text"


def combined(lines: Iterable[str]) -> str:
    """Lower-case hex SHA-256 of `lines`, each ended by a newline."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode("utf-8")).hexdigest()
