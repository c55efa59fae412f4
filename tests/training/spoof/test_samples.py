import zipfile
from dataclasses import replace

import numpy as np
import pytest

from accessctl.errors import InputError, StoreError
from accessctl.training.spoof.samples import ARRAYS, read_samples, write_samples


def test_what_is_written_is_read_in_the_order_of_the_names(made_samples, tmp_path) -> None:
    first, second = made_samples(6, 0), made_samples(4, 1)
    # Longer words than in the first piece.
    second = replace(second, kind=np.array(["photo_paper"] * 4), source=np.array(["portrait"] * 4))
    folder = tmp_path / "samples"
    write_samples(folder / "fit-0002.npz", second)
    write_samples(folder / "fit-0001.npz", first)
    write_samples(folder / "check-0000.npz", made_samples(2, 2))
    read = read_samples(folder, "fit-")
    assert len(read) == 10
    for name in ARRAYS:
        one, other = getattr(first, name), getattr(second, name)
        np.testing.assert_array_equal(getattr(read, name), np.concatenate([one, other]))
        assert getattr(read, name).dtype.kind == one.dtype.kind
    assert len(read_samples(folder, "check-")) == 2


def test_a_folder_without_any_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no samples"):
        read_samples(tmp_path, "fit-")


def test_a_piece_that_was_not_finished_does_not_count(made_samples, tmp_path, monkeypatch) -> None:
    def stopped(stream, **arrays) -> None:
        stream.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_samples(tmp_path / "fit-0000.npz", made_samples(2, 0))
    assert not (tmp_path / "fit-0000.npz").exists()
    with pytest.raises(InputError, match="holds no samples"):
        read_samples(tmp_path, "fit-")


def test_pickles_are_refused(made_samples, tmp_path) -> None:
    piece = made_samples(2, 0)
    write_samples(tmp_path / "fit-0.npz", replace(piece, kind=np.array([{"a": 1}, {}], object)))
    with pytest.raises(InputError, match="damaged"):
        read_samples(tmp_path, "fit-")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_damaged_piece_is_named(tmp_path, content) -> None:
    (tmp_path / "fit-0007.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"fit-0007\.npz is damaged .* delete it"):
        read_samples(tmp_path, "fit-")


def test_a_piece_that_lacks_something_is_named(made_samples, tmp_path) -> None:
    write_samples(tmp_path / "fit-0.npz", made_samples(2, 0))
    with (
        zipfile.ZipFile(tmp_path / "fit-0.npz") as whole,
        zipfile.ZipFile(tmp_path / "fit-1.npz", "w") as less,
    ):
        for name in set(whole.namelist()) - {"film.npy"}:
            less.writestr(name, whole.read(name))
    with pytest.raises(InputError, match=r"fit-1\.npz is damaged"):
        read_samples(tmp_path, "fit-")


def test_a_folder_that_cannot_be_written_is_a_fault(made_samples, tmp_path) -> None:
    (tmp_path / "samples").write_text("a file is in the way")
    with pytest.raises(StoreError, match="Cannot write"):
        write_samples(tmp_path / "samples" / "fit-0.npz", made_samples(2, 0))
