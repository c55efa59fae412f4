import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from accessctl.cli.embed import expand


@pytest.fixture
def folder(tmp_path: Path, pictures) -> Path:
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    shutil.copy(pictures("hopper"), folder / "b.png")
    shutil.copy(pictures("collins"), folder / "a.PNG")
    shutil.copy(pictures("nobody"), folder / "more" / "c.png")
    (folder / "notes.txt").write_text("not a photo")
    return folder


@pytest.mark.usefixtures("models")
def test_a_row_for_every_photo(site, folder: Path, pictures, loaded) -> None:
    out = site.folder / "faces.npz"
    said = site("embed", pictures("collins"), folder, "--out", out)
    assert said.code == 0
    assert said.out == f"3 of 4 photos embedded into {out}.\n"
    assert said.err == (
        f"accessctl: {folder / 'more' / 'c.png'}: no face found; "
        "use a photo that shows one face from the front.\n"
    )
    with np.load(out, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["embeddings", "fingerprint", "paths"]
        paths, rows, fingerprint = (arrays[name] for name in ("paths", "embeddings", "fingerprint"))
    assert list(paths) == [
        str(path)
        for path in (
            pictures("collins"),
            folder / "a.PNG",
            folder / "b.png",
            folder / "more" / "c.png",
        )
    ]
    assert str(fingerprint) == loaded.recogniser.fingerprint
    assert (rows.shape, rows.dtype) == ((4, 128), np.float32)
    assert np.linalg.norm(rows[:3], axis=1) == pytest.approx(1, abs=1e-5)
    assert np.isnan(rows[3]).all()
    assert rows[0] @ rows[1] == pytest.approx(1)
    assert rows[1] @ rows[2] < 0.95


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("name", ["text.jpg", "missing.jpg", "bomb.png", "two", "small"])
def test_what_cannot_be_used_is_told_and_is_a_row_of_nan(site, pictures, name: str) -> None:
    out = site.folder / "faces.npz"
    said = site("embed", pictures(name), "--out", out)
    assert said.code == 0
    assert said.err.startswith(f"accessctl: {pictures(name)}")
    assert said.err.count("\n") == 1
    with np.load(out) as arrays:
        assert np.isnan(arrays["embeddings"]).all()
        assert arrays["embeddings"].shape == (1, 128)


@pytest.mark.usefixtures("models")
def test_the_file_is_the_one_named_and_private(site, pictures) -> None:
    out = site.folder / "faces"
    said = site("embed", pictures("nobody"), "--out", out)
    assert str(out) in said.out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert not out.with_suffix(".npz").exists()


@pytest.mark.usefixtures("models")
def test_a_file_that_cannot_be_written(site, pictures) -> None:
    out = site.folder / "missing" / "faces.npz"
    said = site("embed", pictures("nobody"), "--out", out)
    assert said.code == 1
    assert said.err.splitlines()[-1] == (
        f"accessctl: Cannot write {out} (No such file or directory); "
        "name a file in a writable folder."
    )


@pytest.mark.usefixtures("models", "full_disk")
def test_a_full_disk_leaves_what_was_there(site, pictures) -> None:
    out = site.folder / "faces.npz"
    out.write_bytes(b"of yesterday")
    before = sorted(site.folder.iterdir())
    said = site("embed", pictures("nobody"), "--out", out)
    assert said.code == 1
    assert "No space left on device" in said.err
    assert out.read_bytes() == b"of yesterday"
    assert sorted(site.folder.iterdir()) == before


def test_a_folder_without_photos(site) -> None:
    (site.folder / "bare").mkdir()
    said = site("embed", site.folder / "bare", "--out", site.folder / "faces.npz")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"accessctl: {site.folder / 'bare'} holds no photos; name a folder that does.\n"
    )
    assert not (site.folder / "faces.npz").exists()


def test_files_as_they_are_folders_in_order(folder: Path) -> None:
    given = [folder / "z.jpg", folder, folder / "notes.txt"]
    assert list(expand(given)) == [
        folder / "z.jpg",
        folder / "a.PNG",
        folder / "b.png",
        folder / "more" / "c.png",
        folder / "notes.txt",
    ]
