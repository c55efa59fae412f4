"""What a test that runs a whole door needs, and where it is seen that the lock opened."""

import pytest

models = pytest.mark.usefixtures("models")


def opened(site) -> list[str]:
    log = site.folder / "opened"
    return log.read_text().splitlines() if log.exists() else []
