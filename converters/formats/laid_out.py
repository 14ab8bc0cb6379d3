"""Lay out documents for people: JSON and XML with indents, everything with an end of line."""

from trialbridge.formats import Format


def laid_out(data: bytes, to: Format, indent: int | None) -> bytes:
    """Lay out a document by so many spaces for each level, or end it with a line alone."""
    if to.syntax in ("text", "csv"):
        return data
    if to.syntax == "xml":
        return data + b"\n" if indent is None else _indented(data, indent)
    import msgspec

    return (data if indent is None else msgspec.json.format(data, indent=indent)) + b"\n"


def _indented(data: bytes, indent: int) -> bytes:
    """Lay out XML; what is within texts stays as it is."""
    from lxml import etree  # type: ignore[import-untyped]

    root = etree.fromstring(data)
    etree.indent(root, space=" " * indent)
    laid_out: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return laid_out + b"\n"
