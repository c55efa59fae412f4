"""How often a JPEG goes over its picture: each scan costs time, and hardly any bytes."""

MAX_SCANS = 100
"""Progressive photos have about ten."""

START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
# Markers without a length after them: TEM, RST0 to RST7, SOI; and a stuffed zero.
BARE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})


def scans_of(data: bytes) -> int:
    """Scans before the end of the image; of damaged bytes, those that a decoder would find."""
    count, at = 0, 0
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return count
        marker = data[at + 1]
        if marker == END_OF_IMAGE:
            return count
        if marker == 0xFF:
            # Fill bytes before a marker.
            at += 1
        elif marker in BARE:
            at += 2
        else:
            count += marker == START_OF_SCAN
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
