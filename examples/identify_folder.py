"""Name everybody in the pictures of a folder: identify_folder.py PHOTOS [config.yaml]."""

import sys
from pathlib import Path

import accessctl

folder, *config = sys.argv[1:]
with accessctl.open_engine(*config) as engine:
    for path in sorted(Path(folder).iterdir()):
        try:
            found = engine.identify(path)
        except accessctl.PhotoError as error:
            print(error)
            continue
        names = [one.name or "unknown" for one in found]
        print(f"{path.name}: {', '.join(names) or 'nobody'}")
