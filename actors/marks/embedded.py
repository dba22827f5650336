"""What is written into a file beside the signature: XMP for everybody, the key ``AIGC`` for China."""

import json
import re
from xml.sax.saxutils import escape

from schemas.marks import SOURCE_TYPES
from schemas.plan import Composition

AIGC = "AIGC"
_MADE_BY_AI = "1"
"""GB 45438-2025, annex E: 1 made by AI, 2 possibly, 3 suspected."""
_TERM = re.compile(
    r"DigitalSourceType[^<>]{0,200}?>?\s*[\"']?https?://cv\.iptc\.org/newscodes/digitalsourcetype/(\w+)"
)
_NAMED = re.compile(r"<dc:identifier>([0-9a-f]{64})</dc:identifier>")
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <xmp:CreatorTool>Reelmill</xmp:CreatorTool>
   <dc:identifier>{key}</dc:identifier>
   <Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>{models}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def xmp_of(composition: Composition) -> str:
    """Return the XMP of *composition*, which has marks: always the same, so that the file is.

    Models stand in the IPTC's AISystemUsed (Photo Metadata Standard 2025.1); prompts and people do not.
    """
    assert composition.marks is not None  # noqa: S101 (who asks has looked)
    used = ", ".join(composition.marks.models)
    models = f"\n   <Iptc4xmpExt:AISystemUsed>{escape(used)}</Iptc4xmpExt:AISystemUsed>" if used else ""
    return _XMP.format(key=composition.key, source=SOURCE_TYPES + composition.marks.source, models=models)


def source_in(xmp: str) -> str:
    """Return the IPTC's term that *xmp* names; empty for none."""
    found = _TERM.search(xmp)
    return found[1] if found else ""


def key_in(xmp: str) -> str:
    """Return the key of the composition that *xmp* names; empty for none."""
    found = _NAMED.search(xmp)
    return found[1] if found else ""


def tags_of(composition: Composition) -> dict[str, str]:
    """Return the metadata keys of *composition*: ``AIGC`` where its market asks for it (GB 45438-2025)."""
    if composition.marks is None or not composition.marks.aigc:
        return {}
    told = {
        "Label": _MADE_BY_AI,
        "ContentProducer": composition.marks.aigc,
        "ProduceID": composition.key,
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
    return {AIGC: json.dumps(told, ensure_ascii=False, separators=(",", ":"))}
