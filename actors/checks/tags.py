"""Names the colour tags that films carry, in their header and in each frame."""

STANDARD = "bt709"
COLOR_TAGS = ("primaries", "transfer", "matrix")
FULL_RANGE = 2
"""Code of PyAV for luma that runs from 0 to 255."""

_NAMES = {
    1: "bt709", 2: "unset", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020", 13: "srgb",
    14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 18: "arib-std-b67",
}  # fmt: skip
"""Code points of ITU-T H.273 that films carry, by ffmpeg's names."""


def color_name(code: int) -> str:
    """Return ffmpeg's name of a colour code, or the code itself where it is rare."""
    return _NAMES.get(int(code), str(int(code)))
