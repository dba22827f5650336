"""Reads which glyphs skia draws, from a recorded picture: nothing else of skia-python tells."""

import struct

import skia


def glyph_ids(drawn: skia.textlayout.Paragraph) -> list[int]:
    """Return the glyphs of a paragraph at 64 px an em, in the order of drawing; 0 is the empty box."""
    recorder = skia.PictureRecorder()
    drawn.paint(recorder.beginRecording(skia.Rect.MakeLTRB(-1e6, -1e6, 1e6, 1e6)), 0, 0)
    picture = bytes(recorder.finishRecordingAsPicture().serialize())
    tag = picture.rfind(b"bolb")  # SK_PICT_TEXTBLOB_BUFFER_TAG; the fonts lie before it
    return _blobs(picture, tag + 4) if tag >= 0 else []


def _blobs(picture: bytes, place: int) -> list[int]:
    """Walk skia 144's text blobs: bounds, then runs of count, positioning, offset, font, glyphs, places."""
    (blobs,) = struct.unpack_from("<I", picture, place)
    place, found = place + 4, []
    for _ in range(blobs):
        place += 16
        while (count := struct.unpack_from("<I", picture, place)[0]) > 0:
            (font,) = struct.unpack_from("<I", picture, place + 16)
            assert font >> 28 == 0b1001, "a typeface, a whole size, and no distortion"
            place += 24
            (length,) = struct.unpack_from("<I", picture, place)
            assert length == 2 * count
            found += struct.unpack_from(f"<{count}H", picture, place + 4)
            place += 4 + (length + 3) // 4 * 4
            place += 4 + struct.unpack_from("<I", picture, place)[0]
        place += 4
    return found
