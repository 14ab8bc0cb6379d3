"""Make the page of the guides ECLAIRE and MII Studie from the table of their rules.

python docs/scripts/build_fhir_profiles_page.py    # rewrites the page
python docs/scripts/build_fhir_profiles_page.py --check    # exits 1 if it is not current
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trialbridge.mappings.fhir.profiles.rules import rules
from trialbridge.schemas.made import settle

PATH = Path(__file__).resolve().parents[1] / "formats" / "fhir" / "fhir-profiles.md"

# What fills an element, by profile and path. A line that begins with a dash has nothing that does.
FILLED: Mapping[str, Mapping[str, str]] = {
    "eclaire-researchstudy": {
        "title": "`officialTitle`, else `briefTitle`",
        "status": "`overallStatus`, in R4's codes",
        "primaryPurposeType": "`designInfo.primaryPurpose`",
        "phase": "`phases`",
        "category": "`REG536`, where the trial has a number of CTIS; whether the intervention is"
        " low, and what French law says, is in no record",
        "condition": "`conditions`",
        "description": "`detailedDescription`",
        "contact": "`centralContacts`",
        "enrollment": "the Group of `eligibilityModule`",
        "site": "`locations`",
        "sponsor": "- taken out: the guide has `associatedParty` for it",
        "principalInvestigator": "- taken out: the guide has `associatedParty` for it",
        "location": "the countries of the sites by ISO 3166, each once",
        "relatedArtifact": "`referencesModule`, documents, links",
        "period.end": "`completionDate`",
        "identifier:idPrimary": "`nctId`, its `period.start` `studyFirstSubmitDate`; another"
        " register's own id, and the day it was registered",
        "identifier:idSecondary": "`secondaryIdInfos`; `orgStudyId`, with the element id"
        " `protocol-number`",
        "identifier:idPrimary.use": "`official`",
        "identifier:idSecondary.use": "`secondary`",
        "condition:medDRACondition": "- the registry has MeSH terms, no MedDRA",
        "condition:medDRACondition.id": "- no MedDRA",
        "condition:medDRACondition.coding.system": "- no MedDRA",
        "condition:diseaseCondition": "each condition that has words",
        "condition:diseaseCondition.text": "its words",
        "condition:diseaseCondition.id": "`disease-condition-1`, `-2`, ...: ids within a resource"
        " differ, so the guide's examples add to it, too",
        "extension:eclaire-review-date": "`lastUpdateSubmitDate` at 00:00 UTC, as the guide's"
        " examples have it: an instant has a time, the record a day",
        "extension:eclaire-approval-date": "- an ethics committee's approval is in no record",
        "extension:eclaire-therapeutic-area": "the branches of MeSH that the registry gives a"
        " condition (`conditionBrowseModule.browseBranches`)",
        "extension:eclaire-recruitment-period": "`startDate`, which the registry defines as when"
        " recruitment opens; its end is in no record",
        "extension:eclaire-recruitment-status": "`overallStatus`, where the guide has a code:"
        " `recruiting`, or `completed-recruiting` of those that recruited",
        "extension:eclaire-description-summary-r5": "`briefSummary`",
        "extension:eclaire-outcome-measure-r5": "outcomes; `reference` has an"
        " `alternate-reference`, since an outcome is a Basic in R4",
        "extension:eclaire-associated-party-r5": "sponsor, collaborators, officials, contacts, with"
        " the guide's codes beside HL7's",
        "extension:eclaire-label-r5": "`briefTitle` (`human-use`), `officialTitle`, `acronym`",
        "contact.extension:eclaire-contact-type": "`PUB`: the registry's contacts answer questions"
        " about enrolment",
        "contact.extension:eclaire-contact-address": "- a contact of a record has no address",
        "contact.extension:eclaire-contact-affiliation": "- a contact of a record has none",
        "contact.extension:eclaire-contact-name": "the contact's name, as `text`: a record does"
        " not say which part of it is the family's",
        "arm.extension:eclaire-arm-intervention": "what the arm receives: name and description",
    },
    "eclaire-group": {
        "characteristic.code": "the guide's kind beside our code",
        "characteristic.valueCodeableConcept": "sex by code, a criterion by its words. The guide's"
        " codes of populations have no part of a record that says them for certain",
    },
    "eclaire-location": {
        "telecom.extension:eclaire-site-contact-name": "the name of the site's contact with this"
        " number or address",
    },
    "mii-pr-studie-studie": {
        "status": "`overallStatus`, in R4's codes",
        "title": "`briefTitle`, else `officialTitle` among the labels alone",
        "identifier": "`nctId`, `orgStudyId`, `secondaryIdInfos`",
        "identifier.value": "as above",
        "identifier.system": "where the registry's type tells whose the id is",
        "partOf": "- no record says of which study it is a part",
        "extension": "as follows",
        "extension:Label": "`officialTitle`, `acronym`",
        "extension:AssociatedParty": "sponsor, collaborators, officials, contacts",
        "extension:Ethikvotum": "- status, committee and number are in no record",
        "extension:Studienregister": "a Library: the register of the record",
        "extension:Eligibility": "the Group of `eligibilityModule`",
        "extension:Akronym": "`acronym`",
        "extension:Rekrutierung": "`startDate`; `enrollmentInfo.count`, as `rekrutierungsziel`"
        " where it is estimated, as `rekrutierungsstand` where it is actual. Of which day that is,"
        " and how exact, is in no record",
        "extension:Finanzierung": "- a record says who supports a study, not who pays for it",
        "arm": "`armGroups`",
        "arm.name": "`label`",
        "category": "`studyType`, with the codes of SEVCO and the registry",
        "focus": "MeSH terms that the registry derives from the interventions",
        "focus.text": "the term",
        "keyword": "`keywords`",
        "keyword.text": "the keyword",
    },
    "mii-pr-studie-register": {
        "type": "`asset-collection`",
        "name": "the register's name, its letters and digits",
        "identifier": "the register's address, as a URI",
        "identifier.value": "the address",
        "identifier.system": "`urn:ietf:rfc:3986`",
        "relatedArtifact": "`documentation`",
        "relatedArtifact.document": "as follows",
        "relatedArtifact.document.url": "the register's address",
        "extension:quellRegister": "`true`",
    },
    "mii-pr-studie-beteiligte-person": {
        "code": "the role in the study; of a responsible party the title",
        "telecom": "of a contact",
        "organization": "`affiliation`",
        "practitioner": "the person",
    },
}
# The Group has the criteria: the guide takes either.
_OTHER = "mii-pr-studie-ein-auschluss-kriterium"

_READ = """## Reading

A Bundle that states a guide's profile, or has its extensions, is read by it. Of one that we wrote,
what the guide's elements say again is not read; where it says something else, or what the record
has no place for, a `not-read` warning names it. `title` of ECLAIRE is read: it is the official
title. Of a document of others:

| guide | is read as |
| --- | --- |
| ECLAIRE `title` with a `human-use` label | `officialTitle`, and the label `briefTitle` |
| ECLAIRE `title` without one | `briefTitle` |
| ECLAIRE's codes of titles, roles, organisations | HL7's of the same name, `ethics` as `irb` |
| `eclaire-review-date` | `lastUpdateSubmitDate`, the day of it |
| `eclaire-recruitment-period` | `startDate`, where `period` has no start |
| `eclaire-recruitment-status`, with `active` | `RECRUITING` or `ACTIVE_NOT_RECRUITING` |
| `eclaire-arm-intervention` | interventions, and which arm receives them |
| `contact`, `eclaire-contact-name` | `centralContacts` |
| `location` | countries, where no site is in them |
| MedDRA conditions | `conditions` by their display; the code is kept |
| an official id of CTIS's form | the register `CTIS` |
| `outcomeMeasure` with `value`, as in the guide's example | its name |
| `mii-ex-studie-akronym` | `acronym` |
| `mii-ex-studie-rekrutierung` | `startDate`; what was reached, else what was aimed at |
| `mii-ex-studie-eligibility` | criteria, of a Group or an EvidenceVariable |
| `category` `interventional`, `observational` | `studyType` |
| roles of MII's examples | HL7's |

What has no place in a record (votes of ethics committees, funding, regulation, areas) is kept in
`unmapped`, told, and written again in FHIR.

## Held against

The rules above are made from the guides' FSH. Beside that, 60 records by each guide are held
against the StructureDefinitions that it publishes: how often an element may stand, of which type,
with which fixed values and required codes, slice by slice, extensions wherever they are. No
fault, and those that are planted are found (`tests/fhir_profiles/test_guides_definitions.py`;
`CONTRIBUTING.md` says where the definitions are). FHIR's own rules are those of the validator,
which every document passes. HL7's own validator in Java has not been asked."""


def main(arguments: Sequence[str] = ()) -> int:
    """Write the page or, with `--check`, compare it; give the exit status."""
    made = "\n".join(_page()) + "\n"
    return settle(PATH, made, "the guides' rules give", check="--check" in arguments)


def _page() -> Iterator[str]:
    yield "# Guides on FHIR R4: ECLAIRE and MII Studie"
    yield ""
    yield "<!-- Made by docs/scripts/build_fhir_profiles_page.py. -->"
    yield ""
    yield "`-O profile=eclaire` and `-O profile=mii` of `fhir-r4` and `fhir-r4-xml` state the"
    yield "guide's profiles in `meta.profile` and write what the guide asks for beyond R4."
    yield "The Bundle is read as the record that it was. What a guide wants supported and the"
    yield "record does not say is one `not-stated` warning. Other versions refuse the option."
    yield ""
    yield "| guide | version | commit | sha256 of its sources |"
    yield "| --- | --- | --- | --- |"
    for guide in rules().values():
        yield (
            f"| [{guide['title']}]({guide['repository']}) | {guide['version']} |"
            f" `{guide['commit'][:12]}` | `{guide['sha256'][:16]}...` |"
        )
    yield ""
    yield "Below, each element that a guide wants supported or rules on, and what of a record fills"
    yield "it. Names without a path are those of the registry's modules."
    for guide in rules().values():
        yield ""
        yield f"## {guide['title']}"
        for url, profile in guide["profiles"].items():
            yield from _profile(url, profile)
    yield ""
    yield _READ


def _profile(url: str, profile: Mapping[str, Any]) -> Iterator[str]:
    name = url.rpartition("/")[2]
    yield ""
    yield f"### `{name}`"
    yield ""
    if name == _OTHER:
        yield "Not written: the criteria are a Group, which the guide takes as well. It is read."
        return
    yield "| element | rule | filled by |"
    yield "| --- | --- | --- |"
    filled = dict(FILLED[name])
    for path, rule in profile["elements"].items():
        said = filled.pop(path)
        if said.startswith("- "):
            said = f"nothing: {said[2:]}"
        yield f"| `{path}` | {_rule(rule)} | {said} |"
    if filled:
        raise ValueError(f"{name} has no {', '.join(filled)}")


def _rule(rule: Mapping[str, Any]) -> str:
    words = []
    if "min" in rule:
        words.append(f"{rule['min']}..{rule['max']}")
    if rule.get("must_support"):
        words.append("must support")
    if "fixed" in rule:
        words.append(f"`{rule['fixed']}`")
    if "binding" in rule:
        words.append(f"{rule['binding']} codes")
    return ", ".join(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
