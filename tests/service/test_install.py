import base64
import dataclasses
from pathlib import Path

import pytest

from accessctl.config import load_config
from accessctl.errors import FaultError, InputError
from accessctl.service.install import (
    DROP_IN,
    ENVIRONMENT,
    ETC,
    UNIT,
    WRITTEN,
    Wishes,
    first_closed,
    install,
    plan_of,
    state_of,
    uninstall,
)

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def wishes(tmp_path: Path) -> Wishes:
    return Wishes(REPOSITORY, Path("/opt/accessctl/.venv/bin/python"), root=tmp_path)


def done(wishes: Wishes, *, replace: bool = False) -> list[str]:
    return install(wishes, plan_of(wishes), replace=replace)


def test_an_empty_machine_gets_everything(wishes: Wishes) -> None:
    assert {word for _, word in state_of(wishes)} == {"missing"}
    said = done(wishes)
    assert len(said) == len(WRITTEN) + 3
    assert {word for _, word in state_of(wishes)} == {"as written"}
    config = load_config(wishes.on_disk(ETC / "config.yaml"))
    assert config.camera.source == "auto"
    assert config.actions.granted == ()
    assert config.encoder.folder == REPOSITORY / "models" / "dlib"
    unit = wishes.on_disk(UNIT).read_text()
    assert "ExecStart=/opt/accessctl/.venv/bin/python -P -m accessctl run" in unit
    assert "DeviceAllow=char-video4linux rw" in unit


@pytest.mark.parametrize("there", [True, False])
def test_a_first_configuration_names_the_texture_network_that_is_there(
    wishes: Wishes, tmp_path: Path, there: bool
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "systemd").symlink_to(REPOSITORY / "systemd")
    if there:
        (checkout / "models" / "texture").mkdir(parents=True)
    done(dataclasses.replace(wishes, repository=checkout))
    config = load_config(wishes.on_disk(ETC / "config.yaml"))
    assert config.liveness.texture == (checkout / "models" / "texture" if there else "off")


def test_keys_are_made_once_and_private(wishes: Wishes) -> None:
    done(wishes)
    keys = [wishes.on_disk(ETC / name) for name in ("gallery.key", "audit.key")]
    before = [key.read_bytes() for key in keys]
    assert before[0] != before[1]
    for key in keys:
        assert len(base64.b64decode(key.read_bytes())) == 32
        assert key.stat().st_mode & 0o777 == 0o600
    done(wishes)
    assert [key.read_bytes() for key in keys] == before


def test_a_key_in_use_stays_in_use(wishes: Wishes) -> None:
    used = wishes.root / "var/lib/accessctl/enrolled/gallery.key"
    used.parent.mkdir(parents=True)
    used.write_text("in use")
    done(wishes)
    unit = wishes.on_disk(UNIT).read_text()
    assert "LoadCredential=accessctl-key:/var/lib/accessctl/enrolled/gallery.key\n" in unit
    assert not wishes.on_disk(ETC / "gallery.key").exists()
    assert used.read_text() == "in use"
    environment = wishes.on_disk(ENVIRONMENT).read_text()
    assert "ACCESSCTL_KEY_FILE=/var/lib/accessctl/enrolled/gallery.key\n" in environment


def test_the_owners_configuration_is_never_touched(wishes: Wishes) -> None:
    done(wishes)
    file = wishes.on_disk(ETC / "config.yaml")
    content = file.read_text() + "service_of: mine\n"
    file.write_text(content.replace("service_of: mine\n", "policy: {cooldown_s: 7}\n"))
    done(wishes)
    assert load_config(file).policy.cooldown_s == 7


def test_a_second_installation_follows_the_configuration(wishes: Wishes) -> None:
    done(wishes)
    file = wishes.on_disk(ETC / "config.yaml")
    file.write_text(file.read_text().replace("source: auto", "source: rtsp://10.0.0.7/1"))
    said = done(wishes)
    assert f"updated {DROP_IN}" in said
    assert f"same    {UNIT}" in said
    assert "IPAddressAllow=10.0.0.7" in wishes.on_disk(DROP_IN).read_text()


def test_a_unit_changed_by_hand_is_kept_unless_told_otherwise(wishes: Wishes) -> None:
    done(wishes)
    unit = wishes.on_disk(UNIT)
    mine = unit.read_text().replace("WatchdogSec=30", "WatchdogSec=60")
    unit.write_text(mine)
    before = wishes.on_disk(DROP_IN).stat().st_mtime_ns
    assert (UNIT, "changed by hand") in state_of(wishes)
    with pytest.raises(InputError, match="changed by hand, so nothing was written"):
        done(wishes)
    assert unit.read_text() == mine
    assert wishes.on_disk(DROP_IN).stat().st_mtime_ns == before
    said = done(wishes, replace=True)
    assert f"kept    {UNIT}.old" in said
    assert unit.with_name("accessctl.service.old").read_text() == mine
    assert "WatchdogSec=30" in unit.read_text()


def test_what_was_written_is_removed_and_nothing_else(wishes: Wishes) -> None:
    done(wishes)
    assert len(uninstall(wishes, replace=False)) == len(WRITTEN)
    left = sorted(path.name for path in wishes.root.rglob("*") if path.is_file())
    assert left == ["audit.key", "config.yaml", "gallery.key"]
    assert uninstall(wishes, replace=False) == []


def test_a_changed_file_is_not_removed_either(wishes: Wishes) -> None:
    done(wishes)
    wishes.on_disk(UNIT).write_text("mine")
    with pytest.raises(InputError, match="nothing was removed"):
        uninstall(wishes, replace=False)
    assert {word for _, word in state_of(wishes)} == {"as written", "changed by hand"}
    uninstall(wishes, replace=True)
    assert {word for _, word in state_of(wishes)} == {"missing"}


def test_a_configuration_that_is_not_there(wishes: Wishes) -> None:
    elsewhere = Wishes(REPOSITORY, wishes.python, Path("/srv/door.yaml"), root=wishes.root)
    with pytest.raises(InputError, match=r"There is no configuration /srv/door\.yaml"):
        plan_of(elsewhere)


def test_an_installation_without_its_template(wishes: Wishes, tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="run this command from the project's own"):
        plan_of(Wishes(tmp_path / "nowhere", wishes.python, root=tmp_path))


def test_what_the_service_could_not_reach_is_said(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "bin").mkdir(parents=True)
    closed.chmod(0o700)
    found = first_closed(closed / "bin" / "python")
    assert found is not None
    # pytest's own folders above it may be closed too: then the first of those is named.
    assert closed.is_relative_to(found)
    assert first_closed(Path("/usr/bin/env")) is None
