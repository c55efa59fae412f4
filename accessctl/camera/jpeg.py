"""Whether a JPEG would take minutes to decode, told from its bytes, whatever a library calls it.

A decoder goes over the whole picture once for each scan, and a scan takes a few bytes.
"""

MAX_SCANS = 100
"""Progressive photos have about ten."""

MAX_STREAMS = 32
"""JPEGs inside one file of another kind; HEIF may hold them."""

START_OF_IMAGE = b"\xff\xd8\xff"
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
# Markers without a length after them: TEM, RST0 to RST7, SOI; and a stuffed zero.
BARE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})


def would_take_long(data: bytes) -> bool:
    """Whether there is a JPEG in `data`, at its beginning or further on, of too many scans."""
    if data.startswith(START_OF_IMAGE[:2]):
        return scans_of(data) > MAX_SCANS
    at, streams = data.find(START_OF_IMAGE), 0
    while at >= 0:
        streams += 1
        if streams > MAX_STREAMS or scans_of(data, at) > MAX_SCANS:
            return True
        at = data.find(START_OF_IMAGE, at + 1)
    return False


def scans_of(data: bytes, start: int = 0) -> int:
    """Scans before the end of the image that begins at `start`, of damaged bytes those that a
    decoder would find; counting ends after MAX_SCANS."""
    count, at = 0, start
    while count <= MAX_SCANS:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            break
        marker = data[at + 1]
        if marker == END_OF_IMAGE:
            break
        if marker == 0xFF:
            # Fill bytes before a marker.
            at += 1
        elif marker in BARE:
            at += 2
        else:
            count += marker == START_OF_SCAN
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return count
