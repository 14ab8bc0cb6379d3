"""Lay out documents for people: JSON and XML with indents, everything with an end of line."""

from trialbridge.formats import Format

_XHTML = "{http://www.w3.org/1999/xhtml}"


def laid_out(data: bytes, to: Format, indent: int | None) -> bytes:
    """Lay out a document by so many spaces for each level, or end it with a line alone."""
    if to.syntax in ("text", "csv", "zip"):
        return data
    if to.syntax == "xml":
        return data + b"\n" if indent is None else _indented(data, indent)
    import msgspec

    return (data if indent is None else msgspec.json.format(data, indent=indent)) + b"\n"


def _indented(data: bytes, indent: int) -> bytes:
    """Lay out XML; what is within texts stays as it is."""
    from lxml import etree  # type: ignore[import-untyped]

    root = etree.fromstring(data)
    # A narrative is kept apart meanwhile: blanks between its words are words.
    narratives = [
        each
        for each in root.iter(f"{_XHTML}div")
        if not str(each.getparent().tag).startswith(_XHTML)
    ]
    stand_ins = [etree.Element("div") for _ in narratives]
    for narrative, stand_in in zip(narratives, stand_ins, strict=True):
        narrative.getparent().replace(narrative, stand_in)
    etree.indent(root, space=" " * indent)
    for narrative, stand_in in zip(narratives, stand_ins, strict=True):
        narrative.tail = stand_in.tail
        stand_in.getparent().replace(stand_in, narrative)
    laid_out: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return laid_out + b"\n"
