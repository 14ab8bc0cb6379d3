"""What ODM 1.3.2 has of its own as XML: texts without a type, values of items as attributes."""

from collections.abc import Mapping

from trialbridge.formats.odm.xml.form import Values, form_writers
from trialbridge.formats.odm.xml.tree import Dialect, Writer, content, escaped
from trialbridge.mappings.codec import Node


def _special(writers: Mapping[str, Writer]) -> Mapping[str, Writer]:
    write = writers["Description"]

    def write_description(node: str | Node) -> str:
        if isinstance(node, str):
            text = content(node)
            return f"<Description><TranslatedText>{text}</TranslatedText></Description>"
        return write(node)

    return {
        "Description": write_description,
        **form_writers("1.3.2", writers, Values(' Value="', '"/>', escaped)),
    }


V1_3_2 = Dialect(
    version="1.3.2",
    text={},
    unescaped=frozenset({"FileType", "ODMVersion", "UserType", "datetime", "oid", "oidref"}),
    constant=frozenset(),
    special=_special,
)
