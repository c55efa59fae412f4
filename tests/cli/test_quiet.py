"""With the real models in a process of their own, where native libraries write as they please."""

import os
import subprocess
import sys

import pytest
import yaml

from tests.cli.conftest import MODELS


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["verify", "{collins}", "{hopper}"], 1),
        (["identify", "{collins}", "{nobody}"], 2),
        (["embed", "{collins}", "--out", "one.npz"], 1),
        (["identify", "--json", "{two}"], 2),
    ],
)
def test_an_answer_is_all_that_is_written(site, pictures, words: list[str], lines: int) -> None:
    encoder = MODELS["encoder"] | {"device": "auto"}
    site.config.write_text(yaml.safe_dump({**MODELS, "encoder": encoder}))
    names = {name: pictures(name) for name in ("collins", "hopper", "nobody", "two")}
    told_by_libraries = ("OPENCV_LOG_LEVEL", "TF_CPP_MIN_LOG_LEVEL", "GLOG_minloglevel")
    done = subprocess.run(
        [sys.executable, "-m", "accessctl", *(word.format(**names) for word in words)],
        cwd=site.folder,
        env={key: value for key, value in os.environ.items() if key not in told_by_libraries},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == lines
    made = {path.name for path in site.folder.iterdir()}
    assert made - {"one.npz"} == {"config.yaml"}
