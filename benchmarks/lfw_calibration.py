"""Do the stated false-match rates hold on LFW, which took no part in setting them?

Compares all impostor pairs of the View 2 images at the thresholds that the product takes
for each rate, then draws galleries with one photo a person and searches them for another
photo of each and for one photo of everybody else, by the rule of `accessctl identify`.
The subject of a photo is the face whose box holds its centre; photos without one count
as missed. Embeddings are kept in --embeddings (about ten minutes of work on two cores).

    python -m benchmarks.lfw_calibration --embeddings FILE.npz [--shared DIR] [--encoder DIR]
"""

import argparse
import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from accessctl.config import EncoderConfig, PolicyConfig, VisionConfig
from accessctl.domain import Face
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.choose import load_encoder
from accessctl.evaluation.intervals import clopper_pearson
from accessctl.gallery.calibration import Calibration
from accessctl.gallery.cohort import load_cohort
from accessctl.gallery.matcher import Matcher
from accessctl.gallery.normalisation import neighbour_statistics, normalise
from accessctl.gallery.rates import comparison_fmr
from accessctl.gallery.values import Template
from accessctl.vision.alignment import cut
from accessctl.vision.observer import Observer

ROOT = Path(__file__).resolve().parents[1]
CENTRE = 125.0
RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
Floats = NDArray[np.float32]


def view_2(pairs: Path) -> set[str]:
    """Members of the archive that LFW's View 2 names."""
    names = set()
    for line in pairs.read_text().splitlines()[1:]:
        fields = line.split("\t")
        if len(fields) == 3:
            fields = [fields[0], fields[1], fields[0], fields[2]]
        for person, number in (fields[:2], fields[2:]):
            names.add(f"{person}/{person}_{int(number):04d}.jpg")
    return names


def subject(faces: list[Face]) -> Face | None:
    central = [
        face
        for face in faces
        if face.box.x <= CENTRE <= face.box.x + face.box.w
        and face.box.y <= CENTRE <= face.box.y + face.box.h
    ]
    return max(central, key=lambda face: face.box.area, default=None)


def embed_all(shared: Path, encoder_folder: Path, models: Path) -> tuple[list[str], Floats]:
    """Every photo of the archive by name; NaN where there is no subject."""
    cv2.setNumThreads(1)
    observer = Observer(VisionConfig(models=models))
    encoder = load_encoder(EncoderConfig(folder=encoder_folder, device="cpu"))
    names, rows = [], []
    with zipfile.ZipFile(shared / "lfw" / "images.zip") as archive:
        for name in tqdm([n for n in archive.namelist() if n.endswith(".jpg")]):
            bgr = cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR)
            image = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            face = subject(observer.still(image))
            names.append(name)
            if face is None:
                rows.append(np.full(encoder.card.dimension, np.nan, np.float32))
            else:
                crop = cut(image, face.landmarks, encoder.card.crop_geometry)
                rows.append(encoder.embed(crop[None])[0])
    observer.close()
    return names, np.stack(rows)


def scoring(card: Card) -> tuple[Floats, Calibration]:
    table = card.calibration
    assert card.cohort is not None
    assert table is not None
    calibration = Calibration(table.neighbours, table.score, table.log10_fmr, table.log10_fmr_upper)
    return load_cohort(card.path(card.cohort)), calibration


def all_pairs(embeddings: Floats, people: NDArray[np.int64], cohort: Floats, neighbours: int):
    """Scores of all impostor and of all genuine pairs."""
    side = neighbour_statistics(embeddings, cohort, neighbours)
    impostors, genuine = [], []
    for row in range(len(embeddings) - 1):
        rest = slice(row + 1, None)
        similarities = embeddings[rest] @ embeddings[row]
        scores = normalise(
            similarities, side.mean[rest], side.deviation[rest], side.mean[row], side.deviation[row]
        )
        same = people[rest] == people[row]
        impostors.append(scores[~same])
        genuine.append(scores[same])
    return np.concatenate(impostors), np.concatenate(genuine)


def print_pairs(impostors: Floats, genuine: Floats, calibration: Calibration) -> None:
    print(f"{len(impostors)} impostor and {len(genuine)} genuine pairs")
    print("stated FMR  threshold  observed FMR  observed/stated   FNMR")
    for rate in RATES:
        threshold = calibration.threshold(rate)
        observed = float((impostors >= threshold).mean())
        missed = float((genuine < threshold).mean())
        print(f"{rate:10.0e}  {threshold:9.2f}  {observed:12.2e}  {observed / rate:15.2f}"
              f"  {missed:6.2%}")  # fmt: skip


def open_set(
    embeddings: Floats,
    people: NDArray[np.int64],
    cohort: Floats,
    calibration: Calibration,
    size: int,
    target_fpir: float,
    generator: np.random.Generator,
) -> tuple[int, int, int, int]:
    """Missed, misidentified, strangers accepted and strangers, for one drawn gallery."""
    photos = [np.flatnonzero(people == person) for person in range(people.max() + 1)]
    several = [person for person, own in enumerate(photos) if len(own) >= 2]
    enrolled = generator.choice(several, size, replace=False)
    pairs = [generator.choice(photos[person], 2, replace=False) for person in enrolled]
    others = np.setdiff1d([p for p, own in enumerate(photos) if len(own)], enrolled)
    templates = [
        Template(str(person), embeddings[pair[0]], 1.0)
        for person, pair in zip(enrolled, pairs, strict=True)
    ]
    matcher = Matcher(templates, cohort, calibration)
    max_fmr = comparison_fmr(target_fpir, matcher.people)
    min_margin = PolicyConfig().min_margin

    def named(photo: int) -> str | None:
        match = matcher.search(embeddings[photo])
        assert match is not None
        sure = match.fmr_upper <= max_fmr and match.margin >= min_margin
        return match.person if sure else None

    found = [named(pair[1]) for pair in pairs]
    missed = sum(name is None for name in found)
    wrong = sum(
        name is not None and name != str(person)
        for name, person in zip(found, enrolled, strict=True)
    )
    accepted = sum(named(generator.choice(photos[person])) is not None for person in others)
    return missed, wrong, accepted, len(others)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--embeddings", type=Path, required=True, metavar="FILE.npz")
    parser.add_argument("--shared", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--encoder", type=Path, default=ROOT / "models/dlib")
    parser.add_argument("--models", type=Path, default=ROOT / "models/cache/mediapipe")
    parser.add_argument("--draws", type=int, default=10, help="galleries drawn for each row")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not args.embeddings.exists():
        names, embeddings = embed_all(args.shared, args.encoder, args.models)
        np.savez(args.embeddings, names=np.array(names), embeddings=embeddings)
    with np.load(args.embeddings) as kept:
        names, embeddings = kept["names"], kept["embeddings"]
    wanted = view_2(args.shared / "lfw" / "pairs.txt")
    seen = np.isfinite(embeddings).all(axis=1)
    used = seen & np.isin(names, sorted(wanted))
    print(f"{len(wanted)} photos in View 2, {len(wanted) - used.sum()} of them without a subject")
    names, embeddings = names[used], embeddings[used]
    _, people = np.unique([Path(name).parent.name for name in names], return_inverse=True)
    cohort, calibration = scoring(load_card(args.encoder))
    print_pairs(*all_pairs(embeddings, people, cohort, calibration.neighbours), calibration)
    generator = np.random.default_rng(args.seed)
    print("people  target FPIR  observed FPIR (95 % of one draw's strangers)  FNIR  misidentified")
    for size, target in ((50, 0.01), (200, 0.01), (200, 0.1), (1000, 0.01), (200, 0.001)):
        counts = np.array(
            [
                open_set(embeddings, people, cohort, calibration, size, target, generator)
                for _ in range(args.draws)
            ]
        )
        missed, wrong, accepted, strangers = counts.sum(axis=0)
        mean, trials = accepted / strangers, round(strangers / args.draws)
        low, high = clopper_pearson(round(mean * trials), trials)
        probes = size * args.draws
        print(f"{size:6}  {target:11.3f}  {mean:13.3%} ({low:.2%} to {high:.2%})"
              f"  {(missed + wrong) / probes:6.1%}  {wrong / probes:6.2%}")  # fmt: skip


if __name__ == "__main__":
    main()
