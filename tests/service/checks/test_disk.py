import pytest

from accessctl.service.checks import disk
from accessctl.service.checks.disk import check_disk, free_mb, nearest
from accessctl.service.checks.finding import Level


@pytest.mark.parametrize(
    ("free", "snapshots", "level"),
    [
        (49.9, 0, Level.FAILURE),
        (50.0, 0, Level.WARNING),
        (499.9, 0, Level.WARNING),
        (500.0, 0, Level.OK),
        (900.0, 500, Level.WARNING),
        (1000.0, 500, Level.OK),
    ],
)
def test_room(tmp_path, free, snapshots, level):
    (finding,) = check_disk({"people": tmp_path}, snapshots, lambda _: free)
    assert finding.level is level
    assert "people" in finding.sentence


def test_a_folder_that_is_not_there_yet_is_asked_for_where_it_will_be(tmp_path):
    asked = []

    def free(folder):
        asked.append(folder)
        return 1000.0

    list(check_disk({"people": tmp_path / "a" / "b"}, 0, free))
    assert asked == [tmp_path]
    assert nearest(tmp_path / "a" / "b") == tmp_path


def test_a_disk_that_is_read_only(tmp_path, monkeypatch):
    # Root may write everywhere, so the system's answer is stood in for.
    monkeypatch.setattr(disk.os, "access", lambda path, mode: False)
    (finding,) = check_disk({"people": tmp_path})
    assert finding.level is Level.FAILURE
    assert "cannot be written" in finding.sentence


def test_the_real_disk_has_room(tmp_path):
    assert free_mb(tmp_path) > 0
