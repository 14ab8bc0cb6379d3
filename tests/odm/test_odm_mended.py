"""What readers of ODM other than ours ask of a document, by the findings of CDISC's readers."""

import re
import subprocess
import sys
from typing import Any

import corpus
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from odm_documents import CDISC, comes_back, full, root_of, texts, written

import trialbridge
from trialbridge.formats.odm import v2_0 as odm
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.elements import name_in, tell_apart, told_apart
from trialbridge.schemas.odm import validate
from trialbridge.schemas.terms.concepts import version_of
from trialbridge.schemas.terms.countries import country, name_of
from trialbridge.schemas.trial import Trial

WORDS = st.sampled_from(["A", "A (1)", "A (2)", "A (2) (1)", "B", " A", "A (2010)", "(2)", ""])


def record(tree: dict[str, Any]) -> Trial:
    return msgspec.convert({"protocolSection": tree}, Trial)


# --- finding 2: rules of the specification --------------------------------------------------------


@given(st.lists(WORDS))
def test_finding_2_names_are_told_apart_and_read_as_they_were(given_names: list[str]) -> None:
    nodes = [{"@OID": f"O.{at}", "@Name": name} for at, name in enumerate(given_names)]
    tell_apart(nodes)
    written_names = [node["@Name"] for node in nodes]
    assert len(set(written_names)) == len(nodes)
    names = Names(form="oid")
    told_apart(nodes, names)
    assert [name_in(node, names) for node in nodes] == given_names


def test_finding_2_sites_and_end_points_of_one_name_have_names_of_their_own() -> None:
    trial = record(
        {
            "contactsLocationsModule": {
                "locations": [{"facility": "Research Site", "city": c} for c in "ABC"]
            },
            "outcomesModule": {
                "primaryOutcomes": [{"measure": "Pain"}],
                "secondaryOutcomes": [{"measure": "Pain"}, {"measure": "Pain (2)"}],
            },
        }
    )
    root = comes_back(trial)
    assert texts(root, "//o:Organization/@Name") == [
        "Research Site",
        "Research Site (2)",
        "Research Site (3)",
    ]
    assert texts(root, "//o:StudyEndPoint/@Name") == ["Pain", "Pain (2)", "Pain (2) (1)"]


def test_finding_2_a_number_behind_a_name_of_others_is_of_the_name() -> None:
    trial = record({"contactsLocationsModule": {"locations": [{"facility": "Clinic"}] * 2}})
    data = written(trial).replace(b'SourceSystem="trialbridge"', b'SourceSystem="theirs"')
    again, _ = odm.read(data)
    assert again.protocol is not None
    assert again.protocol.contacts_locations is not None
    sites = again.protocol.contacts_locations.locations or ()
    assert [site.facility for site in sites] == ["Clinic", "Clinic (2)"]


def test_finding_2_every_parameter_has_a_short_name_and_every_text_a_type() -> None:
    trial = record(
        {
            "statusModule": {"overallStatus": "COMPLETED", "whyStopped": "x"},
            "identificationModule": {"acronym": "X", "officialTitle": "T"},
            "descriptionModule": {"briefSummary": "Age \\> 18"},
        }
    )
    root = comes_back(trial)
    assert sorted(texts(root, "//o:StudyParameter/@ShortName")) == [
        "TITLE",
        "acronym",
    ]
    assert set(texts(root, "//o:TranslatedText/@Type")) == {"text/plain"}
    assert texts(root, "/o:ODM/o:Study/o:Description/o:TranslatedText/text()") == [
        "Age > 18",
        "Age \\> 18",
    ]


def test_finding_2_texts_of_the_former_type_are_read() -> None:
    data = written(record({"descriptionModule": {"briefSummary": "Age \\> 18"}}))
    former = data.replace(b'xml:lang="en-x-markdown" Type="text/plain"', b'Type="text/markdown"')
    former = former.replace(b'Type="text/plain" xml:lang="en-x-markdown"', b'Type="text/markdown"')
    assert former != data
    trial, _ = odm.read(former)
    assert trial.protocol is not None
    assert trial.protocol.description is not None
    assert trial.protocol.description.brief_summary == "Age \\> 18"


@pytest.mark.parametrize(
    ("name", "code", "beside"),
    [
        ("Switzerland", "CHE", None),
        ("United States", "USA", None),
        ("Korea, Republic of", "KOR", "Korea, Republic of"),
        ("Turkey (Türkiye)", "TUR", "Turkey (Türkiye)"),
        ("Former Yugoslavia", None, "Former Yugoslavia"),
        ("Kosovo", None, "Kosovo"),
    ],
)
def test_finding_2_countries_have_three_letters_and_the_registry_s_name(
    name: str, code: str | None, beside: str | None
) -> None:
    root = comes_back(record({"contactsLocationsModule": {"locations": [{"country": name}]}}))
    assert texts(root, "//o:Country/text()") == ([code] if code else [])
    named = texts(root, "//o:ItemData[@ItemOID='IT.Location.country']/o:Value/text()")
    assert named == ([beside] if beside else [])


def test_finding_2_a_country_that_was_changed_is_read_and_not_the_name_of_the_former() -> None:
    data = written(record({"contactsLocationsModule": {"locations": [{"country": "U.S.A."}]}}))
    for said, expected in (("CHE", "Switzerland"), ("FR", "France"), ("Wales", "Wales")):
        trial, _ = odm.read(data.replace(b"<Country>USA<", f"<Country>{said}<".encode()))
        assert trial.protocol is not None
        assert trial.protocol.contacts_locations is not None
        (site,) = trial.protocol.contacts_locations.locations or ()
        assert site.country == expected


def test_finding_2_the_countries_of_a_page_have_codes_and_keep_their_names() -> None:
    countries = ["Switzerland", "Viet Nam", "Atlantis"]
    root = comes_back(msgspec.convert({"page": {"countries": countries}}, Trial))
    assert texts(root, "//o:ParameterValue/@Value") == ["CHE", "VNM", "Atlantis"]


Change = tuple[str, str]

PLANTED: dict[str, tuple[Change, str]] = {
    "an organization's name": (
        ('Name="Clinic"', 'Name="Example Hospital"'),
        "error: Organization[6]/@Name: Name 'Example Hospital' is that of <Organization>",
    ),
    "an end point's name": (
        ('Name="Relief"', 'Name="Pain"'),
        "error: StudyEndPoint[2]/@Name: Name 'Pain' is that of <StudyEndPoint>",
    ),
    "an epoch's name": (
        (
            "<StudyStructure>",
            '<StudyStructure><Epoch OID="E.1" Name="A" SequenceNumber="1"/>'
            '<Epoch OID="E.2" Name="A" SequenceNumber="2"/>',
        ),
        "error: Epoch[2]/@Name: Name 'A' is that of <Epoch>",
    ),
    "a country's name": (
        ("<Country>CHE<", "<Country>Switzerland<"),
        "warning: Country: 'Switzerland' is no code of three letters of ISO 3166-1",
    ),
    "a country's two letters": (
        ("<Country>CHE<", "<Country>CH<"),
        "warning: Country: 'CH' is no code of three letters of ISO 3166-1",
    ),
    "no short name": (
        (' ShortName="STYPE"', ""),
        "warning: @ShortName: there is no ShortName, expected one without blanks",
    ),
    "a short name with blanks": (
        (' ShortName="arm-type"', ' ShortName="arm type"'),
        "warning: @ShortName: ShortName is 'arm type', expected one without blanks",
    ),
    "a text that is not plain": (
        ('<TranslatedText Type="text/plain">Short.', '<TranslatedText Type="text/html">Short.'),
        "warning: TranslatedText/@Type: Type is 'text/html', expected text/plain or",
    ),
    "another parameter's term": (
        ('Term="Study Type" ShortName="STYPE"', 'Term="Trial Title" ShortName="STYPE"'),
        "warning: @Term: Term 'Trial Title' is not that of STYPE, expected 'Study Type'",
    ),
    "another value's code": (
        ('Code="C98388"', 'Code="C16084"'),
        "warning: Coding[1]/@Code: Code 'C16084' is not that of 'INTERVENTIONAL', expected",
    ),
    "a blinding that its code does not say": (
        ('Value="DOUBLE BLIND"', 'Value="SINGLE BLIND"'),
        "warning: Coding[1]/@Code: Code 'C15228' is not that of 'SINGLE BLIND', expected 'C28233'",
    ),
    "a version's name alone": (
        (" StudyName=", ' VersionName="One" StudyName='),
        "warning: @VersionName: there is a VersionName without a VersionID, expected both",
    ),
    "another granularity": (
        ('FileType="Snapshot"', 'FileType="Snapshot" Granularity="Metadata"'),
        "warning: @Granularity: Granularity is 'Metadata', and there is <ReferenceData>",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_finding_2_what_breaks_a_rule_of_the_specification_is_told(name: str) -> None:
    (old, new), expected = PLANTED[name]
    data = written(full()).decode()
    assert validate.check(data.encode()) == []
    if "Granularity" in new:
        data = data.replace("<AdminData", "<ReferenceData/><AdminData", 1)
    assert old in data
    problems = validate.check(data.replace(old, new, 1).encode())
    severity, place, message = re.split(": ", expected, maxsplit=2)
    assert [
        (p.severity, p.path.endswith(place), p.message[: len(message)])
        for p in problems
        if p.layer == "rules"
    ] == [(severity, True, message)]


# --- finding 3: what odmlib takes -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["Pain", " Pain", None, "EP.PRIMARY.1", "Age \\> 1"])
@pytest.mark.parametrize("text", [None, "Pain", " Pain", "  Pain", "On a scale", "Age \\> 1"])
def test_finding_3_an_end_point_without_a_description_has_its_measure_there(
    name: str | None, text: str | None
) -> None:
    outcome = {"timeFrame": "1 day", "measure": name, "description": text}
    said = {key: held for key, held in outcome.items() if held is not None}
    root = comes_back(record({"outcomesModule": {"primaryOutcomes": [said]}}))
    assert all(texts(root, "//o:StudyEndPoint/o:Description/o:TranslatedText/text()"))
    if text is None and name == "Pain":
        assert texts(root, "//o:StudyEndPoint//o:TranslatedText/text()") == ["Pain"]


# In a process of its own: odmlib keeps namespaces for the whole process.
ASK = """
import sys
import odmlib
from odmlib import loader, odm_loader

def load(text):
    reader = odm_loader.XMLODMLoader(
        model_package="odm_2_0", ns_uri="http://www.cdisc.org/ns/odm/v2.0"
    )
    found = loader.ODMLoader(reader)
    found.load_odm_string(text)
    return found.root()

for document in sys.stdin.buffer.read().decode().split("\\0"):
    strict, permissive = document.split("\\1")
    odm = load(strict)
    assert odm.Study[0].StudyName
    with odmlib.permissive():
        load(permissive)
    print("loaded")
"""


def asked(trials: list[Trial]) -> list[str]:
    """What odmlib's loaders say: the strict one of countries with two letters, which it wants."""
    documents = []
    for trial in trials:
        text = odm.write(trial)[0].decode()
        two = re.sub(
            "<Country>([A-Z]{3})</Country>",
            lambda m: f"<Country>{_two_letters(m[1])}</Country>",
            text,
        )
        documents.append(f"{two}\1{text}")
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, input="\0".join(documents).encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-600:]
    return done.stdout.decode().split()


def _two_letters(code: str) -> str:
    found = country(name_of(code) or "")
    assert found is not None
    return found.alpha_2


def test_finding_3_the_loaders_of_odmlib_take_what_is_written() -> None:
    trials = [full(), record({"outcomesModule": {"primaryOutcomes": [{"timeFrame": "1 day"}]}})]
    assert asked(trials) == ["loaded"] * 2


def test_finding_3_the_loaders_of_odmlib_take_records_of_the_registry() -> None:
    lines = corpus.records()[:: 1 if corpus.ALL else 100]
    assert asked([ctgov.read(line)[0] for line in lines]) == ["loaded"] * len(lines)


# --- findings 4 to 6: names, codings, blinding ----------------------------------------------------


def test_finding_4_the_name_of_the_study_is_its_number_and_its_status_is_its_own() -> None:
    module = {"briefTitle": "T", "orgStudyIdInfo": {"id": "P-1"}}
    root = comes_back(
        record({"identificationModule": module, "statusModule": {"overallStatus": "WITHHELD"}})
    )
    assert [texts(root, f"//o:Study/@{key}") for key in ("StudyName", "ProtocolName")] == [
        ["P-1"],
        ["P-1"],
    ]
    assert texts(root, "//o:Study/@Status") == ["Withheld"]
    assert texts(root, "//o:StudyParameter/o:Coding/@Code") == ["C207615"]


def test_finding_5_codings_of_an_element_are_synonyms() -> None:
    root = comes_back(full())
    for node in root.iter("{*}Coding"):
        assert node.get("Code"), etree.tostring(node)
    # One of CDISC's and the registry's own at most: never two codes of one system.
    for node in root.iter(etree.Element):
        systems = [one.get("System") for one in node.findall("{*}Coding")]
        # A product may have several terms of MeSH, as the registry gives them.
        mesh = "https://www.nlm.nih.gov/mesh"
        assert len([each for each in systems if each != mesh]) == len({*systems} - {mesh})
        if node.get("Value") == "":
            assert systems == []


@pytest.mark.parametrize(
    ("masking", "who", "value", "code"),
    [
        ("SINGLE", ["OUTCOMES_ASSESSOR"], "OBSERVER BLIND", "C187674"),
        ("SINGLE", ["PARTICIPANT"], "SINGLE BLIND", "C28233"),
        ("SINGLE", None, "SINGLE BLIND", "C28233"),
        ("DOUBLE", ["PARTICIPANT", "INVESTIGATOR"], "DOUBLE BLIND", "C15228"),
        ("DOUBLE", ["INVESTIGATOR", "OUTCOMES_ASSESSOR"], "Double", None),
        ("TRIPLE", ["PARTICIPANT"], "DOUBLE BLIND", "C15228"),
        ("TRIPLE", ["INVESTIGATOR"], "Triple", None),
        ("NONE", None, "OPEN LABEL", "C49659"),
    ],
)
def test_finding_6_the_blinding_is_by_who_is_masked(
    masking: str, who: list[str] | None, value: str, code: str | None
) -> None:
    info = {"masking": masking, **({"whoMasked": who} if who else {})}
    root = comes_back(record({"designModule": {"designInfo": {"maskingInfo": info}}}))
    (found,) = root.xpath("//*[@ShortName='TBLIND']/*[local-name()='ParameterValue']")
    assert found.get("Value") == value
    codes = [one.get("Code") for one in found if one.get("System") == CDISC]
    assert codes == ([code] if code else [])


# --- finding 7: terms that CDISC has --------------------------------------------------------------


def test_finding_7_what_cdisc_has_a_term_for_has_its_code() -> None:
    root = comes_back(full())
    codes = dict(
        zip(
            texts(root, "//o:StudyParameter/@OID"),
            texts(root, "//o:StudyParameter/o:Coding/@Code"),
            strict=True,
        )
    )
    assert codes["SP.arm-type@ARM.1"] == "C172457"
    assert codes["SP.intervention-description@INT.1"] == "C177931"
    assert codes["SP.ipd-sharing-description"] == "C184394"
    assert codes["SP.SECONDARY-ID.1"] in ("C98714", "C132344")
    assert codes["SP.who-masked.1"] == "C207506"
    assert codes["SP.PUBMEDID@SP.CITNSTDY.1"] == "C127797"


def test_finding_7_a_patient_registry_is_a_type_of_study() -> None:
    design = {"studyType": "OBSERVATIONAL", "patientRegistry": True}
    root = comes_back(record({"designModule": design}))
    (found,) = root.xpath("//*[@ShortName='STYPE']/*[local-name()='ParameterValue']")
    assert (found.get("Value"), found[0].get("Code")) == ("PATIENT REGISTRY", "C129000")


# --- finding 8: invented or odd -------------------------------------------------------------------


def test_finding_8_no_objective_and_no_role_is_invented() -> None:
    trial = record(
        {
            "identificationModule": {"organization": {"fullName": "Org", "class": "NIH"}},
            "outcomesModule": {"primaryOutcomes": [{"measure": "Pain"}]},
        }
    )
    root = comes_back(trial)
    assert texts(root, "//o:StudyObjective") == []
    assert texts(root, "//o:Organization") == []


def test_finding_8_each_version_of_a_record_is_a_file_of_its_own() -> None:
    files = []
    for date in ("2024-01-01", "2024-02-01"):
        root = root_of(
            written(
                record(
                    {
                        "identificationModule": {"nctId": "NCT00000001"},
                        "statusModule": {"lastUpdateSubmitDate": date},
                    }
                )
            )
        )
        assert root.get("AsOfDateTime") == f"{date}T00:00:00"
        files.append(root.get("FileOID"))
    assert files == ["ODM.NCT00000001.2024-01-01", "ODM.NCT00000001.2024-02-01"]


# --- finding 9: reading others --------------------------------------------------------------------

OTHERS = """\
<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" FileType="Snapshot" FileOID="F"
  CreationDateTime="2024-01-02T03:04:05Z" ODMVersion="2.0">
 <Study OID="S" StudyName="T" ProtocolName="A long name" Status="recruiting">
  <MetaDataVersion OID="M" Name="One"><Protocol>
   <Description><TranslatedText xml:lang="en-GB" Type="text/plain">D</TranslatedText></Description>
   <StudySummary>%s</StudySummary>
   <StudyStructure><Arm OID="A.1" Name="High"/></StudyStructure>
  </Protocol></MetaDataVersion>
 </Study>
</ODM>
"""


def others(short: str, value: str) -> tuple[dict[str, Any], list[str]]:
    parameter = (
        f'<StudyParameter OID="P" Term="?" ShortName="{short}">'
        f'<ParameterValue Value="{value}"/></StudyParameter>'
    )
    trial, problems = odm.read((OTHERS % parameter).encode())
    return msgspec.to_builtins(trial)["protocolSection"], [problem.code for problem in problems]


def test_finding_9_an_age_without_a_unit_is_of_years_and_is_told() -> None:
    record_of, told = others("AGEMIN", "18")
    assert record_of["eligibilityModule"] == {"minimumAge": "18 Years"}
    assert "no-unit" in told


def test_finding_9_what_others_say_in_parameters_is_read() -> None:
    record_of, _ = others("SPREFID", "P-9")
    assert record_of["identificationModule"]["orgStudyIdInfo"] == {"id": "P-9"}
    assert record_of["statusModule"] == {"overallStatus": "RECRUITING"}
    record_of, _ = others("TRT", "Aspirin")
    assert record_of["armsInterventionsModule"]["interventions"] == [{"name": "Aspirin"}]
    record_of, _ = others("TBLIND", "Observer Blind")
    assert record_of["designModule"]["designInfo"]["maskingInfo"] == {
        "masking": "SINGLE",
        "whoMasked": ["OUTCOMES_ASSESSOR"],
    }


def test_finding_9_oids_and_english_are_no_news() -> None:
    document = (OTHERS % "").replace("<StudySummary></StudySummary>", "").encode()
    trial, problems = odm.read(document)
    assert [p.path for p in problems if "OID" in p.path or "lang" in p.path] == []
    assert odm.write(trial) == (document, [])


# --- codes of the package that they are of, and expanded access ----------------------------------

ACCESS = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea"},
        "designModule": {
            "studyType": "EXPANDED_ACCESS",
            "expandedAccessTypes": {"individual": True, "intermediate": True, "treatment": False},
        },
    }
}


def _parameter(said: str, code: str) -> str:
    system = 'System="https://www.cdisc.org/standards/terminology" SystemName="CDISC/NCI CT"'
    version = 'SystemVersion="2025-03-28"'
    return (
        '<StudyParameter OID="SP.expanded-access-type.1" Term="Expanded Access Study Type" '
        f'ShortName="expanded-access-type"><ParameterValue Value="{said}">'
        f'<Coding Code="{code}" {system} {version}/></ParameterValue>'
        f'<Coding Code="C187705" {system} {version}/></StudyParameter>'
    )


def test_a_type_of_expanded_access_has_cdiscs_term_and_what_it_is_not_is_in_the_form() -> None:
    trial = trialbridge.read(ACCESS)
    written = trialbridge.write(trial, "odm-2.0").decode()
    assert _parameter("Individual Patient IND", "C182399") in written
    assert written.count("C187705") == 1
    assert "<Value>false</Value>" in written
    assert trialbridge.read(written.encode()) == trial


def test_another_type_of_expanded_access_is_read_by_its_word_and_no_term_by_its_code() -> None:
    written = trialbridge.write(trialbridge.read(ACCESS), "odm-2.0").decode()
    for said, individual, treatment in (
        ("treatment ind", None, True),
        ("Single patient", True, None),
    ):
        edited = written.replace('Value="Individual Patient IND"', f'Value="{said}"')
        edited = edited.replace("<Value>false</Value>", "<Value></Value>")
        again = trialbridge.read(edited.encode(), warnings=[])
        assert again.protocol is not None
        assert again.protocol.design is not None
        types = again.protocol.design.expanded_access_types
        assert types is not None
        assert (types.individual, types.treatment) == (individual, treatment)


def test_a_code_names_the_package_that_has_it() -> None:
    assert version_of("C98388") == "2025-03-28"
    assert version_of("C207615") == "2024-09-27"
    assert version_of("C207506") == "2024-09-27"
    written = trialbridge.write(trialbridge.read(ACCESS), "odm-2.0").decode()
    assert (
        '<Coding Code="C207615" System="https://www.cdisc.org/standards/terminology" '
        'SystemName="CDISC/NCI CT" SystemVersion="2024-09-27"/>'
    ) in written
