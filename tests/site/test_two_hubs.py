"""A second hub that is started by mistake, as a process of its own."""

import pytest

from accessctl.hub.assembly import open_hub
from accessctl.hub.cluster import free_port
from tests.site.conftest import TrialSite
from tests.site.processes import HubProcess, holds


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_second_hub_ends_with_one_sentence_and_the_first_goes_on(
    site: TrialSite, tmp_path
) -> None:
    site.hub.start()
    site.hub.until_answering()
    other = tmp_path / "second"
    other.mkdir()
    config = site.hub.config.model_copy(update={"port": free_port()})
    second = HubProcess(config, other)
    second.start()
    assert second.wait() == 1
    (line,) = [line for line in second.said().splitlines() if line.startswith("accessctl: ")]
    assert f"A hub runs on {config.folder} already" in line
    for door in site.doors.values():
        door.start()
    assert [door.end() for door in site.doors.values()] == [0, 0]
    assert site.hub.end() == 0
    with open_hub(site.hub.config, {}) as hub:
        holds(hub, site.doors)
