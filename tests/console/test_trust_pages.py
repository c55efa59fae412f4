from accessctl.console.app import Console
from accessctl.console.trust_pages import grouped
from tests.console.site_console import client_of


def test_anybody_learns_how_to_trust_the_hub_and_gets_its_authority(console: Console) -> None:
    client = client_of(console)
    page = client.get("/trust")
    assert page.status_code == 200
    assert grouped(console.hub.authority.fingerprint) in page.text
    file = client.get("/trust/accessctl-hub.crt")
    assert file.headers["content-type"] == "application/x-x509-ca-cert"
    assert file.text == console.hub.authority.pem


def test_a_fingerprint_is_shown_as_systems_show_it() -> None:
    assert grouped("SHA256:0A1B2C") == "0A:1B:2C"
