"""Film photographs that are moved as sheets, and the same faces as solid heads that turn.

    python benchmarks/liveness_moved.py PHOTOS OUT --every 5 --offset 2 --seed 1000

writes OUT/MOTION/*.avi for every fifth photo of the folder PHOTOS, from the third one on, and
with --heads also OUT/head/*.avi, for `accessctl evaluate liveness`. MOTION is how the hand
moves the sheet: sheet (all at once, the default), shake, tilt, approach, or bent with --bent R,
which bends the sheet round an upright axis through the face, R face widths in radius.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from accessctl.config import VisionConfig
from accessctl.demo.scene import empty_room
from accessctl.demo.sheet import Sheet
from accessctl.domain import Frame
from accessctl.evaluation.rendered import Hand, bent_photo, moved_photo, turned_head
from accessctl.vision.observer import Observer

FPS, SECONDS = 15, 4
WIDTH, HEIGHT = 640, 360
FACE_PX, WIDEST_PX = 110, 600
FRONTAL = 15.0


def drawn_hand(random: np.random.Generator, motion: str) -> Hand:
    if motion == "shake":
        hand = Hand(0.06, 0.02, yaw=5, pitch=4, roll=4, rate=random.uniform(1.0, 2.0))
    elif motion == "tilt":
        turning = random.random() < 0.5
        yaw = random.uniform(20, 40) if turning else 4.0
        pitch = 3.0 if turning else random.uniform(15, 35)
        hand = Hand(0.03, 0.02, yaw, pitch, roll=3, rate=random.uniform(0.25, 0.5))
    elif motion == "approach":
        hand = Hand(0.05, closer=0.4, yaw=8, pitch=6, roll=3, rate=random.uniform(0.3, 0.5))
    else:
        return _all_at_once(random)
    return replace(hand, phase=random.uniform(0, 2 * np.pi))


def _all_at_once(random: np.random.Generator) -> Hand:
    return Hand(
        shift=random.uniform(0.05, 0.25),
        closer=random.uniform(0.03, 0.15),
        yaw=random.uniform(8, 35),
        pitch=random.uniform(5, 25),
        roll=random.uniform(3, 12),
        rate=random.uniform(0.25, 0.6),
        phase=random.uniform(0, 2 * np.pi),
    )


def write(path: Path, frames: Iterable[Frame]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    video = cv2.VideoWriter(
        str(path),
        cv2.CAP_OPENCV_MJPEG,
        cv2.VideoWriter.fourcc(*"MJPG"),
        FPS,
        (WIDTH, HEIGHT),
        [cv2.VIDEOWRITER_PROP_QUALITY, 96],
    )
    for frame in frames:
        video.write(cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))
    video.release()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--motion", choices=("sheet", "shake", "tilt", "approach"), default="sheet")
    parser.add_argument("--bent", type=float, metavar="R")
    parser.add_argument("--blur", type=float, default=0.8)
    parser.add_argument("--noise", type=float, default=3.0)
    parser.add_argument("--heads", action="store_true")
    args = parser.parse_args()
    room = empty_room(0)
    backdrop = cv2.resize(room, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.uint8)
    observer = Observer(VisionConfig())
    paths = sorted(args.photos.glob("*.jpg"))[args.offset :: args.every]
    for number, path in enumerate(paths, start=args.seed):
        photo = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB).astype(np.uint8)
        faces = observer.still(photo)
        if not faces:
            print(f"{path.name}: no face")
            continue
        face, hand = faces[0], drawn_hand(np.random.default_rng(number), args.motion)
        width = min(WIDEST_PX, photo.shape[1] * min(3.0, FACE_PX / face.box.w))
        scale = width / photo.shape[1]
        x, y = face.box.centre
        held = Sheet(
            WIDTH / 2 - (x - photo.shape[1] / 2) * scale,
            HEIGHT / 2 - (y - photo.shape[0] / 2) * scale,
            width,
        )
        # As many frames for both, so that what is seen of them may be compared.
        count = {"frames": FPS * SECONDS, "fps": FPS, "seed": number}
        count |= {"blur": args.blur, "noise": args.noise}
        name = f"{path.stem}.avi"
        if args.bent is not None:
            middle = Sheet(WIDTH / 2, HEIGHT / 2, width)
            radius = args.bent * face.box.w
            film = bent_photo(photo, (x, y), radius, backdrop, middle, hand, **count)
            write(args.out / f"bent_{args.bent:g}" / name, film)
        else:
            film = moved_photo(photo, backdrop, held, hand, **count)
            write(args.out / args.motion / name, film)
        if args.heads and abs(face.pose.yaw) < FRONTAL:
            middle = Sheet(WIDTH / 2, HEIGHT / 2, width)
            head = turned_head(photo, face.landmarks, backdrop, middle, hand, **count)
            write(args.out / "head" / name, head)


if __name__ == "__main__":
    main()
