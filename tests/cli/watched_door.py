"""What the door says that the tests of `status --watch` look at."""

DOORWAY = {
    "state": "closed",
    "posture": "normal",
    "face_entry": True,
    "leaf": "shut",
    "unlocked": False,
    "causes": [],
    "unlocked_for_s": None,
    "alarms": [],
    "lost": [],
    "failed": [],
    "exit_stuck": False,
    "unrecorded": 0,
}
GRANTED = {
    "time": 1_769_884_200.0,
    "outcome": "granted",
    "reason": "matched",
    "visit": "a1b2",
    "person": "Zoë",
    "latency_ms": 480.2,
}
UNKNOWN = (
    GRANTED
    | {"time": 1_769_884_100.0, "outcome": "unknown", "reason": "no_match"}
    | {
        "visit": "a1b1",
        "person": None,
    }
)
REPORT = {
    "version": "0.1.0",
    "uptime_s": 273906.4,
    "camera": {
        "description": "USB camera /dev/video0",
        "state": "watching",
        "error": None,
        "fps": 14.9,
        "frame_age_s": 0.07,
        "frames": 12345,
        "dropped": 3,
        "reconnects": 1,
    },
    "actions": {"ok": 12, "failed": 1},
    "decisions": [GRANTED, UNKNOWN],
    "door": "front",
    "lockout": {"refused": 2, "remaining_s": 0.0, "off": False},
    "visitors": [],
    "doorway": DOORWAY,
}
NOW = 1_769_884_205.0
