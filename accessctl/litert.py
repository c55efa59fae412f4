"""Open a LiteRT model on the CPU: one way for the detectors, the mesh and the encoders."""

from pathlib import Path
from typing import Any

from accessctl.errors import ModelError
from accessctl.quiet import without_native_chatter


def open_interpreter(
    path: Path, content: bytes | None = None, *, threads: int = 1, advice: str = ""
) -> Any:
    """An interpreter of the model file `path`, its tensors allocated, on `threads` threads.

    `content` is what `path` holds, where somebody has read and checked it already; those very
    bytes are run then. An interpreter has one set of tensors: it is for one thread at a time.
    Raises ModelError for what is no LiteRT model or cannot run here; `advice` says what to do.
    """
    from ai_edge_litert.interpreter import Interpreter

    model = {"model_path": str(path)} if content is None else {"model_content": content}
    try:
        with without_native_chatter():
            interpreter = Interpreter(**model, num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        message = f"{path} is not a LiteRT model that runs here ({reason})"
        raise ModelError(f"{message}; {advice}." if advice else f"{message}.") from error
    return interpreter
