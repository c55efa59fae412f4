#!/bin/sh
# Pins every version that pyproject.toml leaves open, for Python 3.11 to 3.13 on x86-64 and
# aarch64: requirements.txt (a door, a hub with its console, training, HEIC and mediapipe) and requirements-dev.txt (and the
# tools). A version that is pinned already stays; name a package to move it to its newest:
# compile_requirements.sh [PACKAGE ...]. Needs uv (pip install uv).
set -eu
cd "$(dirname "$0")/.."

upgrade=
for package in "$@"; do
    upgrade="$upgrade --upgrade-package $package"
done

# shellcheck disable=SC2086
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-annotate \
        --custom-compile-command scripts/compile_requirements.sh $upgrade pyproject.toml "$@"
}

compile --extra console --extra heic --extra hub --extra mediapipe --extra train --output-file requirements.txt
compile --extra dev --constraints requirements.txt --output-file requirements-dev.txt
