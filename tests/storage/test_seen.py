import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessctl.storage.seen import first_look_alike, hidden_in, look_alike, seen_keys, skeleton

GRACE = "Grace Hopper"


@pytest.mark.parametrize(
    "name",
    [
        "Grace \u200bHopper",  # ZERO WIDTH SPACE
        "Gr\u0430ce Hopper",  # CYRILLIC SMALL LETTER A
        "G\u200drace Hopper",  # ZERO WIDTH JOINER
        "Grace\u00a0Hopper",  # NO-BREAK SPACE
        "\uff27\uff52\uff41\uff43\uff45 Hopper",  # FULLWIDTH
        "Grace Ho\u03c1per",  # GREEK SMALL LETTER RHO
        "Grace  Hopper",
        "Grace Hopper\u2800",
        "gr\u0430ce hopper",
        "GRACE HOPPER",
        "Grace H\u03bfpper",  # GREEK SMALL LETTER OMICRON
        "\U0001d406race Hopper",  # MATHEMATICAL BOLD CAPITAL G
    ],
)
def test_what_looks_like_a_name_is_that_name(name: str) -> None:
    assert look_alike(name, GRACE)
    assert first_look_alike(name, ["Ada", GRACE]) == GRACE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Grace", "Gracie"),
        ("Lan", "Ian"),
        ("Jos\u00e9", "Jose"),
        ("\u5c71\u7530", "\u5c71\u672c"),
        ("\u0410\u043d\u043d\u0430", "\u0418\u043d\u043d\u0430"),  # Anna, Inna in Cyrillic
        ("Anna 1", "Anna 2"),
        ("Bj\u00f6rn", "Bj\u00e9rn"),
    ],
)
def test_what_is_seen_to_differ_is_another_name(one: str, other: str) -> None:
    assert not look_alike(one, other)


def test_composition_makes_no_difference() -> None:
    assert look_alike("Jos\u00e9", "Jose\u0301")


@pytest.mark.parametrize(
    "name",
    [
        "Ada \U0001f469\u200d\U0001f680",  # a woman, joined to a rocket
        "Ada \U0001f469\U0001f3fd\u200d\U0001f4bb",  # with a skin tone
        "Ada \u2764\ufe0f",
        "Ada \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
        "Ada 1\ufe0f\u20e3",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with its non-joiner
        "\u0915\u094d\u200d\u0937",  # Devanagari: a joiner after a virama
        "\u845b\U000e0100\u98fe",  # a Japanese name with a variant of its first letter
        "Ada",
    ],
)
def test_emoji_and_scripts_keep_what_belongs_to_them(name: str) -> None:
    assert hidden_in(name) is None


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("Gra\u200bce", "\u200b"),
        ("\ufeffGrace", "\ufeff"),
        ("Gra\u200dce", "\u200d"),
        ("Gra\u200cce", "\u200c"),
        ("Gra\u00adce", "\u00ad"),
        ("Grace\u3164", "\u3164"),
        ("Grace\ufe0f", "\ufe0f"),
        ("Grace\U000e0041", "\U000e0041"),
        ("\u2060Grace", "\u2060"),
        ("Grace\u200e", "\u200e"),
        ("\U0001f3f4\U000e0067", "\U000e0067"),
        ("Ada \U0001f469\u200d", "\u200d"),
        ("Ada \u2800", "\u2800"),
    ],
)
def test_what_is_not_seen_is_found(name: str, hidden: str) -> None:
    assert hidden_in(name) == hidden


def test_a_skeleton_is_that_of_the_standard() -> None:
    # The example of UTS #39: PAYPAL in another script, and one letter for two.
    assert skeleton("p\u0430yp\u0430l") == skeleton("paypal")
    assert skeleton("Adam") == skeleton("Adarn")


@given(st.text(max_size=20), st.text(max_size=20))
def test_alike_is_the_same_both_ways_and_with_oneself(one: str, other: str) -> None:
    assert look_alike(one, one)
    assert look_alike(one, other) == look_alike(other, one)
    assert seen_keys(one) == seen_keys(f" {one} ")


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll"]), min_size=1), st.integers(0, 9))
def test_a_zero_width_character_anywhere_changes_nothing_that_is_seen(name: str, at: int) -> None:
    altered = name[:at] + "\u200b" + name[at:]
    assert look_alike(name, altered)
    assert hidden_in(altered) == "\u200b"
