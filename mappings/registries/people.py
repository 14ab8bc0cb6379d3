"""People in the registry's XML: names in parts, a contact with its backup, officials.

A record has the name of a person as one text, `Ada B Brewer, MD`; the XML has elements for its
parts, of which the last name alone is required. What is no name of a person (`Study Team`) is a
last name there.
"""

import re

import msgspec

from trialbridge.mappings.codec import Codec, Node, Record, field, merged, read_at, record
from trialbridge.mappings.compiled import reader, writer
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import text, word
from trialbridge.schemas.trial import Contact, Official


def read_name(node: Node, names: Names) -> str | None:
    """`first middle last, degrees`; new records have it all in `last_name`."""
    parts = [word(node.get(key, "")) for key in ("first_name", "middle_name", "last_name")]
    name = " ".join(part for part in parts if part)
    degrees = word(node.get("degrees", ""))
    return (f"{name}, {degrees}" if name and degrees else name or degrees) or None


whole_name: Codec[str] = Codec(
    read_name, lambda value, names: {"last_name": value}, label="last_name"
)
"""A name that is written as the last name."""

# A part of a name that stands before a last name of several words: `Monica de la Torre`.
_PARTICLES = re.compile(
    "al|bin|da|das|de|del|den|der|di|dos|du|el|la|le|ten|ter|van|vom|von|zu|zum|zur", re.IGNORECASE
)
_TITLES = frozenset(("assoc", "dr", "mr", "mrs", "ms", "pr", "prof"))
_INITIAL = re.compile(r"(?:[^\W\d_]\.?){1,2}")
_OF_A_NAME = re.compile(r"[^\W\d_]+(?:[-'\u2019.][^\W\d_]*)*")
# Words that no name of a person has: what answers there is an office, a line or a role.
_OFFICE = re.compile(
    r"\b(?:administrat\w*|call|cent(?:er|re|rum)|clinic\w*|company|contact\w*|coordinat\w*"
    r"|departe?m\w*|direct\w*|gmbh|group|head|help\w*|hospital\w*|hotline|inc|info\w*|inquir\w*"
    r"|institut\w*|investigator\w*|laborator\w*|leader|lead|line|llc|ltd|manager|medical|medicine"
    r"|monitor\w*|nurse|office\w*|officer|participa\w*|patient\w*|pharma\w*|physician\w*|please"
    r"|program\w*|project|recruit\w*|register|registry|research\w*|responsible|science\w*|service\w*"
    r"|site|sponsor\w*|stud(?:y|ies)|support|team|therap\w*|transparency|trial\w*|unit|university"
    r"|use|vaccine\w*)\b",
    re.IGNORECASE,
)


def parts_of(name: str) -> Node:
    """The parts of a name, of which `read_name` makes the same text again.

    A text that is not told to be a person's is a last name, as one is that would not come back.
    """
    said, _, degrees = name.partition(", ")
    words_ = said.split(" ")
    if len(words_) < 2 or _OFFICE.search(said) or not all(map(_OF_A_NAME.fullmatch, words_)):
        return {"last_name": name}
    # A title has no element of its own: it is the form of address, with the first name.
    titles = 0
    while titles < len(words_) - 2 and words_[titles].rstrip(".").lower() in _TITLES:
        titles += 1
    first, middle = " ".join(words_[: titles + 1]), words_[titles + 1 :]
    last = [middle.pop()]
    while middle and _PARTICLES.fullmatch(middle[-1]):
        last.insert(0, middle.pop())
    # Of several names none of which is an initial, nobody can tell a middle from a last one.
    if middle and not all(map(_INITIAL.fullmatch, middle)):
        initials = [at for at, one in enumerate(middle) if _INITIAL.fullmatch(one)]
        cut = initials[-1] + 1 if initials else 0
        last = middle[cut:] + last
        middle = middle[:cut]
    node = {
        "first_name": first,
        "middle_name": " ".join(middle),
        "last_name": " ".join(last),
        "degrees": degrees,
    }
    node = {key: value for key, value in node.items() if value}
    return node if read_name(node, Names()) == name else {"last_name": name}


name_in_parts: Codec[str] = Codec(
    read_name, lambda value, names: parts_of(value), label="first_name to degrees"
)
"""A name that is written in its parts, where it is a person's."""


def tables(name: Codec[str]) -> tuple[Record, Record, Record]:
    """The tables of a contact, of an investigator at a site, and of an official."""
    contact = record(
        Contact,
        merged("name", codec=name),
        field("phone", "phone", codec=text),
        field("phone_ext", "phone_ext", codec=text),
        field("email", "email", codec=text),
    )
    investigator = record(
        Contact, merged("name", codec=name), field("role", "role", codec=words.CONTACT_ROLE)
    )
    official = record(
        Official,
        merged("name", codec=name),
        field("role", "role", codec=words.OFFICIAL_ROLE),
        field("affiliation", "affiliation", codec=text),
    )
    return contact, investigator, official


def contacts(
    first: str, second: str, more: str, contact: Record, investigator: Record
) -> Codec[list[Contact]]:
    """Contacts as an element and its backup, and those of other roles as elements of their own."""
    read_contact, write_contact = reader(contact), writer(contact)
    read_investigator, write_investigator = reader(investigator), writer(investigator)

    def read(node: Node, names: Names) -> list[Contact] | None:
        found: list[Contact] = []
        for key in (first, second):
            if key in node:
                one = read_at(key, read_contact, node[key], names)
                # Of a contact that nobody entered, the registry's files have empty elements.
                if node[key] and one == Contact():
                    continue
                found.append(msgspec.structs.replace(one, role="CONTACT"))
        for position, one in enumerate(node.get(more, ()) if more else ()):
            found.append(read_at(f"{more}[{position}]", read_investigator, one, names))
        return found or None

    def write(values: list[Contact], names: Names) -> Node:
        node: Node = {}
        for value in values:
            free = next((key for key in (first, second) if key not in node), None)
            if free and (not more or value.role in ("CONTACT", None)):
                node[free] = write_contact(value, names)
            elif more and value.role not in ("CONTACT", None):
                node.setdefault(more, []).append(write_investigator(value, names))
        return node

    return Codec(read, write, label=" and ".join(key for key in (first, second, more) if key))
