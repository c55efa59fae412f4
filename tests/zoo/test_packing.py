import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.encoder.card import format_sums, read_sums
from accessctl.errors import FetchError, InputError, ModelError
from accessctl.zoo.manifest import Manifest, load_manifest
from accessctl.zoo.packing import pack, pieces_of, unpack

REPOSITORY = Path(__file__).parents[2]
FILES = {
    "mediapipe/a.tflite": b"detector",
    "dlib/int8.tflite": b"eight bits",
    "dlib/half.tflite": b"sixteen bits",
    "faceres/half.tflite": b"another",
}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest() -> Manifest:
    def member(path: str, data: bytes) -> dict[str, Any]:
        return {"path": "x", "destination": path, "sha256": digest(data), "bytes": len(data)}

    def built(path: str) -> dict[str, Any]:
        return {"path": path, "sha256": digest(FILES[path]), "bytes": len(FILES[path])}

    archive = {
        "package": "x",
        "version": "1",
        "kind": "wheel",
        "sha256": "0" * 64,
        "bytes": 1,
        "licence": "none",
        "members": [
            member("mediapipe/a.tflite", FILES["mediapipe/a.tflite"]),
            member("dlib/weights.dat", b"never packed"),
        ],
    }
    encoders = {
        "dlib": [built("dlib/int8.tflite"), built("dlib/half.tflite")],
        "faceres": [built("faceres/half.tflite")],
    }
    return Manifest.model_validate({"archives": [archive], "built": encoders})


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """All files, as a machine has them that built everything."""
    for path, data in FILES.items():
        target = tmp_path / "built" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (tmp_path / "built/dlib/weights.dat").write_bytes(b"never packed")
    return tmp_path / "built"


def bundle(file: Path, *members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    """A pack as somebody else might write it."""
    with tarfile.open(file, "w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(data) if kind == tarfile.REGTYPE else 0
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            archive.addfile(info, io.BytesIO(data))
    return file


def files_in(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_what_is_packed_here_is_there(cache: Path, tmp_path: Path) -> None:
    packed = [report.path for report in pack(manifest(), cache.joinpath, tmp_path / "m.tar")]
    assert packed == [cache / path for path in FILES]
    there = tmp_path / "there"
    states = [report.state for report in unpack(tmp_path / "m.tar", manifest(), there)]
    assert states == ["unpacked"] * 4
    found = files_in(there)
    for encoder, names in {"dlib": ["int8", "half"], "faceres": ["half"]}.items():
        sums = read_sums(there / encoder / "SHA256SUMS")
        assert sums == {f"{n}.tflite": digest(FILES[f"{encoder}/{n}.tflite"]) for n in names}
        del found[f"{encoder}/SHA256SUMS"]
    assert found == FILES
    again = [report.state for report in unpack(tmp_path / "m.tar", manifest(), there)]
    assert again == ["present"] * 4


def test_the_same_files_give_the_same_pack(cache: Path, tmp_path: Path) -> None:
    for name in ("one.tar", "two.tar"):
        list(pack(manifest(), cache.joinpath, tmp_path / name))
        for path in FILES:
            (cache / path).touch()
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_an_encoder_that_was_not_built_is_left_out(cache: Path, tmp_path: Path) -> None:
    (cache / "faceres/half.tflite").unlink()
    packed = [report.path for report in pack(manifest(), cache.joinpath, tmp_path / "m.tar")]
    assert packed == [cache / path for path in FILES if "faceres" not in path]
    list(unpack(tmp_path / "m.tar", manifest(), tmp_path / "there"))
    assert not (tmp_path / "there/faceres").exists()


@pytest.mark.parametrize("path", [path for path in FILES if "faceres" not in path])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.unlink(), "is missing; run `accessctl models fetch`"),
        (lambda path: path.write_bytes(path.read_bytes().upper()), "differs"),
    ],
    ids=["missing", "altered"],
)
def test_what_is_not_of_the_manifest_is_not_packed(
    cache: Path, tmp_path: Path, path: str, change: Callable[[Path], object], said: str
) -> None:
    change(cache / path)
    with pytest.raises(ModelError, match=said):
        list(pack(manifest(), cache.joinpath, tmp_path / "m.tar"))
    assert not (tmp_path / "m.tar").exists()


def test_a_file_is_never_overwritten_by_a_pack(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "m.tar").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        list(pack(manifest(), cache.joinpath, tmp_path / "m.tar"))
    assert (tmp_path / "m.tar").read_text() == "mine"


WHOLE = [(path, data) for path, data in FILES.items() if "faceres" not in path]


@pytest.mark.parametrize(
    "members",
    [
        [*WHOLE, ("../../escaped", b"x")],
        [*WHOLE, ("/etc/escaped", b"x")],
        [*WHOLE, ("dlib/weights.dat", b"never packed")],
        [*WHOLE, ("dlib/../dlib/int8.tflite", b"eight bits")],
        [*WHOLE, WHOLE[0]],
        [("mediapipe/a.tflite", b"Detector"), *WHOLE[1:]],
        [("mediapipe/a.tflite", b"detector and more"), *WHOLE[1:]],
        [("mediapipe/a.tflite", b"detect"), *WHOLE[1:]],
    ],
)
def test_anything_else_in_a_pack_is_refused_and_nothing_written(
    tmp_path: Path, members: list[tuple[str, bytes]]
) -> None:
    file = bundle(tmp_path / "m.tar", *members)
    before = files_in(tmp_path)
    with pytest.raises(InputError, match=r"none of this release's files.*Nothing was changed"):
        list(unpack(file, manifest(), tmp_path / "there"))
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_pipes_in_a_pack_are_refused(tmp_path: Path, kind: bytes) -> None:
    file = bundle(tmp_path / "m.tar", ("mediapipe/a.tflite", b""), kind=kind)
    with pytest.raises(InputError, match="none of this release's files"):
        list(unpack(file, manifest(), tmp_path / "there"))
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("left_out", range(3))
def test_a_pack_that_is_not_whole_is_refused(tmp_path: Path, left_out: int) -> None:
    members = [one for index, one in enumerate(WHOLE) if index != left_out]
    file = bundle(tmp_path / "m.tar", *members)
    with pytest.raises(InputError, match=f"lacks {WHOLE[left_out][0]}"):
        list(unpack(file, manifest(), tmp_path / "there"))
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("content", [b"", b"no pack", b"\0" * 2048, None])
def test_what_is_no_pack_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "m.tar").write_bytes(content)
    with pytest.raises(InputError, match=r"m\.tar"):
        list(unpack(tmp_path / "m.tar", manifest(), tmp_path / "there"))
    assert not (tmp_path / "there").exists()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_pack_is_refused_or_right(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("pack")
    raw = bytearray(bundle(folder / "m.tar", *FILES.items()).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (folder / "m.tar").write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        list(unpack(folder / "m.tar", manifest(), folder / "there"))
    except InputError:
        assert not (folder / "there").exists()
    else:
        for path, content in files_in(folder / "there").items():
            assert path.endswith("SHA256SUMS") or FILES[path] == content


def test_sums_of_other_files_stay(cache: Path, tmp_path: Path) -> None:
    list(pack(manifest(), cache.joinpath, tmp_path / "m.tar"))
    (cache / "dlib/SHA256SUMS").write_text(format_sums({"encoder.keras": "a" * 64}))
    list(unpack(tmp_path / "m.tar", manifest(), cache))
    assert set(read_sums(cache / "dlib/SHA256SUMS")) == {
        "encoder.keras",
        "int8.tflite",
        "half.tflite",
    }


def test_a_cache_that_cannot_be_written_is_said(cache: Path, tmp_path: Path) -> None:
    list(pack(manifest(), cache.joinpath, tmp_path / "m.tar"))
    (tmp_path / "there").write_text("a file")
    with pytest.raises(FetchError, match="Cannot write"):
        list(unpack(tmp_path / "m.tar", manifest(), tmp_path / "there"))


def test_the_releases_pack_holds_what_a_door_on_a_cpu_runs() -> None:
    paths = [piece.path for piece in pieces_of(load_manifest(REPOSITORY / "models"))]
    assert paths == [
        "mediapipe/face_detection_short_range.tflite",
        "mediapipe/face_detection_full_range_sparse.tflite",
        "mediapipe/face_landmark.tflite",
        "dlib/encoder_int8.tflite",
        "dlib/encoder_float16.tflite",
        "faceres/encoder_float16.tflite",
        "mobilefacenet/encoder_float16.tflite",
    ]
