"""The QR code of a visitor's pass."""

import segno


def pass_code(text: str) -> segno.QRCode:
    """Of what a pass says, in the alphanumeric mode. With a second level of correction it grows by
    four modules at most, and is read through glare, a crease or a cheap camera's blur."""
    return segno.make_qr(text, error="m", boost_error=False)
