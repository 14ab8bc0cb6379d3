"""XML that nobody has vouched for is refused with its reason and line, or is the tree it says."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax.xml import (
    MOST_ATTRIBUTES,
    MOST_CONVERTED,
    MOST_NODES,
    Root,
    line_of,
    misdeclared,
    parse,
    root_of,
)

TOO_MANY = f"the document has more than {MOST_NODES:,} elements and attributes"
TOO_LONG = "a text, comment or attribute is longer than 10 MB"
NO_DOCTYPE = "a DOCTYPE is not read, as it may declare entities or name files, expected none"
INSIDE_A_TAG = "the document ends inside a tag, expected >"

BROKEN = {
    "nothing": (b"", "empty", 1, "expected an element, found none"),
    "blanks": (b" \n ", "empty", 2, "expected an element, found none"),
    "a mark and nothing": (b"\xef\xbb\xbf", "empty", 1, "expected an element, found none"),
    "no XML": (b"hello", "malformed", 1, "expected an element, found none"),
    "no end": (
        b"<a>\n<b>",
        "truncated",
        2,
        "the document ends before </b>: <b> of line 2 is not closed",
    ),
    "no end of an attribute": (b'<a>\n<b x="1', "truncated", 2, INSIDE_A_TAG),
    "no end of a tag": (b"<a>\n</", "truncated", 2, INSIDE_A_TAG),
    "no end of a root's tag": (b"<a", "truncated", 1, INSIDE_A_TAG),
    "no end of a comment": (
        b"<a><!-- </a>",
        "truncated",
        1,
        "a comment is not closed, expected -->",
    ),
    "no end of a section": (
        b"<a>\n<![CDATA[ x</a>",
        "truncated",
        2,
        "a CDATA section is not closed, expected ]]>",
    ),
    "no end of an instruction": (
        b"<a><?foo </a>",
        "truncated",
        1,
        "the processing instruction foo is not closed, expected ?>",
    ),
    "another end": (
        b"<a>\n<b></a>",
        "malformed",
        2,
        "<b> of line 2 is closed by </a>, expected </b>",
    ),
    "two roots": (
        b"<a/>\n<b/>",
        "malformed",
        2,
        "something stands after the end of the root element, expected nothing",
    ),
    "an attribute twice": (
        b'<a x="1" x="2"/>',
        "malformed",
        1,
        "the attribute x stands twice in one element",
    ),
    "no quotation marks": (
        b"<a b=1/>",
        "malformed",
        1,
        "an attribute's value is not quoted or not closed, expected a quotation mark",
    ),
    "a prefix of nothing": (
        b"<p:a/>",
        "malformed",
        1,
        "the prefix p of a has no namespace, expected xmlns:p",
    ),
    "an ampersand": (b"<a>&</a>", "malformed", 1, "an & stands alone, expected &amp;"),
    "an entity of HTML": (
        b"<a>\n&nbsp;</a>",
        "entity",
        2,
        "&nbsp; is no entity of XML, expected &amp; &lt; &gt; &quot; &apos; or a number",
    ),
    "a less-than in an attribute": (
        b'<a b="<"/>',
        "malformed",
        1,
        "a < stands in an attribute's value, expected &lt;",
    ),
    "a control character": (
        b"<a>\n\x01</a>",
        "character",
        2,
        "character 1 is forbidden in XML",
    ),
    "a reference to a control character": (
        b"<a>&#1;</a>",
        "character",
        1,
        "character 1 is forbidden in XML",
    ),
    "a NUL": (b"<a>\x00</a>", "character", 1, "character 0x0 is forbidden in XML"),
    "a declaration in the middle": (
        b'\n<?xml version="1.0"?><a/>',
        "malformed",
        2,
        "an XML declaration stands here, expected it at the very beginning",
    ),
    "XML 2.0": (b'<?xml version="2.0"?><a/>', "malformed", 1, "XML version 2.0, expected 1.0"),
    "a byte of no character": (
        b"<a>\n\xff</a>",
        "encoding",
        2,
        "byte 0xff is not UTF-8 (invalid start byte)",
    ),
    "a character cut short": (
        b"<a>\n\n\xc3",
        "encoding",
        3,
        "byte 0xc3 is not UTF-8 (unexpected end of data)",
    ),
    "a byte that a code page lacks": (
        b'<?xml version="1.0" encoding="windows-1252"?>\n<a>\n\x81</a>',
        "encoding",
        3,
        "byte 0x81 is not CP1252 (character maps to <undefined>)",
    ),
    "an encoding of no name": (
        b'<?xml version="1.0" encoding="foo"?><a/>',
        "encoding",
        1,
        "the encoding 'foo' is not read, expected UTF-8",
    ),
    "an encoding that hides tags": (
        b'<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-',
        "encoding",
        1,
        "the encoding 'utf-7' is not read, expected UTF-8",
    ),
    "a codec that is no encoding": (
        b'<?xml version="1.0" encoding="bz2"?><a/>',
        "encoding",
        1,
        "the encoding 'bz2' is not read, expected UTF-8",
    ),
    "elements within elements": (
        b"<a>\n" * 257,
        "depth",
        257,
        "elements are nested deeper than 100",
    ),
    "many attributes": (
        b"<a>\n<b " + b" ".join(b'c%d=""' % i for i in range(1000)) + b"/></a>",
        "size",
        2,
        f"<b> has 1000 attributes, expected at most {MOST_ATTRIBUTES}",
    ),
    "a long name": (b"<" + b"a" * 60_000 + b"/>", "size", 1, "a name is longer than 50,000 bytes"),
}

DOCTYPES = {
    "alone": (b"<!DOCTYPE a><a/>", 1),
    "of HTML": (b"<!-- a page -->\n<!DOCTYPE html>\n<html/>", 2),
    "with entities": (b'<?xml version="1.0"?>\n\n<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 3),
    "with entities in entities": (
        b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">'
        + b"".join(
            b'<!ENTITY b%d "%s">' % (i, b"&b%s;" % (b"%d" % (i - 1) if i else b"") * 10)
            for i in range(12)
        )
        + b"]><a>&b11;</a>",
        1,
    ),
    "in UTF-16": ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"), 1),
}


@pytest.mark.parametrize(("data", "code", "line", "message"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_parsed_is_told_with_its_line(
    data: bytes, code: str, line: int, message: str
) -> None:
    with pytest.raises(ReadError) as caught:
        parse(data)
    (problem,) = caught.value.problems
    assert (problem.severity, problem.layer, problem.code) == ("fatal", "read", code)
    assert str(caught.value) == f"fatal: line {line}: {message}"


@pytest.mark.parametrize(("data", "line"), DOCTYPES.values(), ids=DOCTYPES)
def test_a_doctype_is_refused_whatever_it_holds(data: bytes, line: int) -> None:
    with pytest.raises(ReadError) as caught:
        parse(data)
    assert [problem.code for problem in caught.value.problems] == ["doctype"]
    assert str(caught.value) == f"fatal: line {line}: {NO_DOCTYPE}"


@pytest.mark.parametrize("what", ['SYSTEM "{uri}"', 'PUBLIC "-//x" "{uri}"'])
@pytest.mark.parametrize("where", ["<!DOCTYPE a {what}>", "<!DOCTYPE a [<!ENTITY b {what}>]>"])
def test_no_file_is_read_from_outside(tmp_path: Path, what: str, where: str) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    doctype = where.format(what=what.format(uri=outside.as_uri()))
    with pytest.raises(ReadError) as caught:
        parse(f"{doctype}<a>&b;</a>".encode())
    assert str(caught.value) == f"fatal: line 1: {NO_DOCTYPE}"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"<a>" + b"x" * 30_000_000 + b"</a>", 1, TOO_LONG),
        (b"<a>\n<!--" + b"x" * 30_000_000 + b"--></a>", 2, TOO_LONG),
        (b'<a>\n<b c="' + b"x" * 30_000_000 + b'"/></a>', 2, TOO_LONG),
        (b"<a>\n" + b"<b/>" * 7_500_000 + b"</a>", 2, TOO_MANY),
        (b"<a>\n" + b"<b></b>\n" * 3_750_000 + b"</a>", MOST_NODES + 1, TOO_MANY),
        (b"<a>\n<b" + b' c=""' * 6_000_000 + b"/></a>", 2, TOO_MANY),
        (b"<a>" + b"<!---->" * 4_300_000 + b"</a>", 1, TOO_MANY),
    ],
    ids=["text", "comment", "value", "elements", "lines", "attributes", "comments"],
)
def test_30_mb_of_one_thing_are_refused(data: bytes, line: int, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse(data)
    assert str(caught.value) == f"fatal: line {line}: {message}"


def test_the_number_of_nodes_is_counted_exactly() -> None:
    data = b'<a b="= = =" c = \'<\'>= "<![CDATA[<]]></a>'.replace(b"'<'", b"'&lt;'")
    # An element, two attributes, a text with = ", a section with a < in it.
    parse(data, most_nodes=6)
    with pytest.raises(ReadError, match="more than 4 elements and attributes"):
        parse(data, most_nodes=4)


def test_signs_in_a_text_are_no_attributes() -> None:
    assert (
        len(parse(b"<a>" + b"=\"'" * 1_500_000 + b"</a>", most_nodes=2_000_000).text) == 4_500_000
    )
    assert len(parse(b"<a>" + b"=" * 3_000_000 + b"</a>").text) == 3_000_000


def test_another_encoding_than_utf_8_is_read_up_to_a_size() -> None:
    head = b'<?xml version="1.0" encoding="iso-8859-1"?>'
    with pytest.raises(ReadError) as caught:
        parse(head + b"<a>" + b"\xe9" * MOST_CONVERTED + b"</a>")
    assert str(caught.value) == (
        "fatal: line 1: the document is ISO8859-1 and larger than 50,000,000 bytes, expected UTF-8"
    )


DECLARED = '<?xml version="1.0" encoding="{}"?>\n<a>Zoë</a>'


@pytest.mark.parametrize(
    "data",
    [
        "<a>Zoë</a>".encode(),
        "<a>Zoë</a>".encode("utf-8-sig"),
        DECLARED.format("UTF-8").encode(),
        "<a>Zoë</a>".encode("utf-16"),
        "<a>Zoë</a>".encode("utf-32"),
        "<a>Zoë</a>".encode("utf-16-le"),
        DECLARED.format("UTF-16").encode("utf-16"),
        DECLARED.format("UTF-16").encode("utf-16-be"),
        DECLARED.format("UTF-16").encode(),
        DECLARED.format("ISO-8859-1").encode("iso-8859-1"),
        DECLARED.format("windows-1252").encode("cp1252"),
    ],
    ids=range(11),
)
def test_the_encoding_is_found(data: bytes) -> None:
    assert parse(data).text == "Zoë"
    assert root_of(data) is not None


@pytest.mark.parametrize(
    ("data", "warned"),
    [
        (DECLARED.format("UTF-16").encode(), True),
        (DECLARED.format("utf-32le").encode("utf-8-sig"), True),
        (DECLARED.format("UTF-16").encode("utf-16"), False),
        (DECLARED.format("UTF-16").encode("utf-16-be"), False),
        (DECLARED.format("UTF-8").encode(), False),
        (DECLARED.format("windows-1252").encode("cp1252"), False),
        (DECLARED.format("windows-1252").encode(), True),
        (DECLARED.format("ISO-8859-1").encode().replace("Zoë".encode(), b"Zoe"), False),
        # A mark says more than the declaration.
        (DECLARED.format("windows-1252").encode("utf-8-sig"), False),
        (DECLARED.format("klingon").encode(), False),
        (DECLARED.format("US-ASCII").encode(), False),
        ("<a>Zoë</a>".encode(), False),
    ],
)
def test_what_declares_an_encoding_and_is_of_another_is_warned_of(
    data: bytes, warned: bool
) -> None:
    assert [str(problem.path) for problem in misdeclared(data)] == ["line 1"] * warned


def test_comments_and_instructions_are_left_out() -> None:
    root = parse(b"<?a b?><!-- c --><d>x<!-- e -->y<?f g?>z<h/><![CDATA[<i>]]></d><!-- j -->")
    assert (root.text, [child.tag for child in root], root[0].tail) == ("xyz", ["h"], "<i>")


def test_a_line_that_libxml2_does_not_know_is_said_to_be_so() -> None:
    root = parse(b"<a>" + b"<b\n/>" * 70_000 + b"</a>")
    assert line_of(root[10]) == "line 12"
    assert line_of(root[69_999]) == "line 65535 or later"


ROOTS = {
    b'<?xml version="1.0"?>\n<!-- > -->\n<ODM xmlns="urn:x" a="1>2" xml:lang="en"><b>': Root(
        "urn:x", "ODM", {"a": "1>2", "{http://www.w3.org/XML/1998/namespace}lang": "en"}, 3
    ),
    b'\xef\xbb\xbf  <p:ODM xmlns:p="urn:x"/>': Root("urn:x", "ODM", {}, 1),
    b'<!DOCTYPE ODM [<!ENTITY a "]">]>\n<ODM>': Root("", "ODM", {}, 2),
    b"<a><b></a>": Root("", "a", {}, 1),
    b"<a>" + b"\xc3\xa9" * 40_000: Root("", "a", {}, 1),
    b"<a>\xff": Root("", "a", {}, 1),
    b"<a\xff>": None,
    b"<a": None,
    b"<a b=>": None,
    b'<a b="&c;">': None,
    b"<!-- ": None,
    b"<!-- " + b"x" * 70_000 + b"--><a/>": None,
    b"<!DOCTYPE a [": None,
    b"{}": None,
    b"hello <a/>": None,
    b"": None,
}


@pytest.mark.parametrize(("data", "root"), ROOTS.items(), ids=range(len(ROOTS)))
def test_the_root_is_told_from_the_head(data: bytes, root: Root | None) -> None:
    assert root_of(data) == root


PIECES = [
    *b'< > / a <a> </a> b=" " = \' & ; <? ?> <!-- --> <![CDATA[ ]]> <!DOCTYPE [ ]'.split(),
    *b"\0 \xff\xfe \xc3 xmlns:a= <?xml encoding=".split(),
    b" ",
    b"\n",
]


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from(PIECES),
            max_size=30,
        ).map(b"".join),
    )
)
@example(b"<?xml encoding='\xff'?>")
def test_any_bytes_are_a_tree_or_one_problem_with_a_line(data: bytes) -> None:
    root = root_of(data)
    try:
        tree = parse(data)
    except ReadError as error:
        (problem,) = error.problems
        assert problem.path.startswith("line ")
    else:
        assert root is not None
        assert str(tree.tag).rpartition("}")[2] == root.name


def test_lxml_is_imported_when_there_is_xml_alone() -> None:
    program = (
        "import sys\n"
        "from trialbridge.schemas.syntax import xml\n"
        "from trialbridge.schemas.odm import validate as odm\n"
        "xml.root_of(b'{}')\n"
        "print([name for name in ('lxml', 'odmlib') if name in sys.modules])\n"
        "odm.validate(b'<ODM/>')\n"
        "print([name for name in ('lxml', 'odmlib') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[]", "['lxml']"]
