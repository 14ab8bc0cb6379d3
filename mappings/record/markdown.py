"""CommonMark, which the registry's texts are, and the plain words that it says.

https://spec.commonmark.org/0.31.2/#backslash-escapes
"""

import re

_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ESCAPED = re.compile(r"([\\<>\[\]*_^~])")
# What begins an item of a list or a heading.
_BEGINS = re.compile(r"\A([0-9]{1,9}(?=[.)])|(?=[-+#]))([.)+-]|#{1,6})(?= |$)")


def plain(markdown: str) -> str:
    """CommonMark without its backslash escapes, as a reader of plain text is shown it."""
    return "".join(_ESCAPE.split(markdown)) if "\\" in markdown else markdown


def marked(words: str) -> str:
    """Plain words as CommonMark that says them."""
    return _ESCAPED.sub(r"\\\1", words)


def begun(words: str) -> str:
    """CommonMark of a paragraph that begins no list and no heading, whatever it begins with."""
    return _BEGINS.sub(r"\1\\\2", words, count=1)


def registered(words: str) -> str:
    """Plain words as the registry writes them in CommonMark: `&` has an escape there, too."""
    return marked(words).replace("&", r"\&")
