"""The containers of a hub: what stands in their files, and what Docker makes of it where it is."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from accessctl.bundled import MODELS, PACKED, folder_to_fill, model_folders
from accessctl.config import ConsoleConfig, HubConfig, load_config
from accessctl.hub.database import CREDENTIAL, database_url
from accessctl.storage.files import CREDENTIALS_VARIABLE

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
ALL_ADDRESSES = "0.0.0.0"  # noqa: S104, inside a container
# Settings that are no secrets.
PLAIN = {
    "database": {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"},
    "hub": {CREDENTIALS_VARIABLE},
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", PLAIN)
def test_a_container_may_do_little_and_holds_no_secret(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["environment"]) == PLAIN[name]
    assert not {"privileged", "network_mode", "pid", "ipc", "devices"} & service.keys()
    # What is written lies in named volumes or is gone with the container: nothing of the host.
    assert all(re.fullmatch(r"\w+:/[\w/-]+", volume) for volume in service["volumes"])


def test_the_hub_is_nobodys_root_and_the_only_one_to_be_reached(compose: dict[str, Any]) -> None:
    hub, database = compose["services"]["hub"], compose["services"]["database"]
    ports = HubConfig().port, ConsoleConfig().port
    assert hub["ports"] == [f"{port}:{port}" for port in ports]
    assert "ports" not in database
    assert compose["networks"]["inside"]["internal"] is True
    assert database["networks"] == ["inside"]
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (user,) = re.findall(r"^USER (.+)$", image, re.MULTILINE)
    assert user == hub["user"] == "10001:10001"
    assert "ENV" not in re.sub(r"^ENV PATH=\S+ PYTHONDONTWRITEBYTECODE=1$", "", image, flags=re.M)


def test_secrets_are_files_that_are_never_in_the_repository_or_the_image(
    compose: dict[str, Any],
) -> None:
    assert {one["file"].partition("/")[0] for one in compose["secrets"].values()} == {"secrets"}
    for ignored in (".gitignore", ".dockerignore"):
        lines = (ROOT / ignored).read_text(encoding="utf-8").splitlines()
        assert "deploy/secrets/" in lines, ignored
    copied = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".*", "enrolled/", "state/"} <= set(copied)


def test_the_hub_finds_its_configuration_and_its_database(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    hub = compose["services"]["hub"]
    (given,) = hub["configs"]
    assert f'"{given["target"]}"' in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    whole = load_config(DEPLOY / compose["configs"][given["source"]]["file"])
    assert (whole.console.enabled, whole.console.host) == (True, ALL_ADDRESSES)
    config = whole.hub
    assert hub["volumes"] == [f"hub:{config.folder}"]
    (secret,) = hub["secrets"]
    assert secret["target"] == CREDENTIAL
    (tmp_path / CREDENTIAL).write_text("postgresql://hub:SECRET@database/hub\n")
    assert hub["environment"][CREDENTIALS_VARIABLE] == "/run/secrets"
    url = database_url(config, {CREDENTIALS_VARIABLE: str(tmp_path)})
    assert url is not None
    assert url.host in compose["services"]


def test_the_image_holds_the_models_where_an_installed_hub_looks_for_them(tmp_path: Path) -> None:
    (tmp_path / PACKED).mkdir()
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (place,) = re.findall(r"^COPY --from=models (\S+) \1$", image, re.MULTILINE)
    filled = folder_to_fill({"HOME": "/root"}, is_root=True, installed=tmp_path)
    assert filled == Path(place) / MODELS
    assert filled in model_folders({"HOME": "/var/lib/accessctl-hub"})


def test_docker_understands_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("docker compose is not installed; its file was read as YAML only")
    copy = tmp_path / "deploy"
    shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets"))
    (copy / "secrets").mkdir()
    for name in ("database-password", "database-url"):
        (copy / "secrets" / name).touch()
    argv = [docker, "compose", "-f", copy / "compose.yaml", "config", "--quiet"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
