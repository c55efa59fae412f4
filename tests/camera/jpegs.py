"""Hostile JPEGs, written byte by byte."""

import struct


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def scan_bomb(side: int, scans: int) -> bytes:
    """A progressive JPEG that says nothing again and again, a dozen bytes at a time."""

    blocks = ((side + 7) // 8) ** 2
    one_code = bytes([1] + [0] * 15)
    head = [
        segment(0xDB, b"\x00" + b"\x01" * 64),
        segment(0xC2, struct.pack(">B2HB", 8, side, side, 1) + b"\x01\x11\x00"),
        segment(0xC4, b"\x00" + one_code + b"\x00"),
        # Its one symbol ends the band for 2^14 blocks and more.
        segment(0xC4, b"\x10" + one_code + b"\xe0"),
        segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + bytes((blocks + 7) // 8),
    ]
    again = segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + bytes(2 * (blocks // 16384 + 1))
    return b"\xff\xd8" + b"".join(head) + again * scans + b"\xff\xd9"


def multi_picture() -> bytes:
    """The segment by which a camera says that further pictures follow the first (CIPA DC-007)."""
    entries = [(0xB000, 7, 4, b"0100"), (0xB001, 4, 1, struct.pack("<I", 2))]
    entry = struct.pack("<IIIHH", 0x030000, 1000, 0, 0, 0) * 2
    at = 8 + 2 + 12 * 3 + 4
    entries.append((0xB002, 7, len(entry), struct.pack("<I", at)))
    directory = b"".join(
        struct.pack("<HHI", tag, kind, count) + value for tag, kind, count, value in entries
    )
    index = b"II*\0" + struct.pack("<IH", 8, 3) + directory + struct.pack("<I", 0) + entry
    return segment(0xE2, b"MPF\0" + index)
