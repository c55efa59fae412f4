"""A door in ten lines: door.py config.yaml. It watches the camera that is configured."""

import sys

import accessctl


def tell(decision: accessctl.Decision, name: str | None) -> None:
    print(f"{decision.outcome}: {name or 'somebody'} ({decision.reason})", flush=True)


with accessctl.open_engine(sys.argv[1]) as engine:
    accessctl.run_door(engine, on_decision=tell)
