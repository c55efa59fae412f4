"""The card of a joint encoder, and the parts that it names."""

import datetime
import json

import pytest
import yaml

from accessctl.encoder.base import FAKE_CARD
from accessctl.encoder.card import load_card, write_card
from accessctl.encoder.card_parts import EncoderPart, Geometry, Input
from accessctl.encoder.joint import joined, load_parts, part_cards
from accessctl.errors import ModelError

DAY = datetime.date(2024, 2, 29)
CORNERS = [list(point) for point in FAKE_CARD.geometry.template]
AS_IT_IS = {"folder": "../other", "weight": 1}
PARTS = (EncoderPart(folder="../one", weight=3.2), EncoderPart(folder="../other", weight=1))


@pytest.fixture
def encoders(tmp_path):
    """A models folder with two encoders, and `pair` joined from them."""
    folder = tmp_path / "models"
    for name, size, region in [("one", 112, (0, 0, 112, 112)), ("other", 32, (24, 30, 88, 94))]:
        (folder / name).mkdir(parents=True)
        changes = {
            "name": name,
            "dimension": size // 8,
            "fingerprint": ("1" if name == "one" else "2") * 64,
            "input": Input(size=size, mean=(0, 0, 0), scale=1),
            "geometry": Geometry(template=FAKE_CARD.geometry.template, region=region),
            "licence": f"{name}'s own",
            "folder": folder / name,
        }
        write_card(FAKE_CARD.model_copy(update=changes))
    (folder / "pair").mkdir()
    write_card(joined(folder / "pair", PARTS, name="pair", version="1", date=DAY))
    return folder


def change(folder, **changes):
    path = folder / "card.yaml"
    path.write_text(json.dumps(yaml.safe_load(path.read_text()) | changes, default=str))


def test_the_card_says_what_follows_from_its_parts(encoders):
    card = load_card(encoders / "pair")
    assert card.dimension == 14 + 4
    assert card.crop_geometry.size == 112 + 1  # the face's axis lies at 55.9
    assert card.files is None
    assert card.parts == PARTS
    assert card.licence == "one: one's own; other: other's own"
    assert [part.name for part in part_cards(card)] == ["one", "other"]


def test_a_joint_card_names_no_network_of_its_own(encoders):
    with pytest.raises(ModelError, match="joined from parts"):
        _ = load_card(encoders / "pair").network


def test_a_new_part_behind_the_same_name_is_noticed(encoders):
    change(encoders / "other", fingerprint="3" * 64)
    with pytest.raises(ModelError, match=r"not what it was.*models join.*models calibrate"):
        part_cards(load_card(encoders / "pair"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"parts": [{"folder": "../one", "weight": 3.3}, AS_IT_IS]}, "a weight is not what"),
        ({"parts": [AS_IT_IS, {"folder": "../one", "weight": 3.2}]}, "a part or a weight"),
        ({"dimension": 17}, "together, 18"),
        (
            {"geometry": {"template": CORNERS, "region": [1, 0, 112, 111]}},
            "does not cover",
        ),
    ],
)
def test_a_card_that_does_not_fit_its_parts_is_refused(encoders, changes, complaint):
    change(encoders / "pair", **changes)
    with pytest.raises(ModelError, match=complaint) as caught:
        part_cards(load_card(encoders / "pair"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ([{"folder": "../one", "weight": 1}], "parts"),
        ([{"folder": "../one", "weight": 0}] * 2, "weight"),
        ([{"folder": "../one", "weight": float("inf")}] * 2, "weight"),
        ([{"folder": "", "weight": 1}] * 2, "folder"),
        ([{"folder": "../one", "weight": 1, "file": "x"}] * 2, "file"),
        ([{"folder": "../one", "weight": 1}] * 9, "parts"),
    ],
)
def test_parts_that_say_nothing_are_refused(encoders, parts, complaint):
    change(encoders / "pair", parts=parts)
    with pytest.raises(ModelError, match=complaint):
        load_card(encoders / "pair")


def test_files_and_parts_exclude_each_other(encoders):
    change(encoders / "pair", files={"keras": "x.keras"})
    with pytest.raises(ModelError, match="either files or parts"):
        load_card(encoders / "pair")
    change(encoders / "one", files=None)
    with pytest.raises(ModelError, match="either files or parts"):
        load_card(encoders / "one")


@pytest.mark.parametrize("folder", ["/etc", "../../elsewhere", "..", ".", "../pair"])
def test_a_part_lies_among_the_models(encoders, folder):
    (encoders.parent / "elsewhere").mkdir()
    with pytest.raises(ModelError, match="the part"):
        load_parts(encoders / "pair", [PARTS[0], EncoderPart(folder=folder, weight=1)])


def test_a_link_out_of_the_models_is_no_way_around(encoders):
    (encoders.parent / "elsewhere").mkdir()
    (encoders / "link").symlink_to(encoders.parent / "elsewhere")
    with pytest.raises(ModelError, match="relative path within"):
        load_parts(encoders / "pair", [PARTS[0], EncoderPart(folder="../link", weight=1)])


def test_a_part_may_lie_below_its_joint_encoder(encoders):
    (encoders / "one").rename(encoders / "pair" / "trunk")
    parts = [EncoderPart(folder="trunk", weight=1), PARTS[1]]
    assert [card.name for card in load_parts(encoders / "pair", parts)] == ["one", "other"]


def test_a_joint_encoder_is_no_part(encoders):
    (encoders / "more").mkdir()
    with pytest.raises(ModelError, match="joined from parts itself"):
        load_parts(encoders / "more", [EncoderPart(folder="../pair", weight=1), PARTS[0]])


def test_parts_of_another_template_do_not_join(encoders):
    template = [[x + 8, y + 8] for x, y in CORNERS]
    change(encoders / "other", geometry={"template": template, "region": [0, 0, 112, 112]})
    with pytest.raises(ModelError, match="another template"):
        joined(encoders / "pair", PARTS, name="pair", version="1", date=DAY)


def test_a_missing_part_is_said(encoders):
    with pytest.raises(ModelError, match=r"gone/card\.yaml"):
        load_parts(encoders / "pair", [PARTS[0], EncoderPart(folder="../gone", weight=1)])
