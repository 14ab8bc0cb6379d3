"""Narratives: a part of HTML, and nothing that runs."""

import pytest

from trialbridge.schemas.fhir.narrative import MAX_DEPTH, narrative


def div(inner: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'


@pytest.mark.parametrize(
    "text",
    [
        div("A trial"),
        "\n " + div("<p>A &amp; B &#160; &lt;</p>"),
        '<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="de" lang="de"><br/></div>',
        div('<table class="grid"><tr><td colspan="2" style="color: red">x</td></tr></table>'),
        div('<a href="https://example.org">x</a><img src="#a" alt="b"/><a name="c"> </a>'),
        div("<!-- a comment --><h1>x</h1><ul><li>y</li></ul><b><i>z</i></b><u>a</u>"),
    ],
)
def test_what_fhir_allows_is_right(text: str) -> None:
    assert list(narrative(text)) == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (div("<script>a</script>"), ["<script> is not an element of narratives"]),
        (div("<iframe src='a'/>"), [
            "<iframe> is not an element of narratives",
            "<iframe> has the attribute src, which narratives do not have",
        ]),
        (div("<P>a</P>"), ["<P> is not an element of narratives"]),
        (div('<p ONCLICK="a">a</p>'),
         ["<p> has the event handler ONCLICK, which FHIR forbids"]),
        (div('<a href=" JavaScript:a()">a</a>'), ["<a> has a script in href, which FHIR forbids"]),
        (div('<p style="width: expression(a)">a</p>'),
         ["<p> has a script in style, which FHIR forbids"]),
        (div('<svg xmlns="http://www.w3.org/2000/svg"/>'), [
            "<svg> has the namespace 'http://www.w3.org/2000/svg', but "
            "http://www.w3.org/1999/xhtml is wanted"
        ]),
        ("<div>a</div>",
         ["<div> has no namespace, but http://www.w3.org/1999/xhtml is wanted"]),
        ("<p>a</p>", ["begins with '<p>a</p>', but a <div> is wanted"]),
        (div("<p>a"), ["is not well-formed XML: mismatched tag, line 1, column 48"]),
        (div("&nbsp;"), ["is not well-formed XML: undefined entity, line 1, column 42"]),
        (div("<?php a ?>"), ["has a processing instruction, which narratives do not have"]),
        (div("\ud800"), ["is not well-formed XML: half of a surrogate pair"]),
        (div("a") + div("b"),
         ["is not well-formed XML: junk after document element, line 1, column 49"]),
    ],
)  # fmt: skip
def test_what_fhir_forbids_is_told(text: str, faults: list[str]) -> None:
    assert list(narrative(text)) == faults


def test_each_fault_is_told_once() -> None:
    assert len(list(narrative(div("<form/>" * 1000)))) == 1


def test_depth_has_a_limit_and_entities_are_none() -> None:
    nested = "<b>" * 5000 + "</b>" * 5000
    assert list(narrative(div(nested))) == [f"is nested more than {MAX_DEPTH} deep"]
    bomb = '<!DOCTYPE div [<!ENTITY a "aaa"><!ENTITY b "&a;&a;&a;">]>' + div("&b;")
    assert list(narrative(bomb)) == ["begins with '<!DOCTYPE div [<!ENT', but a <div> is wanted"]
