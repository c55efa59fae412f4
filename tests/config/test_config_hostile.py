"""Any bytes are a configuration or are refused."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessctl.config import Config, load_config
from accessctl.errors import ConfigError
from tests.config.files import LEAVES, SHIPPED

# The file is written anew for each example; the folder may be the same.
same_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)
near_trees = st.dictionaries(
    st.sampled_from(list(Config.model_fields)),
    trees | st.dictionaries(st.sampled_from(sorted(n.split(".")[1] for n, _ in LEAVES)), trees),
)


@same_folder
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_any_bytes_load_or_are_refused(file: Path, content: bytes) -> None:
    _load_or_refuse(file, content)


@same_folder
@given(tree=trees | near_trees)
def test_any_yaml_loads_or_is_refused(file: Path, tree: Any) -> None:
    _load_or_refuse(file, yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace"))


FULL = yaml.safe_dump(
    {
        **yaml.safe_load(SHIPPED.read_text()),
        "access": {
            "timezone": "Europe/Berlin",
            "holidays": ["2026-12-25"],
            "schedules": {"office": [{"days": ["mon"], "opens": "08:00", "closes": "18:00"}]},
            "groups": {"staff": {"schedule": "office", "second_factor": "pin"}},
        },
        "policy": {"target_fpir": 0.001, "lockout": {"attempts": 5}},
    }
)
ODD = ["&a ", "*a", "!!int ", "!!float x", "!!binary x", "!!python/name:os.system ", "<<: ", "? "]
ODD += ["- ", ": ", "{", "]", "'", "|", "---\n", "\t", "\x85", "\ufeff", "0x" + "f" * 5000, "1:1:1"]
ODD += ["9" * 400, "1e999", ".nan", "~", "no", "2026-13-45", "0001-01-01 00:00:00 +23:59", '"\\0"']


@same_folder
@given(
    edits=st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 12), st.sampled_from(ODD)),
        min_size=1,
        max_size=4,
    )
)
def test_a_mangled_configuration_loads_or_is_refused(
    file: Path, edits: list[tuple[int, int, str]]
) -> None:
    text = FULL
    for place, taken, put in edits:
        at = place % (len(text) + 1)
        text = text[:at] + put + text[at + taken :]
    _load_or_refuse(file, text.encode())


def _load_or_refuse(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    try:
        config = load_config(file)
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017 - whether it is refused is free
        assert len(str(error)) < 1000  # noqa: PT017
        return
    assert config.gallery.folder.is_absolute()
