import pytest

from accessctl.cli.verify import answer, sentence

KEYS = ["same", "similarity", "fmr", "threshold", "error"]

same = pytest.mark.usefixtures("models")


@same
def test_the_same_person(site, pictures) -> None:
    said = site("verify", "--json", pictures("collins"), pictures("collins_mirrored"))
    assert (said.code, said.err) == (0, "")
    (line,) = said.lines
    assert list(line) == KEYS
    assert line["same"] is True
    assert line["threshold"] < line["similarity"] <= 1
    assert 0 < line["fmr"] <= 1e-4
    assert line["error"] is None


@same
def test_two_people_is_an_answer_not_an_error(site, pictures) -> None:
    said = site("verify", "--json", pictures("collins"), pictures("hopper"))
    (line,) = said.lines
    assert said.code == 0
    assert line["same"] is False
    assert line["similarity"] < line["threshold"]
    assert 1e-4 < line["fmr"] <= 1


@same
def test_the_order_is_of_no_matter(site, pictures) -> None:
    one = site("verify", "--json", pictures("collins"), pictures("hopper")).lines
    assert site("verify", "--json", pictures("hopper"), pictures("collins")).lines == one


@same
def test_the_line_for_people_to_read(site, pictures) -> None:
    said = site("verify", pictures("collins"), pictures("collins_mirrored"))
    assert said.out.startswith("same person: similarity ")
    said = site("verify", pictures("collins"), pictures("hopper"))
    assert said.out.startswith("not the same person: similarity ")
    assert " is enough for these two), false-match rate " in said.out


@same
def test_a_stricter_rate_needs_more_similarity(site, pictures) -> None:
    thresholds = []
    for rate in (0.01, 0.0001):
        site.configure(policy={"target_fmr": rate})
        (line,) = site("verify", "--json", pictures("collins"), pictures("hopper")).lines
        thresholds.append(line["threshold"])
    assert thresholds[0] < thresholds[1]


@same
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nobody", "no face found"),
        ("two", "2 faces found"),
        ("small", "the face is too small"),
        ("blurred", "the face is blurred"),
        ("text.jpg", "is not a JPEG"),
        ("missing.jpg", "does not exist"),
    ],
)
@pytest.mark.parametrize("bad_one_first", [True, False])
def test_a_photo_that_will_not_do(site, pictures, name: str, why: str, bad_one_first: bool) -> None:
    photos = [pictures(name), pictures("hopper")]
    said = site("verify", *(photos if bad_one_first else photos[::-1]))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"accessctl: {pictures(name)}")
    assert why in said.err
    assert said.err.count("\n") == 1


@same
def test_a_photo_that_will_not_do_as_json(site, pictures) -> None:
    said = site("verify", "--json", pictures("nobody"), pictures("hopper"))
    assert (said.code, said.err) == (2, "")
    (line,) = said.lines
    assert list(line) == KEYS
    assert [line[key] for key in KEYS[:-1]] == [None] * 4
    assert line["error"].startswith(f"{pictures('nobody')}: no face found")


@same
def test_nobody_is_enrolled_by_it(site, pictures) -> None:
    site("verify", pictures("collins"), pictures("hopper"))
    assert site.people() == []
    assert not (site.folder / "state").exists()


def test_where_no_similarity_will_do() -> None:
    line = answer(same=False, similarity=0.5, fmr=0.01, threshold=None)
    assert sentence(line) == (
        "not the same person: similarity 0.500 (no similarity is enough for these two), "
        "false-match rate 1.0e-02"
    )
