#!/bin/sh
# Runs the vision and the encoders of this tree as an aarch64 board would, in emulation, and holds
# what comes out against this machine's (benchmarks/other_processor.py). Whether it is right, and
# nothing of how fast: qemu is some fifty times slower than a processor.
#
#     scripts/check_aarch64.sh DIR      DIR is filled (400 MB) and may be used again
#
# Needs Debian or Ubuntu with qemu-user-static and a network, and models that `accessctl models
# fetch` brought. Nothing is installed: Debian's aarch64 Python is unpacked below DIR.
set -eu
place=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")/.."
suite=bookworm version=3.11
packages="python$version-minimal libpython$version-minimal libpython$version-stdlib libc6 zlib1g
    libexpat1 libstdc++6 libgcc-s1 libssl3 libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libuuid1
    libcrypt1"

if [ ! -x "$place/root/usr/bin/python$version" ]; then
    mkdir -p "$place/apt/lists/partial" "$place/apt/cache/archives/partial" "$place/debs" "$place/root"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" \
        >"$place/apt/sources.list"
    apt="apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64
        -o Dir::State=$place/apt -o Dir::State::status=/dev/null -o Dir::Cache=$place/apt/cache
        -o Dir::Etc::sourcelist=$place/apt/sources.list -o Dir::Etc::sourceparts=/dev/null
        -o APT::Sandbox::User=root"
    $apt update
    # shellcheck disable=SC2086
    (cd "$place/debs" && $apt download $packages)
    for deb in "$place"/debs/*.deb; do dpkg -x "$deb" "$place/root"; done
fi

if [ ! -d "$place/site" ]; then
    # OpenCV without its window: this Python has no X11.
    for name in ai-edge-litert confusable-homoglyphs numpy opencv-python pillow pydantic pyyaml \
        cryptography threadpoolctl typer rich packaging httpx; do
        grep -i "^$name==" requirements.txt | sed 's/^opencv-python/opencv-python-headless/; s/ *[;\\].*//'
    done >"$place/wanted.txt"
    .venv/bin/python -m pip install --quiet --target "$place/site" --only-binary=:all: \
        --implementation cp --python-version "$version" \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 \
        --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 -r "$place/wanted.txt"
fi

# LiteRT chooses its kernels by what /proc/cpuinfo says, which is this machine's, and falls over it.
pretend_to_be() {
    mkdir -p "$place/root/proc"
    for processor in 0 1; do
        printf 'processor\t: %d\nFeatures\t: %s\nCPU implementer\t: 0x41\nCPU architecture: 8\n' \
            "$processor" "$2"
        printf 'CPU variant\t: 0x0\nCPU part\t: %s\nCPU revision\t: 4\n\n' "$1"
    done >"$place/root/proc/cpuinfo"
}

compare() {
    echo "== $1"
    qemu-aarch64-static -cpu "$1" -L "$place/root" \
        -E PYTHONPATH="$place/site:$PWD" -E PYTHONDONTWRITEBYTECODE=1 \
        "$place/root/usr/bin/python$version" -m benchmarks.other_processor --write "$place/$1.npz"
    .venv/bin/python -m benchmarks.other_processor --against "$place/$1.npz"
}

features="fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
pretend_to_be 0xd03 "$features"
compare cortex-a53
pretend_to_be 0xd0b "$features atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"
compare cortex-a76
