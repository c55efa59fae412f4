#!/bin/sh
# Installs the wheel without extras into a fresh environment of each Python named, and uses it in
# an empty folder outside the repository: init, models unpack, enroll, people, identify, verify,
# run, events. Needs a network for the packages, and models that `accessctl models fetch` brought.
#
#     scripts/try_wheel.sh python3.11 python3.13
set -eu
cd "$(dirname "$0")/.."
repository=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

.venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir "$place" .
.venv/bin/accessctl models pack "$place/models.pack"

for python in "$@"; do
    version=$("$python" --version)
    echo "== $version"
    environment=$place/$(basename "$python")
    "$python" -m venv "$environment"
    bin=$environment/bin
    "$bin/pip" install --quiet "$place"/accessctl-*.whl
    if "$bin/pip" list 2>/dev/null |
        grep -iE '^(tensorflow|keras|mediapipe|matplotlib|scipy|scikit-image|jax|torch) '; then
        echo "A door on a CPU needs none of these." >&2
        exit 1
    fi
    du -sh "$environment" | sed 's/\t.*/ installed/'

    mkdir "$environment/door"
    cd "$environment/door"
    "$bin/accessctl" init
    "$bin/accessctl" models unpack "$place/models.pack"
    assets=$repository/accessctl/assets
    "$bin/accessctl" enroll "Grace Hopper" "$assets/grace_hopper.jpg"
    "$bin/accessctl" people
    "$bin/accessctl" identify "$assets/grace_hopper.jpg"
    "$bin/accessctl" verify "$assets/grace_hopper.jpg" "$assets/astronaut.png"
    "$bin/python" - "$assets/grace_hopper.jpg" film.avi <<'PYTHON'
import sys

import cv2

photo = cv2.imread(sys.argv[1])
height, width = photo.shape[:2]
film = cv2.VideoWriter(sys.argv[2], cv2.VideoWriter.fourcc(*"MJPG"), 15, (width, height))
for _ in range(60):
    film.write(photo)
film.release()
PYTHON
    "$bin/accessctl" run --source film.avi
    "$bin/accessctl" events
    cd "$repository"
done
echo "The wheel works with each of them."
