import platform
import sys
from pathlib import Path

import pytest

from benchmarks import avx2_only

CPUINFO = Path("/proc/cpuinfo")
HERE = CPUINFO.read_text(encoding="utf-8") if CPUINFO.exists() else ""
SEES = """
import threading
from benchmarks import avx2_only
assert avx2_only.in_force()
avx2_only.check()
found = []
thread = threading.Thread(target=lambda: found.append(avx2_only.in_force()))
thread.start()
thread.join()
assert found == [True]
"""


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ("fpu avx2", "this processor has no AVX-512: leave --avx2-only out"),
        ("fpu avx2 cpuid_fault", "this processor has no AVX-512: leave --avx2-only out"),
        ("avx2 avx512f", "this processor or its kernel cannot let CPUID be answered"),
    ],
)
def test_where_it_cannot_be_a_sentence_says_why(
    flags: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cpuinfo = f"processor : 0\nflags\t\t: {flags}\n"
    assert avx2_only.run([sys.executable, "-c", "raise SystemExit(7)"], cpuinfo) == 2
    assert capsys.readouterr().err == f"AVX2 alone cannot be measured here: {why}.\n"


def test_a_text_without_flags_is_that_of_another_processor() -> None:
    assert avx2_only.why_not("CPU architecture: 8\n") is not None


@pytest.mark.skipif(
    platform.machine() != "x86_64" or avx2_only.why_not(HERE) is not None,
    reason="needs AVX-512, cpuid_fault and a C compiler",
)
def test_a_program_sees_avx2_alone_in_every_thread_and_its_status_is_told() -> None:
    assert not avx2_only.in_force()
    assert avx2_only.run([sys.executable, "-c", SEES], HERE) == 0
    assert avx2_only.run([sys.executable, "-c", "raise SystemExit(7)"], HERE) == 7
