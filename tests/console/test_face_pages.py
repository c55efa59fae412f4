from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from accessctl.console.app import Console
from accessctl.console.capabilities import ALL, Capability
from accessctl.gallery.people import NewPhoto
from accessctl.hub.journal import JournalKind
from tests.console.sample_site import COLLINS, HOPPER, put_person
from tests.console.site_console import SignIn, journal

PORTRAIT = f"/people/{COLLINS}/portrait"
SHOWN = JournalKind.SHOWN.value


def jpeg(shade: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (700, 500), (shade, shade, shade)).save(file, "JPEG")
    return file.getvalue()


def shade_of(content: bytes) -> float:
    return float(np.asarray(Image.open(BytesIO(content)).convert("L")).mean())


@pytest.fixture
def site(console: Console) -> Console:
    """One with two photos, a dark one and a better, light one, and one without a picture."""
    embedding = np.zeros(4, np.float32)
    embedding[0] = 1.0
    dark = NewPhoto(
        jpeg=jpeg(40), embedding=embedding, fingerprint="f" * 64, quality=0.2, added=console.now()
    )
    put_person(console.hub, COLLINS, dark)
    # Photos are numbered by when they were added.
    light = replace(dark, jpeg=jpeg(200), quality=0.9, added=console.now() + 1)
    people = console.hub.people
    people.add_photo(COLLINS, light)
    return console


def test_each_photo_is_shown_small_once_it_is_on_record(site: Console, signed_in: SignIn) -> None:
    client = signed_in(Capability.LOOK, Capability.PRIVACY, name="Ada")
    best = client.get(PORTRAIT)
    assert best.headers["content-type"] == "image/jpeg"
    assert shade_of(best.content) == pytest.approx(200, abs=3)
    assert max(Image.open(BytesIO(best.content)).size) < 480
    first = client.get(f"/people/{COLLINS}/photos/1")
    assert shade_of(first.content) == pytest.approx(40, abs=3)
    (_, portrait), (kind, photo) = journal(site)[-2:]
    assert (portrait["what"], portrait["person"]) == ("photo of a person", COLLINS)
    assert (kind, photo["operator"], photo["number"]) == (SHOWN, "Ada", 1)


@pytest.mark.parametrize("path", [f"/people/{COLLINS}/photos/3", f"/people/{HOPPER}/photos/1"])
def test_what_is_no_photo_is_none_and_nothing_was_shown(
    site: Console, signed_in: SignIn, path: str
) -> None:
    client = signed_in(Capability.PRIVACY)
    before = len(journal(site))
    assert client.get(path).status_code == 404
    assert len(journal(site)) == before


def test_who_may_not_see_photos_is_shown_none(site: Console, signed_in: SignIn) -> None:
    client = signed_in(*(ALL - {Capability.PRIVACY}))
    assert client.get(PORTRAIT).status_code == 403
    assert client.get(f"/people/{COLLINS}/photos/1").status_code == 403
    assert "/portrait" not in client.get("/people?faces=true").text
    assert 'name="faces"' not in client.get("/people").text
    assert "/photos/1" not in client.get(f"/people/{COLLINS}").text


def test_cards_show_faces_where_they_are_asked_for(site: Console, signed_in: SignIn) -> None:
    client = signed_in(Capability.LOOK, Capability.PRIVACY)
    before = len(journal(site))
    assert PORTRAIT not in client.get("/people").text
    assert f'src="{PORTRAIT}"' in client.get("/people?named=collins&faces=true").text
    page = client.get(f"/people/{COLLINS}").text
    assert f'src="/people/{COLLINS}/photos/1"' in page
    assert f'src="/people/{COLLINS}/photos/2"' in page
    # A page alone has shown nobody.
    assert [kind for kind, _ in journal(site)[before:] if kind == SHOWN] == []
