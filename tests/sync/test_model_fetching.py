"""What a door makes of a hub that gives other files than it should, or breaks off."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import ValidationError

from accessctl.encoder.card import read_sums
from accessctl.errors import FetchError, HubError
from accessctl.sync.model_fetching import PARTS, fetch_models
from accessctl.sync.model_wire import MAX_MODEL_BYTES, OfferedModel, OfferedModels
from accessctl.zoo.manifest import load_manifest
from accessctl.zoo.naming import NamedModel, named_models_of
from tests.zoo.naming_files import FILES, OWN, digest, models_folder, own_encoder

ALL = tuple(FILES)


@dataclass
class GivingHub:
    """Offers `files` by their names; `breaks_at` is after how many bytes its next answer ends."""

    files: dict[str, bytes]
    breaks_at: int | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)

    def models(self) -> OfferedModels:
        return OfferedModels(
            models=tuple(
                OfferedModel(name=name, bytes=len(data), sha256=digest(data))
                for name, data in self.files.items()
            )
        )

    def model(self, digest_: str, offset: int, most: int) -> Iterator[bytes]:
        (data,) = [data for data in self.files.values() if digest(data) == digest_]
        self.asked.append((digest_, offset))
        end, self.breaks_at = self.breaks_at, None
        yield data[offset : offset + most][:end]
        if end is not None:
            raise HubError("The hub cannot be reached.")


class LyingHub(GivingHub):
    """Gives other bytes than it says."""

    def model(self, digest_: str, offset: int, most: int) -> Iterator[bytes]:
        yield b"x" * most


@dataclass
class Bare:
    """A door's folder without any model."""

    folder: Path
    encoder: Path | None = None

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def wanted(self) -> tuple[NamedModel, ...]:
        return named_models_of(load_manifest(self.folder), self.cache.joinpath, self.encoder)

    def fetch(self, hub: GivingHub) -> list[str]:
        return [one.state for one in fetch_models(hub, self.wanted, self.cache, lambda _: None)]

    @property
    def files(self) -> dict[str, bytes]:
        found = (path for path in self.cache.rglob("*") if path.is_file())
        return {path.relative_to(self.cache).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Bare(models_folder(tmp_path / "models", *ALL))


def test_what_is_missing_comes_and_what_is_there_is_left_alone(bare: Bare) -> None:
    hub = GivingHub(FILES)
    assert bare.fetch(hub) == ["fetched"] * 4
    for path, data in FILES.items():
        assert bare.files[path] == data
    assert read_sums(bare.cache / "dlib" / "SHA256SUMS") == {
        "int8.tflite": digest(FILES["dlib/int8.tflite"]),
        "half.tflite": digest(FILES["dlib/half.tflite"]),
    }
    assert not (bare.cache / PARTS).exists()
    assert len(hub.asked) == 4
    assert bare.fetch(hub) == ["present"] * 4
    assert len(hub.asked) == 4
    (bare.cache / "dlib/half.tflite").write_bytes(b"altered")
    assert sorted(bare.fetch(hub)) == ["fetched", "present", "present", "present"]
    assert bare.files["dlib/half.tflite"] == FILES["dlib/half.tflite"]


def test_where_the_connection_broke_it_goes_on(bare: Bare) -> None:
    hub = GivingHub(FILES)
    hub.breaks_at = len(FILES["mediapipe/a.tflite"])
    with pytest.raises(HubError):
        bare.fetch(hub)
    hub.breaks_at = None
    hub.asked.clear()
    large = digest(FILES["dlib/int8.tflite"])
    (bare.cache / PARTS / large).write_bytes(FILES["dlib/int8.tflite"][:1000])
    assert bare.fetch(hub) == ["fetched"] * 4
    # The first one had come whole.
    assert [(one == large, offset) for one, offset in hub.asked] == [
        (True, 1000),
        (False, 0),
        (False, 0),
    ]


@pytest.mark.parametrize("begun", [b"", b"zeros of a power failure", bytes(500_000)])
def test_what_has_another_digest_is_thrown_away(bare: Bare, begun: bytes) -> None:
    large = digest(FILES["dlib/int8.tflite"])
    (bare.cache / PARTS).mkdir(parents=True)
    (bare.cache / PARTS / large).write_bytes(begun)
    if begun and len(begun) < len(FILES["dlib/int8.tflite"]):
        with pytest.raises(HubError, match=r"int8\.tflite is not that file \(SHA-256 differs\)"):
            bare.fetch(GivingHub(FILES))
        assert not (bare.cache / "mediapipe/a.tflite").exists()
    assert bare.fetch(GivingHub(FILES)) == ["fetched"] * 4


def test_a_hub_that_gives_other_bytes_changes_nothing(bare: Bare) -> None:
    with pytest.raises(HubError, match="SHA-256 differs"):
        bare.fetch(LyingHub(FILES))
    assert bare.files == {}


def test_a_file_without_which_the_door_does_not_run_has_to_be_there(bare: Bare) -> None:
    less = {path: data for path, data in FILES.items() if path != "dlib/half.tflite"}
    with pytest.raises(HubError, match=r"The hub has no dlib/half\.tflite as this door needs it"):
        bare.fetch(GivingHub(less))
    assert bare.files == {}
    less = {path: data for path, data in FILES.items() if "faceres" not in path}
    assert bare.fetch(GivingHub(less)) == ["fetched"] * 3


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "dlib/../../x", "dlib/half.tflite\0", "manifest"]
)
def test_names_are_only_compared(bare: Bare, tmp_path: Path, name: str) -> None:
    """Another name for the right bytes, and other bytes beside them under such a name."""
    hub = GivingHub({**FILES, name: b"else"})
    before = {path for path in tmp_path.rglob("*") if bare.cache not in path.parents}
    assert bare.fetch(hub) == ["fetched"] * 4
    assert {path for path in tmp_path.rglob("*") if bare.cache not in path.parents} - before <= {
        bare.cache
    }
    moved = dict(FILES)
    moved[name] = moved.pop("dlib/int8.tflite")
    (bare.cache / "dlib/int8.tflite").unlink()
    with pytest.raises(HubError, match=r"has no dlib/int8\.tflite"):
        bare.fetch(GivingHub(moved))


@pytest.mark.parametrize(
    "said",
    [
        {"bytes": MAX_MODEL_BYTES + 1},
        {"bytes": 0},
        {"bytes": -1},
        {"sha256": "../../x"},
        {"sha256": "A" * 64},
        {"name": "n" * 301},
    ],
    ids=lambda said: f"{next(iter(said))}-{str(next(iter(said.values())))[:12]}",
)
def test_an_offer_is_bounded(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OfferedModel.model_validate({"name": "n", "bytes": 1, "sha256": "0" * 64, **said})


def test_another_size_than_the_manifests_is_not_asked_for(bare: Bare) -> None:
    class Sizing(GivingHub):
        def models(self) -> OfferedModels:
            more = [one.model_copy(update={"bytes": 1 << 27}) for one in super().models().models]
            return OfferedModels(models=tuple(more))

    hub = Sizing(FILES)
    with pytest.raises(HubError, match="has no"):
        bare.fetch(hub)
    assert hub.asked == []


def test_the_file_of_an_own_encoder_goes_where_its_card_says(bare: Bare, tmp_path: Path) -> None:
    bare.encoder = own_encoder(tmp_path / "mine", there=False)
    with pytest.raises(HubError, match=r"has no mine/mine\.tflite"):
        bare.fetch(GivingHub(FILES))
    assert bare.fetch(GivingHub({**FILES, "mine/mine.tflite": OWN})) == ["fetched"] * 5
    assert hashlib.sha256((bare.encoder / "mine.tflite").read_bytes()).hexdigest() == digest(OWN)


def test_a_place_that_cannot_be_written_is_named(bare: Bare) -> None:
    bare.cache.write_bytes(b"a file")
    with pytest.raises(FetchError, match="Cannot write"):
        bare.fetch(GivingHub(FILES))
