#!/bin/sh
# Creates .venv and installs one pinned requirements file into it: bootstrap.sh REQUIREMENTS
set -eu
requirements=$1

find_python() {
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "accessctl: Python 3.11, 3.12 or 3.13 is needed and none was found; install one (Debian: apt install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12" >&2
    exit 1
}

if [ ! -x .venv/bin/python ]; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        echo "accessctl: this Python cannot create virtual environments; install the package python3-venv (apt install python3-venv)" >&2
        exit 1
    fi
    echo "Creating .venv with $("$python" --version) ..."
    "$python" -m venv .venv
fi
echo "Installing $requirements ..."
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
