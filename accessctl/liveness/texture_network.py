"""The network that sees in a single picture whether a face lives or is shown on something.

It is asked about a visit some five times a second.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accessctl.config.liveness import LivenessConfig
from accessctl.domain import Box, Image
from accessctl.errors import ModelError
from accessctl.liveness.cues.texture import can_tell
from accessctl.liveness.evidence import LivenessFrame
from accessctl.liveness.texture_card import (
    KERAS,
    TextureCard,
    TextureOutput,
    crops,
    load_texture_card,
)
from accessctl.runtime import open_interpreter

Tensors: TypeAlias = Sequence[NDArray[np.float32]]
Run: TypeAlias = Callable[[Tensors], NDArray[np.float32]]
"""From the inputs, in the order of `TextureCard.shapes`, to all numbers that come out."""

ROUNDING = 1e-3
"""So far beyond 0 and 1 a probability may lie for having been computed in 16 bits."""

GAP_S = 0.18
"""So long is the network not asked again. Pictures that follow one another at once tell it little
that is new. A fifth of a second, less what a camera of five frames a second may tremble."""

log = logging.getLogger(__name__)


class TextureScorer(Protocol):
    """How likely a face in a picture lives, in [0, 1]; NaN where it cannot be said.

    A mean over a visit of at least `confirm` shows life, one of at most `doubt` speaks of an
    attack.
    """

    @property
    def confirm(self) -> float: ...

    @property
    def doubt(self) -> float: ...

    def score(self, image: Image, box: Box) -> float: ...


class TextureNetwork:
    """Runs the network of a card; `run` is what computes it. Safe to call from any thread."""

    def __init__(self, card: TextureCard, run: Run) -> None:
        self._card = card
        self._run = run
        self._lock = Lock()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The network in `folder`: LiteRT on one thread, or Keras by way of TensorFlow.

        Raises ModelError when the card or the file is missing, altered or unfit.
        """
        card = load_texture_card(folder)
        content = card.content()
        return cls(card, (_keras if card.file.endswith(KERAS) else _litert)(card, content))

    @property
    def card(self) -> TextureCard:
        return self._card

    @property
    def confirm(self) -> float:
        return self._card.confirm

    @property
    def doubt(self) -> float:
        return self._card.doubt

    def score(self, image: Image, box: Box) -> float:
        """`image` is RGB uint8 (H, W, 3), `box` the tight box of the face's mesh in it.

        Raises ValueError for a picture that is none and a box without area.
        """
        eats = self._card.input
        inputs = laid_out(crops(image, box, eats.reaches, eats.size, eats.sampling), self._card)
        # An interpreter has one set of tensors; two threads in it would mix two people.
        with self._lock:
            numbers = self._run(inputs)
        return living(numbers, self._card.output)


def laid_out(cut: NDArray[np.uint8], card: TextureCard) -> list[NDArray[np.float32]]:
    """RGB uint8 (K, S, S, 3), a crop for each reach, as the inputs that the card asks for."""
    ordered = cut[..., ::-1] if card.input.order == "bgr" else cut
    scale = np.float32(1 / 255 if card.input.scale == "unit" else 1)
    values = np.multiply(ordered, scale, dtype=np.float32)
    if card.layout == "stacked":
        return [np.concatenate(list(values), axis=-1)[None]]
    return [np.ascontiguousarray(crop[None]) for crop in values]


def living(numbers: NDArray[np.floating], output: TextureOutput) -> float:
    """How likely a living face is, in [0, 1], by what the network gave; NaN for no number.

    `numbers` has any shape and is counted through from its beginning.
    """
    flat = np.asarray(numbers, np.float64).ravel()
    if not np.isfinite(flat).all():
        return float("nan")
    value = flat[output.index]
    if output.kind == "logit":
        return float(1 / (1 + np.exp(-np.clip(value, -60, 60))))
    if output.kind == "softmax":
        powers = np.exp(flat - flat.max())
        return float(powers[output.index] / powers.sum())
    if not -ROUNDING <= value <= 1 + ROUNDING:
        return float("nan")
    return float(np.clip(value, 0, 1))


def check_fit(
    card: TextureCard, given: Sequence[tuple[int, ...]], results: Sequence[tuple[int, ...]]
) -> None:
    """ModelError unless a file with inputs `given` and outputs `results` is what `card` says."""
    if tuple(given) != card.shapes:
        raise ModelError(
            f"{card.path} eats {_listed(given)}, but its card says {_listed(card.shapes)}; "
            "correct input or layout there."
        )
    if len(results) != 1 or int(np.prod(results[0])) <= card.output.index:
        raise ModelError(
            f"{card.path} gives {_listed(results)}, which has no number {card.output.index}; "
            "correct output.index in its card."
        )


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join(str(shape) for shape in shapes) or "nothing"


def _litert(card: TextureCard, content: bytes) -> Run:
    interpreter = open_interpreter(card.path, content)
    inputs = sorted(interpreter.get_input_details(), key=lambda detail: str(detail["name"]))
    outputs = interpreter.get_output_details()
    check_fit(card, _shapes(inputs), _shapes(outputs))
    if any(detail["dtype"] is not np.float32 for detail in (*inputs, *outputs)):
        raise ModelError(f"{card.path} does not eat and give float32; export it so that it does.")

    def run(tensors: Tensors) -> NDArray[np.float32]:
        for detail, tensor in zip(inputs, tensors, strict=True):
            interpreter.set_tensor(detail["index"], tensor)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(outputs[0]["index"]), np.float32)

    return run


def _shapes(details: Sequence[dict[str, Any]]) -> list[tuple[int, ...]]:
    return [tuple(int(side) for side in detail["shape"]) for detail in details]


def _keras(card: TextureCard, content: bytes) -> Run:
    """What computes the network in the bytes of a .keras file, on the CPU; ModelError.

    It is slower to start than LiteRT and gives the same answers. TensorFlow is imported here and
    not above, because only such a file needs it.
    """
    try:
        import keras
        import tensorflow as tf

        from accessctl.runtime import load_keras_bytes
    except ImportError as error:
        raise ModelError(
            f"{card.path} needs TensorFlow, which is not installed here; convert it once with "
            "tf.lite.TFLiteConverter.from_keras_model and name the .tflite file in its card."
        ) from error
    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"Keras runs on {keras.backend.backend()} here; unset KERAS_BACKEND or set it to "
            f"tensorflow to use {card.path}."
        )
    with tf.device("/CPU:0"):
        model = load_keras_bytes(content, card.path)
    inputs = sorted(model.inputs, key=lambda tensor: str(tensor.name))
    places = [index for tensor in inputs for index, one in enumerate(model.inputs) if one is tensor]
    check_fit(
        card, [_keras_shape(one) for one in inputs], [_keras_shape(one) for one in model.outputs]
    )
    forward = tf.function(lambda *tensors: model(_as_asked(tensors), training=False))

    def run(tensors: Tensors) -> NDArray[np.float32]:
        asked = [tensors[places.index(index)] for index in range(len(places))]
        with tf.device("/CPU:0"):
            answer = forward(*[tf.constant(tensor) for tensor in asked])
        return np.asarray(answer[0] if isinstance(answer, list | tuple) else answer, np.float32)

    return run


def _as_asked(tensors: tuple[Any, ...]) -> Any:
    return tensors[0] if len(tensors) == 1 else list(tensors)


def _keras_shape(tensor: Any) -> tuple[int, ...]:
    """A free batch is a batch of one; another free side fits no card."""
    batch, *rest = tensor.shape
    return (
        1 if batch is None else int(batch),
        *(-1 if side is None else int(side) for side in rest),
    )


class TextureSampler:
    """Asks `scorer` about the frames of one visit, in their order; None: never.

    Frames that show somebody by themselves are counted apart from those that do not, because
    only the former can confirm life and the latter must not take their turn.
    """

    def __init__(self, scorer: TextureScorer | None) -> None:
        self._scorer = scorer
        self._asked: dict[bool, float] = {}

    def sample(self, image: Image, frame: LivenessFrame) -> LivenessFrame:
        """`frame`, with the network's answer where it is due and can tell.

        `image` is RGB uint8 (H, W, 3), what `frame` was gathered from. Passes on what the
        scorer raises.
        """
        scorer, shows = self._scorer, frame.person is not None
        if scorer is None or not self._due(frame.captured, shows) or not can_tell(frame):
            return frame
        self._asked[shows] = frame.captured
        return replace(
            frame,
            texture=scorer.score(image, frame.box),
            texture_bounds=(scorer.doubt, scorer.confirm),
        )

    def _due(self, now: float, shows: bool) -> bool:
        passed = now - self._asked.get(shows, float("-inf"))
        # Where time ran backwards all begins anew.
        return not 0 <= passed < GAP_S


def load_texture(config: LivenessConfig) -> TextureNetwork | None:
    """The network in `config.texture`, None where that is off.

    None, with a warning, also where nobody named a folder and the usual one is not there: the
    other cues go on without it. Raises ModelError for a folder that was named and is not there,
    and for any that holds something unfit.
    """
    if config.texture == "off":
        return None
    if "texture" not in config.model_fields_set and not config.texture.exists():
        log.warning(
            "There is no texture network in %s: life is shown by moving alone; restore that "
            "folder, or set liveness.texture to off.",
            config.texture,
        )
        return None
    return TextureNetwork.open(config.texture)
