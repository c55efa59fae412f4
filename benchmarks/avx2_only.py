"""A program run as if its processor had AVX2 and nothing newer, for figures of the kernels that
most people's processors get; for benchmarks.speed.

XNNPACK, OpenBLAS, OpenCV and numpy choose their kernels by what the processor says of itself
(CPUID). `avx2_only.c` answers for it, in every thread and in every program that is started from
there. What was chosen before a library can be preloaded stays: glibc's own memcpy and strlen. Clock
and caches stay those of this machine, and /proc/cpuinfo tells of what it has.
"""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

KIND = "AVX2 kernels on an AVX-512 machine"
SOURCE = Path(__file__).with_suffix(".c")
COMPILER = "cc"
NEEDED = {
    "avx512f": "this processor has no AVX-512: leave --avx2-only out",
    "cpuid_fault": "this processor or its kernel cannot let CPUID be answered",
}
# asm/prctl.h and the number of arch_prctl on x86-64.
SYS_ARCH_PRCTL, ARCH_GET_CPUID = 158, 0x1011


def in_force() -> bool:
    """Whether this very program is run so."""
    if platform.machine() != "x86_64":
        return False
    return ctypes.CDLL(None).syscall(SYS_ARCH_PRCTL, ARCH_GET_CPUID, 0) == 0


def why_not(cpuinfo: str) -> str | None:
    """What of the text of /proc/cpuinfo, or of what is installed, stands against it."""
    flags = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "").split()
    missing = next((why for flag, why in NEEDED.items() if flag not in flags), None)
    return missing or (None if shutil.which(COMPILER) else "there is no C compiler: install gcc")


def run(command: Sequence[str], cpuinfo: str) -> int:
    """Run `command` so, and wait; its exit status, or 2 after a sentence where it cannot be."""
    reason = why_not(cpuinfo)
    if reason is not None:
        print(f"AVX2 alone cannot be measured here: {reason}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        library = Path(scratch) / "avx2_only.so"
        compiler = shutil.which(COMPILER) or COMPILER
        compile_it = [compiler, "-O2", "-shared", "-fPIC", "-o", library, SOURCE]
        if subprocess.run(compile_it, check=False).returncode:
            print(f"{SOURCE.name} does not compile; install libc6-dev.", file=sys.stderr)
            return 2
        before = os.environ.get("LD_PRELOAD")
        loaded = f"{library}:{before}" if before else str(library)
        environment = {**os.environ, "LD_PRELOAD": loaded}
        return subprocess.run(command, check=False, env=environment).returncode


def check() -> None:
    """RuntimeError unless numpy, which asks the processor as XNNPACK does, sees AVX2 and nothing
    of AVX-512."""
    from numpy._core._multiarray_umath import __cpu_features__ as seen

    if not seen["AVX2"] or seen["AVX512F"]:
        raise RuntimeError("AVX-512 is seen in spite of avx2_only.c; the figures would be wrong.")
