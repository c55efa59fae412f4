"""Points of the mesh that the cues follow; MediaPipe's numbering."""

NOSE = (1, 4, 5, 195, 45, 275, 220, 440, 44, 274)
"""Tip and lower bridge: what stands out furthest."""

FLAT = (
    *(33, 133, 263, 362, 70, 63, 105, 66, 107, 300, 293, 334, 296, 336),
    *(10, 67, 297, 109, 338, 151, 108, 337, 69, 299, 104, 333),
    *(50, 280, 205, 425, 187, 411, 117, 346, 118, 347, 101, 330, 123, 352),
    *(36, 266, 100, 329, 207, 427, 216, 436, 214, 434),
)
"""Brows, forehead, eye corners and cheeks: they lie further back, around the nose and close to
one plane. Mouth and jaw are left out, because talking moves them."""

LEFT_EYE = (33, 160, 158, 133, 153, 144)
RIGHT_EYE = (362, 385, 387, 263, 373, 380)
"""Outer or inner corner, two of the upper lid, other corner, two of the lower lid."""

STEADY = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 10, 151, 9, 127, 356, 234, 454)
"""Eye corners, nose, forehead and temples: no expression moves them."""

MOUTH = (61, 291, 13, 14, 0, 17, 78, 308, 39, 269, 181, 405)
LIDS = (159, 145, 386, 374, 160, 144, 385, 380)
"""Lips, and the middles of the lids: what an expression moves most."""
