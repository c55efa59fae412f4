"""What lies in static/ is our own, and nothing leads elsewhere."""

import re
from pathlib import Path

import accessctl

CONSOLE = Path(accessctl.__file__).parent / "console"
STATIC = CONSOLE / "static"


def test_no_page_brings_script_or_style_of_its_own_or_from_elsewhere() -> None:
    templates = sorted((CONSOLE / "templates").glob("*.html"))
    assert len(templates) > 10
    for path in templates:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)", text), path.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), path.name
        assert not re.search(r"(src|href|action)=\"(https?:|//)", text), path.name


def test_our_own_script_builds_no_page_from_text() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|document\.write|eval\(|Function\(", text)


def test_each_form_that_changes_something_carries_the_sessions_token() -> None:
    """But for those of whoever is not signed in."""
    strangers = {"sign_in.html", "invitation.html"}
    for path in (CONSOLE / "templates").glob("*.html"):
        forms = re.findall(
            r"<form[^>]*method=\"post\".*?</form>", path.read_text(encoding="utf-8"), re.DOTALL
        )
        for form in forms:
            assert path.name in strangers or 'name="csrf"' in form, path.name
