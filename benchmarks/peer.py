"""Child of benchmarks.pipeline, run by the peer's interpreter: the same frames through the
face_recognition package (HOG detector, five landmarks, dlib's ResNet), as its examples use it.
"""

import json
import sys
import time

began = time.perf_counter()
import face_recognition  # noqa: E402
import numpy as np  # noqa: E402


def main() -> None:
    data = np.load(sys.argv[1])
    known = face_recognition.face_encodings(data["portrait"])
    ready = time.perf_counter() - began
    times: dict[str, list[float]] = {"search": [], "encode": [], "match": [], "frame": []}
    for frame in data["frames"]:
        started = time.perf_counter()
        boxes = face_recognition.face_locations(frame)
        found = time.perf_counter()
        encodings = face_recognition.face_encodings(frame, boxes)
        encoded = time.perf_counter()
        for encoding in encodings:
            face_recognition.face_distance(known, encoding)
        ended = time.perf_counter()
        times["search"].append((found - started) * 1e3)
        times["encode"].append((encoded - found) * 1e3)
        times["match"].append((ended - encoded) * 1e3)
        times["frame"].append((ended - started) * 1e3)
    with open("/proc/self/status") as status:
        resident = next(line for line in status if line.startswith("VmRSS"))
    print(json.dumps({**times, "ready_s": ready, "rss_mb": int(resident.split()[1]) / 1e3}))


main()
