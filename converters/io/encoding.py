"""The encoding of a source: what says that it is UTF-16 or UTF-32 is read as UTF-8.

PowerShell's `>` and Excel's "Unicode text" write UTF-16, with a byte order mark, whatever the
format. XML that declares another encoding is `trialbridge.schemas.syntax.xml`'s matter.
https://www.unicode.org/faq/utf_bom.html
"""

import codecs
import re
from typing import Final

from trialbridge.schemas.problem import Problem, ReadError

# The marks of UTF-32 first: the one of UTF-16 begins one of them.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_DECLARED: Final = re.compile(
    rb"""\A(<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["'])[A-Za-z][A-Za-z0-9._-]{0,40}(?=["'])"""
)

REMEDY: Final = "expected UTF-8: save it so, as `iconv -f windows-1252 -t utf-8` does"


def utf_8(data: bytes, *, whole: bool = True) -> bytes:
    """Give a source in UTF-8, without its byte order mark.

    `whole` is False for a beginning, which may be cut within a character. Raises ReadError if the
    bytes are not in the encoding that their mark tells.
    """
    for mark, encoding in _MARKS:
        if not data.startswith(mark):
            continue
        rest = data[len(mark) :]
        if encoding == "utf-8":
            return rest
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(rest, whole)
            return declared_utf_8(text.encode())
        except UnicodeError as error:
            start = getattr(error, "start", 0) + len(mark)
            message = f"the mark says {encoding.upper()}, and the bytes are none; {REMEDY}"
            raise not_utf_8(start, message) from error
    return data


def declared_utf_8(data: bytes) -> bytes:
    """Give what became UTF-8 with that in the declaration of XML, if it has one."""
    return _DECLARED.sub(rb"\1UTF-8", data)


def not_utf_8(offset: int, message: str) -> ReadError:
    """The problem of a source that cannot be decoded, at a byte."""
    return ReadError(
        [
            Problem(
                severity="fatal",
                layer="read",
                path=f"byte {offset}",
                code="encoding",
                message=message,
            )
        ]
    )
