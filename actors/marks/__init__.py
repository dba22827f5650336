"""Marks that an ad carries about how it was made, for machines: XMP, metadata keys, a C2PA signature.

`Marker` writes them, `mark_problems` reads them back and says what does not hold.
"""

from actors.marks.marker import Marker
from actors.marks.mp4 import repeatable_sha256
from actors.marks.reading import FileMarks, file_problems, mark_problems, read_marks

__all__ = ["FileMarks", "Marker", "file_problems", "mark_problems", "read_marks", "repeatable_sha256"]
