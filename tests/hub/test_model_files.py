"""Model files from a hub, over HTTPS: what it gives, to whom, and what the command makes of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from accessctl.cli.join import missing_models
from accessctl.cli.models import FetchOptions, run_fetch
from accessctl.config import HubConfig, load_config
from accessctl.errors import ConfigError, HubError, InputError, StoreError
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.model_files import LOOK_AGAIN_S, ModelFiles
from accessctl.sync.client import BY_NAME, DoorClient
from accessctl.sync.identity import pinned
from accessctl.sync.wire import API
from accessctl.zoo.manifest import load_manifest
from accessctl.zoo.naming import NamedModel, named_models_of
from tests.clocks import HandClock
from tests.hub.conftest import JoinedTestDoor
from tests.hub.waiting import waiting_door
from tests.zoo.naming_files import FILES, OWN, digest, models_folder, own_encoder

ON_SQLITE = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)
LARGE = digest(FILES["dlib/int8.tflite"])


def named(models: Path, encoder: Path | None = None) -> Callable[[], tuple[NamedModel, ...]]:
    return lambda: named_models_of(load_manifest(models), (models / "cache").joinpath, encoder)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return models_folder(tmp_path / "hub-models")


@pytest.fixture
def hub(hub_config: HubConfig, clock: HandClock, models: Path, tmp_path: Path) -> Iterator[Hub]:
    encoder = own_encoder(tmp_path / "mine")
    (models / "cache/secret").write_bytes(b"nobody's")
    with open_hub(hub_config, {}, now=clock, models=named(models, encoder)) as opened:
        yield opened


@ON_SQLITE
def test_a_door_is_told_what_there_is_and_gets_it_from_any_byte_on(joined, clock) -> None:
    door = joined("front")
    with DoorClient(door.url, door.member, clock()) as client:
        offered = {one.name: (one.bytes, one.sha256) for one in client.models().models}
        everything = {**FILES, "mine/mine.tflite": OWN}
        assert offered == {name: (len(data), digest(data)) for name, data in everything.items()}
        data = FILES["dlib/int8.tflite"]
        for offset in (0, 1, 300_000, len(data)):
            assert b"".join(client.model(LARGE, offset, len(data))) == data[offset:]
        with pytest.raises(HubError, match="answered too much"):
            list(client.model(LARGE, 0, len(data) - 1))
        with pytest.raises(HubError, match="no such model file"):
            list(client.model(LARGE, len(data) + 1, 10))
        with pytest.raises(HubError, match="no such model file"):
            list(client.model(digest(b"nobody's"), 0, 100))


@ON_SQLITE
def test_only_doors_are_given_any_and_only_by_digest(hub, joined, url: str) -> None:
    with waiting_door(joined("front")) as caller:
        for path in ("/models/secret", "/models/..%2Fsecret", f"/models/{LARGE}%2F..", "/models/"):
            assert caller.ask("GET", path).status_code in {307, 400, 404}
        assert caller.ask("GET", f"/models/{LARGE}?offset=-1").status_code == 400
    tls = pinned(hub.authority.pem)
    with httpx.Client(base_url=url + API, verify=tls, trust_env=False) as stranger:
        for path in ("/models", f"/models/{LARGE}"):
            assert stranger.get(path, extensions=BY_NAME).status_code == 401


@ON_SQLITE
def test_what_was_altered_at_the_hub_is_not_given(hub: Hub, models: Path) -> None:
    (models / "cache/dlib/half.tflite").write_bytes(b"altered")
    (models / "cache/faceres/half.tflite").unlink()
    assert [one.name for one in hub.models.listed().models] == [
        "mediapipe/a.tflite",
        "dlib/int8.tflite",
        "mine/mine.tflite",
    ]
    with pytest.raises(InputError):
        hub.models.read(digest(FILES["dlib/half.tflite"]), 0)


def test_what_is_named_is_read_once_a_minute(models: Path) -> None:
    now, read = [0.0], []

    def counted() -> tuple[NamedModel, ...]:
        read.append(now[0])
        return named(models)()

    files = ModelFiles(counted, lambda: now[0])
    for now[0] in (0.0, 1.0, LOOK_AGAIN_S, LOOK_AGAIN_S + 1):
        assert len(files.listed().models) == 4
    assert read == [0.0, LOOK_AGAIN_S]

    def broken() -> tuple[NamedModel, ...]:
        raise ConfigError("Cannot read manifest.yaml.")

    with pytest.raises(StoreError, match=r"Cannot read manifest\.yaml"):
        ModelFiles(broken).listed()


@ON_SQLITE
def test_the_command_fetches_from_the_hub_of_this_door(
    joined: Callable[[str], JoinedTestDoor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door = joined("front")
    bare = models_folder(tmp_path / "door-models", *FILES)
    file = tmp_path / "config.yaml"
    sync = {"hub": door.url, "folder": str(door.folder)}
    encoder = {"folder": str(own_encoder(tmp_path / "door-mine", there=False))}
    file.write_text(yaml.safe_dump({"sync": sync, "encoder": encoder}))
    assert missing_models(load_config(file)) == ["mine/mine.tflite"]
    options = FetchOptions(config=file, models=bare, from_hub=True)
    assert run_fetch(options) == 0
    states = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert states == ["downloading"] * 5 + ["fetched"] * 5
    assert all((bare / "cache" / path).read_bytes() == data for path, data in FILES.items())
    assert (tmp_path / "door-mine" / "mine.tflite").read_bytes() == OWN
    assert missing_models(load_config(file)) == []
    assert run_fetch(options) == 0
    states = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert states == ["present"] * 5


def test_a_door_without_a_hub_is_told_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump({"sync": {"folder": str(tmp_path / "sync")}}))
    bare = models_folder(tmp_path / "models", *FILES)
    with pytest.raises(InputError, match="has joined no hub"):
        run_fetch(FetchOptions(config=file, models=bare, from_hub=True))
    with pytest.raises(InputError, match="leave --pair and --mobilefacenet out"):
        run_fetch(FetchOptions(config=file, models=bare, from_hub=True, pair=True))
