"""The fast ways say what the slow ways say: of checking a document, and of making a tree of it."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from corpus import ALL
from msgspec.structs import replace
from odm_faults import DOCUMENTS
from odm_right import ODM_2_0

import trialbridge
from trialbridge.formats.odm import v1_3_2 as odm_1_3_2
from trialbridge.formats.odm import v2_0 as odm
from trialbridge.formats.odm.xml.plain import _may_be_too_large
from trialbridge.formats.odm.xml.tree import _scanner, plain_tree, tree_of
from trialbridge.formats.odm.xml.v2_0 import V2_0
from trialbridge.mappings.odm.beyond import DOCUMENT
from trialbridge.mappings.odm.form.document import rows_of
from trialbridge.mappings.odm.form.groups import GROUPS
from trialbridge.schemas.odm import validate as odm_validate
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax import xml

SAMPLE = 20_000 if ALL else 200
XHTML = 'xmlns:x="http://www.w3.org/1999/xhtml"'


def changed(count: int) -> Iterator[bytes]:
    """The document with one or two pieces of it left out, said twice, or put in others' place."""
    chance = random.Random(16)
    pieces = re.findall(r'<[^>]*>|[^<>]+|\s[\w:]+="[^"]*"', ODM_2_0)
    for _ in range(count):
        text = ODM_2_0
        for _ in range(chance.choice((1, 1, 2))):
            piece, other = chance.choice(pieces), chance.choice(pieces)
            if chance.random() < 0.5:
                values = re.findall(r'"[^"]*"', text)
                piece, other = chance.choice(values), chance.choice(values)
            text = text.replace(piece, chance.choice(("", piece * 2, other)), 1)
        yield text.encode()


def same(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = odm_validate.validate(data)
    with monkeypatch.context() as patch:
        patch.setattr(odm_validate, "is_right", lambda *_: False)
        assert fast == odm_validate.validate(data)
    tree = plain_tree(data, V2_0)
    if tree is not None:
        assert tree == tree_of(xml.parse(data), "ODM", V2_0)


@pytest.mark.parametrize("version", DOCUMENTS)
def test_both_ways_agree_on_each_fault(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document, mutants = DOCUMENTS[version]
    for mutant in mutants.values():
        same(mutant.of(document), monkeypatch)
    assert mutants


def test_both_ways_agree_on_changed_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    same(ODM_2_0.encode(), monkeypatch)
    assert plain_tree(ODM_2_0.encode(), V2_0) is not None
    for data in changed(SAMPLE):
        same(data, monkeypatch)


def broken(count: int, document: str = ODM_2_0) -> Iterator[bytes]:
    """A document with a few of its characters left out, or others put among them."""
    chance = random.Random(8)
    marks = ["<", ">", "&", '"', "'", "/", "=", "!", " ", "\n", "\r", "\t", ";", "]]>", "x", ":"]
    marks += ["&amp;", "&#65;", "&#x1F600;", "&#0;", "&#xFFFF;", "&no;", "\x01", "\ufffe", "\x85"]
    marks += ["<!--a-->", "<![CDATA[a]]>", "<?a b?>", "<a/>", ' xml:lang="en"', ' xmlns:a="urn:a"']
    # Most characters are of names and texts, where most of these are not wrong.
    edges = [at for at, one in enumerate(document) if one in '<>"= /']
    for _ in range(count):
        text = document
        for _ in range(chance.choice((1, 1, 2))):
            at = chance.choice(edges) + chance.choice((0, 1))
            text = text[:at] + chance.choice(("", *marks)) + text[at + chance.choice((0, 0, 1)) :]
        yield text.encode()


def test_a_plain_document_is_one_that_the_parser_takes() -> None:
    taken = 0
    for data in broken(5 * SAMPLE):
        tree = plain_tree(data, V2_0)
        if tree is not None:
            assert tree == tree_of(xml.parse(data), "ODM", V2_0)
            taken += 1
    assert taken > SAMPLE / 2


SUMMARY = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"><Study OID="S.1" StudyName="A study">\
<MetaDataVersion OID="MDV.1"><Protocol><StudySummary>\
<StudyParameter OID="SP.1" Term="One"><ParameterValue Value="a"/></StudyParameter>\
<StudyParameter OID="SP.2" Term="One"><ParameterValue Value="&lt;&amp;&#9;"/></StudyParameter>
<StudyParameter OID="SP.&amp;" Term="One"><ParameterValue Value="c"/></StudyParameter>\
<StudyParameter OID="SP.4" Term="One" ShortName="x > y"><ParameterValue Value="d > e">\
<Coding Code="1" System="urn:x"/></ParameterValue><Coding System="urn:y"/></StudyParameter>\
<StudyParameter OID="SP.5" Term="Two"/>\
<StudyParameter OID="SP.6" Term="One"><ParameterValue Value="a"/></StudyParameter></StudySummary>\
<Alias Context="a" Name="b"/></Protocol></MetaDataVersion></Study></ODM>
"""


def test_what_surrounds_the_values_of_parameters_is_known_from_then_on() -> None:
    right = tree_of(xml.parse(SUMMARY.encode()), "ODM", V2_0)
    for _ in range(2):
        assert plain_tree(SUMMARY.encode(), V2_0) == right
    assert len(_scanner(V2_0).frames) >= 2


@pytest.mark.parametrize(
    "value",
    [
        '<ParameterValue\nValue="a"/>',
        "<ParameterValue Value='a'/>",
        '<ParameterValue xValue="a"/>',
        '<ParameterValue xValue="b" Value="a"/>',
        '<ParameterValue Value="a" xValue="b"></ParameterValue>',
        '<ParameterValue Value="a&amp;"/>',
        "<ParameterValue/>",
        "",
    ],
)
def test_a_parameter_that_is_like_no_other_is_read_as_it_is_again(value: str) -> None:
    data = SUMMARY.replace('<ParameterValue Value="a"/>', value).encode()
    right = tree_of(xml.parse(data), "ODM", V2_0)
    for _ in range(3):
        assert plain_tree(data, V2_0) in (right, None)


def test_parameters_that_are_changed_are_those_of_the_parser() -> None:
    assert plain_tree(SUMMARY.encode(), V2_0)
    taken = 0
    for data in broken(5 * SAMPLE, SUMMARY):
        tree = plain_tree(data, V2_0)
        if tree is not None:
            assert tree == tree_of(xml.parse(data), "ODM", V2_0)
            taken += 1
    assert taken > SAMPLE / 4


def emptied(node: Any) -> None:
    """Take all out of the dicts and lists of a tree."""
    if isinstance(node, dict | list):
        for inner in list(node.values() if isinstance(node, dict) else node):
            emptied(inner)
        node.clear()


def test_what_parameters_share_is_not_changed_by_what_users_do() -> None:
    right = tree_of(xml.parse(SUMMARY.encode()), "ODM", V2_0)
    for _ in range(2):
        kept = odm.read(SUMMARY.encode())[0].unmapped
        assert kept
        emptied(dict(kept))
        assert plain_tree(SUMMARY.encode(), V2_0) == right


@pytest.mark.parametrize(
    "odd",
    [
        "<!DOCTYPE ODM>" + '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0">',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0">words</ODM>',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"><Study xlink:href="a"/></ODM>',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"><Study xmlns="urn:x"/></ODM>',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"><Other/></ODM>',
        '<ODM xmlns="urn:x"/>',
        "<ODM/>",
        '<?xml version="1.1"?><ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>',
        '<?xml version="1.0" encoding="latin-1"?><ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/><ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>words',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" Id="1" Id="2"/>',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"><Study>',
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"></Study></ODM>',
    ],
)
def test_what_is_odd_is_left_to_the_slow_way(odd: str) -> None:
    assert plain_tree(odd.encode(), V2_0) is None


def described(inner: str) -> object:
    """What a Description says in the tree that is read."""
    data = ODM_2_0.replace(">18 years or older</TranslatedText>", f">{inner}</TranslatedText>")
    tree = tree_of(xml.parse(data.encode()), "ODM", V2_0)
    return tree["Study"][0]["MetaDataVersion"][0]["ConditionDef"][0]["Description"]


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<x:p>Dose: 5</x:p><x:p>0 mg is placebo.</x:p>", "Dose: 5\n\n0 mg is placebo."),
        ("<x:ul><x:li>age 1</x:li><x:li>8 kg</x:li></x:ul>", "age 1\n8 kg"),
        ("first<x:br/>second", "first\nsecond"),
        ("<x:table><x:tr><x:td>1</x:td><x:td>2</x:td></x:tr><x:tr><x:td>3</x:td></x:tr></x:table>",
         "1\t2\n3"),
        ("5 <x:b>m</x:b>g\n  daily", "5 mg daily"),
    ],
)  # fmt: skip
def test_blocks_of_markup_stay_apart(markup: str, words: str) -> None:
    assert described(f"<x:div {XHTML}>{markup}</x:div>") == words


def test_blocks_of_markup_stay_apart_in_the_record() -> None:
    markup = f"<x:div {XHTML}><x:p>Dose: 5</x:p><x:p>0 mg is placebo.</x:p></x:div>"
    arm = f'<Arm OID="ARM.1" Name="Drug"><Description><TranslatedText Type="text/html">{markup}'
    data = ODM_2_0.replace(
        '<Arm OID="ARM.1" Name="Drug"/>', f"{arm}</TranslatedText></Description></Arm>"
    )
    record = json.loads(trialbridge.convert(data.encode(), "ctgov"))
    arms = record["protocolSection"]["armsInterventionsModule"]["armGroups"]
    assert arms[0] == {"label": "Drug", "description": "Dose: 5\n\n0 mg is placebo."}


def test_text_without_markup_is_kept_as_it_is() -> None:
    assert described(" two  blanks\n and a line ") == " two  blanks\n and a line "


def unmapped(data: str) -> dict[str, object]:
    trial, problems = odm.read(data.encode())
    found = {at: held for at, held in (trial.unmapped or {}).items() if at != DOCUMENT}
    assert {each.path for each in problems if each.code == "not-read"} >= set(found)
    return found


def test_text_between_elements_is_kept() -> None:
    found = unmapped(ODM_2_0.replace("<StudyStructure>", "<StudyStructure>astray", 1))
    assert "astray" in found.values()


def test_a_foreign_part_is_kept_with_its_names_and_attributes() -> None:
    foreign = '<v:Site xmlns:v="urn:v" code="7"><v:Room no="2">B</v:Room></v:Site>'
    found = unmapped(ODM_2_0.replace("</Protocol>", f"{foreign}</Protocol>", 1))
    kept = [value for value in found.values() if "{urn:v}Room" in str(value)]
    assert kept == [[{"@code": "7", "{urn:v}Room": [{"@no": "2", "#": "B"}]}]]


def test_administrative_data_of_another_study_is_not_read_as_this_one_s() -> None:
    data = ODM_2_0.replace('AdminData StudyOID="S.1"', 'AdminData StudyOID="S.2"')
    assert any(pointer.startswith("/odm/AdminData") for pointer in unmapped(data))
    trial = odm.read(data.encode())[0]
    assert "A sponsor" not in str(trial.protocol)
    assert "A sponsor" in str(odm.read(ODM_2_0.encode())[0].protocol)


def test_a_document_that_is_none_is_refused_as_ever() -> None:
    with pytest.raises(ReadError, match="expected one Study, found none"):
        odm.read(b'<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>')


# --- the registry form ---------------------------------------------------------------------------

FORM = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"><Study OID="S.1" StudyName="A study">\
<MetaDataVersion OID="MDV.1"><Protocol/>\
<ItemGroupDef OID="IG.1" Name="One" Type="Section"><ItemRef ItemOID="IT.1"/></ItemGroupDef>
<ItemGroupDef OID="IG.2" Name="Two" Type="Section"><Alias Context="https://trialbridge.github.io\
/fhir/registry-form" Name="conditionBrowse.meshes"/></ItemGroupDef>\
<ItemDef OID="IT.1" Name="One" DataType="text"/><ItemDef OID="IT.2" Name="Two" DataType="text">\
<CodeListRef CodeListOID="CL.1"/></ItemDef><ItemDef OID="IT.3" Name="&amp;" DataType="text"/>\
<ItemDef OID="IT.4" Name="Four" DataType="text"><Question><TranslatedText>Why?</TranslatedText>\
</Question></ItemDef>\
<CodeList OID="CL.1" Name="Codes"><CodeListItem CodedValue="a"/></CodeList>\
<CodeList OID="CL.2" Name="Codes"><CodeListItem CodedValue="b"/></CodeList>\
</MetaDataVersion></Study><ReferenceData StudyOID="S.1" MetaDataVersionOID="MDV.1">\
<ItemGroupData ItemGroupOID="IG.2" ItemGroupRepeatKey="1"><ItemData ItemOID="IT.1"><Value>a &lt; b\
</Value></ItemData><ItemData ItemOID="IT.2"><Value></Value></ItemData></ItemGroupData>\
<ItemGroupData ItemGroupOID="IG.2" ItemGroupRepeatKey="2"><ItemData ItemOID="IT.1"><Value>c</Value>\
</ItemData></ItemGroupData><ItemGroupData ItemGroupOID="IG.2"/>\
<ItemGroupData ItemGroupOID="IG.2" ItemGroupRepeatKey="2.1"><ItemData ItemOID="IT.1">\
<Value>d</Value><Value>e</Value></ItemData><ItemData ItemOID="IT.1">\
<Value>f</Value></ItemData></ItemGroupData></ReferenceData></ODM>
"""


def rows(tree: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    study = tree["Study"][0]
    metadata = (study.get("MetaDataVersion") or [{}])[0]
    return list(rows_of(tree, study, metadata, GROUPS))


def same_form(data: bytes) -> bool:
    """Whether the document is plain; its tree and its rows are then those of the parser."""
    right: Any = None
    for _ in range(2):
        tree, short = plain_tree(data, V2_0), plain_tree(data, V2_0, rows=True)
        assert (tree is None) == (short is None)
        if tree is not None and short is not None:
            right = right or tree_of(xml.parse(data), "ODM", V2_0)
            assert tree == right
            if "Study" in right:
                assert rows(short) == rows(right)
    return right is not None


def test_rows_and_definitions_are_those_of_the_parser() -> None:
    assert same_form(FORM.encode())
    assert [row for _, row in rows(plain_tree(FORM.encode(), V2_0, rows=True) or {})] == [
        {"@OID": "1", "IT.1": "a < b", "IT.2": ""},
        {"@OID": "2", "IT.1": "c"},
        {"@OID": ""},
        {"@OID": "2.1", "IT.1": "f"},
    ]
    known = _scanner(V2_0).definitions
    assert '<CodeListRef CodeListOID="CL.1"/></ItemDef>' in "".join(known["ItemDef"])
    taken = sum(map(same_form, broken(3 * SAMPLE, FORM)))
    assert taken > SAMPLE / 4


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<ItemDef OID="IT.1"', '<ItemDef\nOID="IT.1"'),
        ("<ItemDef OID", "<!-- <ItemDef OID"),
        ("<Protocol/>", '<Protocol/><ItemDef OID="IT.3" Name="&amp;" DataType="text"/><Alias/>'),
        ("<Protocol/>", '<Protocol><ItemDef OID="IT.1" Name="One" DataType="text"/></Protocol>'),
        ('<ItemDef OID="IT.2"', '<MethodDef OID="M" Name="M"/><ItemDef OID="IT.2"'),
        ('Name="&amp;" DataType="text"/>', 'Name="&amp;" DataType="text"/>astray'),
        ("</CodeList></MetaDataVersion>", "</CodeList>\n  </MetaDataVersion>"),
        ("<Study ", '<Study OID="S.0" StudyName="b"><MetaDataVersion OID="M"/></Study><Study '),
        ("<Value>c</Value>", "<Value>c</Value>\n"),
        ("<Value>c</Value>", "\n<Value>c</Value>"),
        ("<Value>c</Value>", "<Value >c</Value >"),
        ("<Value>c</Value>", "<Value>c&#0;</Value>"),
        ("<Value>c</Value>", "<Value><!-- --></Value>"),
        ("<Value>c</Value></ItemData>", "<Value>c</Value></ItemData>astray"),
        ("<Value>c</Value></ItemData>", "<Value>c</Value></ItemData>"),
        ('<ItemData ItemOID="IT.2">', '<ItemData ItemOID="IT.2" Id="x">'),
        ('<ItemData ItemOID="IT.2">', '<ItemData ItemOID="IT.2">x'),
        ('ItemGroupRepeatKey="2">', 'ItemGroupRepeatKey="2">x'),
    ],
)
def test_a_form_that_is_like_no_other_is_read_as_it_is(before: str, after: str) -> None:
    assert same_form(FORM.encode())
    assert before in FORM
    same_form(FORM.replace(before, after, 1).encode())


def test_what_definitions_share_is_not_changed_by_what_users_do() -> None:
    right = tree_of(xml.parse(FORM.encode()), "ODM", V2_0)
    for _ in range(2):
        kept = odm.read(FORM.encode())[0].unmapped
        assert kept
        assert "IT.2" in str(kept)
        emptied(dict(kept))
        assert plain_tree(FORM.encode(), V2_0) == right


EXAMPLES = sorted(Path(__file__).parents[2].joinpath("examples").glob("*.odm-*.xml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_record_alone_is_that_of_the_whole(path: Path) -> None:
    version = odm_1_3_2 if "1.3.2" in path.name else odm
    data = path.read_bytes()
    assert version.read_alone(data) == version.read(data)[0]


@pytest.mark.parametrize("document", [ODM_2_0, FORM, SUMMARY])
def test_the_record_alone_has_nothing_of_the_document(document: str) -> None:
    trial = odm.read(document.encode())[0]
    assert trial.unmapped
    assert odm.read_alone(document.encode()) == replace(trial, unmapped=None)


def test_what_is_no_record_is_told_where_the_record_is_wanted_alone() -> None:
    bare = FORM.replace(' StudyName="A study"', "").replace("registry-form", "another-form")
    with pytest.raises(ReadError, match="this is no trial record"):
        trialbridge.convert(bare.encode(), "ctgov")


def test_a_document_of_more_bytes_than_elements_is_read_as_fast() -> None:
    long = ODM_2_0.replace("18 years or older", "18 years " * 500_000, 1).encode()
    assert len(long) > 4 * xml.MOST_NODES
    assert plain_tree(long, V2_0) == tree_of(xml.parse(long), "ODM", V2_0)
    item = '<CodeListItem CodedValue=""/>'
    many = FORM.replace("<CodeListItem ", item * 500_000 + "<CodeListItem ", 1)
    assert plain_tree(many.encode(), V2_0) is None


def test_a_long_document_is_read_as_fast_where_no_text_of_it_is_long() -> None:
    words = "18 years " * 520_000
    assert ODM_2_0.count("18 years or older") == 1
    long = ODM_2_0.replace("18 years or older", f"{words}<b/>{words}", 1).encode()
    assert len(long) > 9_000_000
    assert not _may_be_too_large(long)
    assert _may_be_too_large(long.replace(b"<b/>", b""))
