"""How long one crop takes in each file that an encoder could ship, part by part, on this processor.

The least processor time of one thread in many turns, all files in one process, one after the other
in each turn, so that other programs matter little.

    python -m benchmarks.precisions [--encoder DIR] [--turns N] [--avx2-only]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from accessctl.cli.common import table
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.joint import part_cards
from accessctl.runtime import open_interpreter
from benchmarks import avx2_only

ROOT = Path(__file__).resolve().parents[1]
PRECISIONS = ("float32", "float16 (weights)", "int8 (weights)", "int8 (activations, too)")
EXAMPLES = 8


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--encoder", type=Path, default=ROOT / "models/encoder")
    parser.add_argument("--turns", type=int, default=150)
    parser.add_argument("--avx2-only", action="store_true", help="as if there were no AVX-512")
    args = parser.parse_args()
    if args.avx2_only and not avx2_only.in_force():
        command = [sys.executable, "-m", "benchmarks.precisions", *sys.argv[1:]]
        return avx2_only.run(command, Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    if args.avx2_only:
        avx2_only.check()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    card = load_card(args.encoder)
    cards = [card] if card.parts is None else part_cards(card)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for part in cards:
            folder = Path(scratch) / part.name
            folder.mkdir()
            least = least_ms(written(part, folder), args.turns)
            size = part.input.size
            rows.append((f"{part.name}, {size} x {size}", *(f"{ms:.2f}" for ms in least)))
    print(f"Least processor time of one crop in {args.turns} turns, one thread, ms:\n")
    print(table(["part", *PRECISIONS], rows))
    return 0


def written(card: Card, folder: Path) -> list[Path]:
    """The part's network in a file of each precision."""
    paths = []
    for number, content in enumerate(converted(card)):
        paths.append(folder / f"{number}.tflite")
        paths[-1].write_bytes(content)
    return paths


def converted(card: Card) -> Iterator[bytes]:
    """LiteRT files in the order of PRECISIONS. The activations' ranges are those of noise: they
    change what comes out, not how long it takes."""
    import tensorflow as tf

    from accessctl.training.network import load_network

    model = load_network(card)
    spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    forward = tf.function(lambda crops: model(crops, training=False), autograph=False)
    concrete = forward.get_concrete_function(spec)
    for precision in PRECISIONS:
        converter: Any = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision.startswith("float16"):
            converter.target_spec.supported_types = [tf.float16]
        if precision.endswith("too)"):
            converter.representative_dataset = lambda: ([crop] for crop in noise(spec.shape))
        yield bytes(converter.convert())


def noise(shape: Any) -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.uniform(-1, 1, tuple(shape)).astype(np.float32) for _ in range(EXAMPLES)]


def least_ms(paths: list[Path], turns: int) -> list[float]:
    interpreters = [open_interpreter(path) for path in paths]
    for interpreter in interpreters:
        given = interpreter.get_input_details()[0]
        interpreter.set_tensor(given["index"], noise(given["shape"])[0])
    least = [float("inf")] * len(interpreters)
    for _ in range(turns):
        for number, interpreter in enumerate(interpreters):
            began = time.thread_time()
            interpreter.invoke()
            least[number] = min(least[number], 1e3 * (time.thread_time() - began))
    return least


if __name__ == "__main__":
    sys.exit(main())
