"""What one core of this machine does in numpy, and what the encoder asks of it.

`python -m benchmarks.bars.roofline ENCODER` prints one JSON object. It is a process of its own
because the number of BLAS threads is settled when numpy is imported, and TensorFlow, which
reads the networks, shall not count as the door's memory.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True, slots=True)
class Limits:
    """One core: `flops` a second in float32 matrix products, `bytes_s` read from memory;
    the encoder: floating-point operations and bytes of weights for one crop."""

    flops: float
    bytes_s: float
    encoder_flops: float
    encoder_bytes: float

    @property
    def encoder_ms(self) -> float:
        """The time for one crop at that pace: by arithmetic or by memory, whichever is longer."""
        return 1e3 * max(self.encoder_flops / self.flops, self.encoder_bytes / self.bytes_s)


def measure(encoder: Path) -> Limits:
    command = [sys.executable, "-m", "benchmarks.bars.roofline", str(encoder)]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return Limits(**json.loads(done.stdout.splitlines()[-1]))


def peak_flops() -> float:
    import numpy as np

    side = 1024
    a = np.random.default_rng(0).standard_normal((side, side), np.float32)
    best = float("inf")
    for _ in range(12):
        began = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best


def bandwidth() -> float:
    import numpy as np

    words = np.ones(50_000_000, np.float32)
    best = float("inf")
    for _ in range(6):
        began = time.perf_counter()
        words @ words
        best = min(best, time.perf_counter() - began)
    # Both arguments are the same array: it is read once.
    return words.nbytes / best


def network_flops(folder: Path) -> float:
    """Two for each multiplication with its addition, of convolutions and matrices."""
    from accessctl.encoder.card import load_card
    from accessctl.encoder.joint import part_cards
    from accessctl.training.network import load_network

    card = load_card(folder)
    cards = [card] if card.parts is None else part_cards(card)
    return sum(2.0 * _products(layer) for each in cards for layer in load_network(each).layers)


def _products(layer: object) -> float:
    import math

    import keras

    if isinstance(layer, keras.layers.Dense):
        return float(math.prod(layer.kernel.shape))
    if isinstance(layer, keras.layers.DepthwiseConv2D | keras.layers.Conv2D):
        places = math.prod(layer.output.shape[1:3])
        return float(places * math.prod(layer.kernel.shape))
    return 0.0


def weight_bytes(folder: Path) -> float:
    from accessctl.encoder.card import load_card
    from accessctl.encoder.joint import part_cards

    card = load_card(folder)
    cards = [card] if card.parts is None else part_cards(card)
    files = [(c, c.network.litert.int8 or c.network.litert.float16) for c in cards]
    return float(sum(c.path(name).stat().st_size for c, name in files if name))


def main() -> None:
    folder = Path(sys.argv[1])
    limits = {"flops": peak_flops(), "bytes_s": bandwidth()}
    print(
        json.dumps(
            {
                **limits,
                "encoder_flops": network_flops(folder),
                "encoder_bytes": weight_bytes(folder),
            }
        )
    )


if __name__ == "__main__":
    main()
