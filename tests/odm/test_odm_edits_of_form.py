"""An edit of a document that changes its form alone changes nothing of the record."""

from collections.abc import Callable

import pytest
from lxml import etree
from odm_documents import NAMESPACE, Element, add, bytes_of, document, find, full, read
from odm_edit import (
    ARMS,
    CONTACTS,
    CRITERIA,
    DESIGN,
    IDENTIFICATION,
    OUTCOMES,
    Edit,
    changes,
    edited,
    without,
)

from trialbridge.formats.odm import v2_0 as odm
from trialbridge.schemas.syntax.pointer import ABSENT

LANG = "{http://www.w3.org/XML/1998/namespace}lang"


# --- edits that say nothing -----------------------------------------------------------------------


def every(name: str, do: Callable[[Element], object]) -> Edit:
    return lambda root: [do(node) for node in list(root.iter(f"{{{NAMESPACE}}}{name}"))]


def shuffled(root: Element) -> None:
    for node in root.iter(etree.Element):
        held = list(node.items())
        node.attrib.clear()
        for key, value in reversed(held):
            node.set(key, value)


def commented(root: Element) -> None:
    for node in list(root.iter(etree.Element)):
        node.insert(0, etree.Comment(" of another tool "))
        node.append(etree.ProcessingInstruction("tool", "x"))


def cut_by_a_comment(root: Element) -> None:
    node = find(root, "//o:Arm[1]/o:Description/o:TranslatedText")
    held, node.text = node.text, None
    comment = etree.Comment("x")
    comment.tail = held
    node.append(comment)


def renamed(old: str, new: str) -> Edit:
    """An OID renamed wherever it stands: in keys of the form and OIDs of parameters too."""

    def edit(root: Element) -> None:
        for node in root.iter(etree.Element):
            if node.text == old and node.tag.endswith("}Value"):
                node.text = new
            for key, held in node.items():
                if held == old:
                    node.set(key, new)
                elif key == "ItemGroupRepeatKey" and held.startswith(f"{old}."):
                    node.set(key, new + held.removeprefix(old))
                elif key == "OID" and held.endswith(f"@{old}"):
                    node.set(key, held.removesuffix(old) + new)

    return edit


NOTHING: dict[str, Edit] = {
    "indented": lambda root: etree.indent(root, "\t"),
    "attributes in another order": shuffled,
    "comments and processing instructions": commented,
    "a comment in a text": cut_by_a_comment,
    "an arm's OID": renamed("ARM.1", "A-X"),
    "an intervention's OID": renamed("INT.2", "I X"),
    "a condition's OID": renamed("IND.1", "Headache"),
    "a site's OID": renamed("ORG.SITE.1", "S.1"),
    "an end point's OID": renamed("EP.PRIMARY.1", "E.1"),
    "a criterion's OID": renamed("CRIT.INCL.1", "C.1"),
    "a condition definition's OID": renamed("COND.INCL.1", "CD.1"),
    "the study's OID": renamed("ST.NCT09000001", "S.1"),
    "the sponsor's OID": renamed("ORG.SPONSOR", "O.1"),
    "a contact's OID": renamed("USER.CONTACT.1", "U.1"),
    "a document's ID": renamed("LF.1", "D.1"),
    "short names gone": every("StudyParameter", lambda node: node.attrib.pop("ShortName", None)),
    "terms in other words": every("StudyParameter", lambda node: node.set("Term", "?")),
    "names and versions of systems": every(
        "Coding",
        lambda node: [node.attrib.pop(key, None) for key in ("SystemName", "SystemVersion")],
    ),
    "languages said": every("TranslatedText", lambda node: node.set(LANG, node.get(LANG, "en"))),
    "codes of parameters gone": without("//o:StudyParameter[@ShortName]/o:Coding"),
    "documents listed nowhere": without("//o:SupplementalDoc"),
    "people in another AdminData": lambda root: add(root, "AdminData").append(
        find(root, "//o:User[@OID='USER.OFFICIAL.2']")
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_an_edit_that_says_nothing_changes_nothing(name: str) -> None:
    assert changes(full(), NOTHING[name]) == {}
    _, told = edited(full(), NOTHING[name])
    assert told == []


@pytest.mark.parametrize(
    "name",
    ["indented", "attributes in another order", "comments and processing instructions"],
)
def test_another_way_to_write_it_leaves_nothing_behind(name: str) -> None:
    root = document(full())
    NOTHING[name](root)
    assert read(root) == (full(), [])


def test_another_prefix_of_the_namespace_changes_nothing() -> None:
    data = bytes_of(document(full())).replace(b'xmlns="', b'xmlns:odm="')
    for opening in (b"<", b"</"):
        for name in {etree.QName(node).localname for node in document(full()).iter()}:
            for end in (b" ", b">", b"/>"):
                data = data.replace(
                    opening + name.encode() + end, opening + b"odm:" + name.encode() + end
                )
    assert b"<Study" not in data
    assert odm.read(data) == (full(), [])


def test_cdata_changes_nothing() -> None:
    root = document(full())
    for node in root.iter(f"{{{NAMESPACE}}}TranslatedText", f"{{{NAMESPACE}}}City"):
        node.text = etree.CDATA(node.text or "")
    data = bytes_of(root)
    assert b"<![CDATA[Basel]]>" in data
    assert odm.read(data) == (full(), [])


def test_carriage_returns_at_ends_of_lines_change_nothing() -> None:
    root = document(full())
    etree.indent(root)
    data = bytes_of(root)
    assert odm.read(data.replace(b">\n", b">\r\n")) == (full(), [])


# --- ours taken out -------------------------------------------------------------------------------


def test_the_registry_form_removed_leaves_the_rest_as_it_was() -> None:
    edit = without("//o:ReferenceData")
    found = changes(full(), edit)
    assert all(after is ABSENT for pointer, (_, after) in found.items() if "meshes" not in pointer)
    # What has its place in an element or in CDISC's terms stays.
    for kept in (
        f"{IDENTIFICATION}/briefTitle",
        f"{ARMS}/0/label",
        f"{OUTCOMES}/primaryOutcomes/0/timeFrame",
        f"{CRITERIA}",
        f"{CONTACTS}/locations/0/city",
        f"{DESIGN}/phases",
    ):
        assert not any(kept.startswith(pointer) for pointer in found)
