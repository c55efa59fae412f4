"""Open-set identification on LFW through the real commands, one photo a person.

Enrols one photo each of some people with `accessctl enroll --folder`, then runs
`accessctl identify --json` on another photo of each of them and on one photo each of
strangers. LFW photos show bystanders: the photo's subject is the face whose box holds the
centre of the photo, the largest where several do. A photo without such a face counts as
missed (or as not accepted). Photos that are refused at enrolment are counted, cut to their
central CUT x CUT pixels, as the refusal of several faces asks, and tried once more; people
who are refused again stay out of the gallery and are counted, not replaced.

    python -m benchmarks.lfw_open_set [--shared DIR] [--encoder DIR] [--strangers N] ...
"""

import argparse
import datetime
import json
import random
import shlex
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from accessctl.encoder.card import load_card, update_card
from accessctl.evaluation.statistics import clopper_pearson

CENTRE = 125.0
CUT = 150
PHOTOS_A_CALL = 500
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Draw:
    """Members of LFW's archive: `enrolled` and `probes` by name, one photo a stranger."""

    enrolled: dict[str, str]
    probes: dict[str, str]
    strangers: list[str]


def draw(members: Iterable[str], people: int, strangers: int, seed: int) -> Draw:
    """Two photos of each enrolled person, one of each stranger, nobody in both."""
    photos: dict[str, list[str]] = {}
    for member in sorted(members):
        if member.endswith(".jpg"):
            photos.setdefault(Path(member).parent.name, []).append(member)
    generator = random.Random(seed)
    several = [name for name, own in photos.items() if len(own) >= 2]
    chosen = generator.sample(several, people)
    pairs = {name: generator.sample(photos[name], 2) for name in chosen}
    rest = sorted(set(photos) - set(chosen))
    others = generator.sample(rest, min(strangers, len(rest)))
    return Draw(
        {name: pair[0] for name, pair in pairs.items()},
        {name: pair[1] for name, pair in pairs.items()},
        [generator.choice(photos[name]) for name in others],
    )


def subject(faces: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The line of `identify --json` that is about the photo's subject."""
    central = [
        face
        for face in faces
        if face["box"] is not None
        and face["box"][0] <= CENTRE <= face["box"][0] + face["box"][2]
        and face["box"][1] <= CENTRE <= face["box"][1] + face["box"][3]
    ]
    return max(central, key=lambda face: face["box"][2] * face["box"][3], default=None)


def write_config(folder: Path, encoder: Path, models: Path, target_fpir: float) -> Path:
    config = {
        "vision": {"models": str(models)},
        "encoder": {"folder": str(encoder), "device": "cpu"},
        "gallery": {"folder": "enrolled"},
        "policy": {"target_fpir": target_fpir},
        "audit": {"file": "events.sqlite"},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def accessctl(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Exit code 2 means that some photo was refused, which is counted; other codes end it."""
    command = [sys.executable, "-m", "accessctl", *arguments, "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode not in (0, 2):
        sys.exit(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done


def identify(config: Path, photos: Sequence[Path]) -> dict[str, list[dict[str, Any]]]:
    """The faces that `accessctl identify` found in each photo, by path."""
    found: dict[str, list[dict[str, Any]]] = {str(photo): [] for photo in photos}
    for start in range(0, len(photos), PHOTOS_A_CALL):
        batch = [str(photo) for photo in photos[start : start + PHOTOS_A_CALL]]
        done = accessctl(config, "identify", "--json", *batch)
        for line in done.stdout.splitlines():
            face = json.loads(line)
            found[face["image"]].append(face)
    if missing := [photo for photo, faces in found.items() if not faces]:
        sys.exit(f"identify said nothing about {missing[0]} and {len(missing) - 1} others")
    return found


def unpack(archive: zipfile.ZipFile, members: dict[str, str], folder: Path) -> dict[str, Path]:
    folder.mkdir()
    paths = {}
    for name, member in members.items():
        paths[name] = folder / f"{name}.jpg"
        paths[name].write_bytes(archive.read(member))
    return paths


def counted(events: int, trials: int) -> dict[str, Any]:
    low, high = clopper_pearson(events, trials)
    return {"count": events, "of": trials, "rate": round(events / trials, 4),
            "interval_95": [round(low, 4), round(high, 4)]}  # fmt: skip


def measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    config = write_config(folder, args.encoder.resolve(), args.models.resolve(), args.fpir)
    with zipfile.ZipFile(args.shared / "lfw" / "images.zip") as archive:
        chosen = draw(archive.namelist(), args.people, args.strangers, args.seed)
        photos = unpack(archive, chosen.enrolled, folder / "people")
        probes = unpack(archive, chosen.probes, folder / "probes")
        strangers = unpack(
            archive, {Path(member).stem: member for member in chosen.strangers}, folder / "others"
        )
    first = enrol(config, folder / "people", set())
    again = {name: path for name, path in photos.items() if name not in first}
    enrolled = first if not again else enrol(config, cut(again, folder / "cut"), first)
    results = judge(
        {name: (name in enrolled, faces) for name, faces in by_name(config, probes).items()},
        by_name(config, strangers),
    )
    return {"refused_at_first": counted(len(photos) - len(first), len(photos)), **results}


def enrol(config: Path, folder: Path, known: set[str]) -> set[str]:
    """Everybody who is enrolled after the folder's photos were added to `known`."""
    done = accessctl(config, "enroll", "--folder", str(folder))
    for line in done.stderr.splitlines():
        if line.startswith("refused:"):
            print(line.replace(f"{folder}/", f"{folder.name}/"))
    listed = accessctl(config, "people", "--json").stdout.splitlines()
    return known | {json.loads(line)["person"] for line in listed}


def cut(photos: dict[str, Path], folder: Path) -> Path:
    """The middle of each photo, in a folder of its own."""
    folder.mkdir()
    low, high = CENTRE - CUT / 2, CENTRE + CUT / 2
    for name, path in photos.items():
        with Image.open(path) as photo:
            photo.crop((int(low), int(low), int(high), int(high))).save(
                folder / f"{name}.jpg", quality=95
            )
    return folder


def by_name(config: Path, photos: dict[str, Path]) -> dict[str, list[dict[str, Any]]]:
    found = identify(config, list(photos.values()))
    return {name: found[str(path)] for name, path in photos.items()}


def judge(
    probes: dict[str, tuple[bool, list[dict[str, Any]]]],
    strangers: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    """Counts with exact 95 % intervals; a probe is (was its person enrolled, its faces)."""
    identified = misidentified = without_subject = 0
    enrolled = sum(was_enrolled for was_enrolled, _ in probes.values())
    refused_but_named = 0
    for name, (was_enrolled, faces) in probes.items():
        found = subject(faces)
        person = found["person"] if found else None
        without_subject += was_enrolled and found is None
        if not was_enrolled:
            refused_but_named += person is not None
        elif person is not None:
            identified += person == name
            misidentified += person != name
    accepted = sum((face := subject(faces)) is not None and face["person"] is not None
                   for faces in strangers.values())  # fmt: skip
    everything = [*(faces for _, faces in probes.values()), *strangers.values()]
    bystanders = [face for faces in everything for face in faces
                  if face["face"] is not None and face is not subject(faces)]  # fmt: skip
    return {
        "refused_again": counted(len(probes) - enrolled, len(probes)),
        "identified": counted(identified, enrolled),
        "missed": counted(enrolled - identified - misidentified, enrolled),
        "missed_without_a_face": without_subject,
        "misidentified": counted(misidentified, enrolled),
        "identified_of_all": counted(identified, len(probes)),
        "strangers_accepted": counted(accepted, len(strangers)),
        "refused_people_named_as_somebody": refused_but_named,
        "bystanders": len(bystanders),
        "bystanders_named": sum(face["person"] is not None for face in bystanders),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--encoder", type=Path, default=ROOT / "models/dlib")
    parser.add_argument("--models", type=Path, default=ROOT / "models/cache/mediapipe")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--strangers", type=int, default=200)
    parser.add_argument("--fpir", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write-card", action="store_true", help="into the encoder's results")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = measure(args, Path(folder))
    for name, value in results.items():
        if isinstance(value, dict):
            low, high = value["interval_95"]
            print(f"{name:34} {value['count']:5} of {value['of']:5}  {value['rate']:7.2%}"
                  f"  95 %: {low:.2%} to {high:.2%}")  # fmt: skip
        else:
            print(f"{name:34} {value:5}")
    if args.write_card:
        command = (
            f"python -m benchmarks.lfw_open_set --people {args.people} "
            f"--strangers {args.strangers} --fpir {args.fpir:g} --seed {args.seed}"
        )
        record = {
            "command": command,
            "date": datetime.date.today().isoformat(),
            "target_fpir": args.fpir,
            **results,
        }
        card = load_card(args.encoder)
        key = f"lfw_open_set_{args.people}_people_{args.strangers}_strangers"
        update_card(args.encoder, results={**card.results, key: record})


if __name__ == "__main__":
    main()
