"""Say whether two photos show the same person: compare_two.py ONE OTHER."""

import sys

import accessctl

one, other = sys.argv[1:]
try:
    with accessctl.open_engine() as engine:
        found = engine.verify(one, other)
except accessctl.InputError as error:
    sys.exit(str(error))
print("the same person" if found.same else "not the same person")
print(f"similarity {found.similarity:.3f}; {found.threshold:.3f} is enough for these two")
print(f"two strangers are as alike as this once in {1 / max(found.fmr, 1e-9):,.0f} times")
