"""ODM documents that we did not write: the model's facts are read, the rest is kept and told."""

from typing import Any

import corpus
import msgspec
import pytest
from fhir_bundles import strings
from odm_documents import at, root_of, texts

from trialbridge.formats import trial as trial_format
from trialbridge.formats.odm import v2_0 as odm
from trialbridge.mappings.odm.beyond import DOCUMENT
from trialbridge.schemas.odm.validate import check
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.schemas.trial import Trial

FOREIGN = """\
<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" FileType="Snapshot" FileOID="F"
  CreationDateTime="2024-01-02T03:04:05Z" ODMVersion="2.0" Granularity="Metadata">
 <Study OID="S" StudyName="Their study" ProtocolName="P-7" Status="Final">
  <Description>
   <TranslatedText xml:lang="de" Type="text/plain">Kurz</TranslatedText>
   <TranslatedText xml:lang="en" Type="text/plain">Brief</TranslatedText>
   </Description>
  <MetaDataVersion OID="M" Name="Version one">
   <Protocol>
    <StudySummary>
     <StudyParameter OID="P1" Term="Trial Title" ShortName="TITLE">
      <ParameterValue Value="A long title"/>
      </StudyParameter>
     <StudyParameter OID="P2" Term="Planned Minimum Age of Subjects">
      <ParameterValue Value="P18Y"/>
      <Coding System="https://www.cdisc.org/standards/terminology" Code="C49693"/>
      </StudyParameter>
     <StudyParameter OID="P3" Term="Sex of Participants" ShortName="SEXPOP">
      <ParameterValue Value="both"/>
      </StudyParameter>
     <StudyParameter OID="P4" Term="Study Type" ShortName="STYPE">
      <ParameterValue Value="Interventional Study">
      <Coding System="https://www.cdisc.org/standards/terminology" Code="C98388"/>
      </ParameterValue>
      </StudyParameter>
     <StudyParameter OID="P5" Term="Trial Blinding Schema" ShortName="TBLIND">
      <ParameterValue Value="OBSERVER BLIND"/>
      </StudyParameter>
     <StudyParameter OID="P6" Term="Registry Identifier" ShortName="REGID">
      <ParameterValue Value="NCT12345678"/>
      </StudyParameter>
     <StudyParameter OID="P7" Term="Registry Identifier" ShortName="REGID">
      <ParameterValue Value="2020-001234-12"/>
      </StudyParameter>
     <StudyParameter OID="P8" Term="Adaptive Design" ShortName="ADAPT">
      <ParameterValue Value="N"/>
      </StudyParameter>
     <StudyParameter OID="P9" Term="Planned Number of Subjects" ShortName="PLANSUB">
      <ParameterValue Value="20"/>
      </StudyParameter>
     <StudyParameter OID="P10" Term="Country" ShortName="FCNTRY">
      <ParameterValue Value="CHE"/>
      </StudyParameter>
     <StudyParameter OID="P11" Term="Trial Intent Type" ShortName="TINDTP">
      <ParameterValue Value="CURE"/>
      </StudyParameter>
     <StudyParameter OID="P12" Term="Trial Intent Type" ShortName="TINDTP">
      <ParameterValue Value="TREATMENT"/>
      </StudyParameter>
     <StudyParameter OID="P13" Term="Healthy Subject Indicator" ShortName="HLTSUBJI">
      <ParameterValue Value="Yes"/>
      </StudyParameter>
     <StudyParameter OID="P14" Term="Trial Phase Classification" ShortName="TPHASE">
      <ParameterValue Value="PHASE II TRIAL"/>
      </StudyParameter>
     <StudyParameter OID="P15" Term="Trial Indication" ShortName="INDIC">
      <ParameterValue Value="Asthma"/>
      </StudyParameter>
     <StudyParameter OID="P16" Term="Sponsor" ShortName="SPONSOR">
      <ParameterValue Value="ACME"/>
      </StudyParameter>
     <StudyParameter OID="P17" Term="Primary Outcome Measure" ShortName="OUTMSPRI">
      <ParameterValue Value="FEV1"/>
      </StudyParameter>
    </StudySummary>
    <StudyStructure>
      <Arm OID="A1" Name="Active">
       <Description>
       <TranslatedText Type="text/plain">Takes it</TranslatedText>
       </Description>
       </Arm>
      <Epoch OID="E1" Name="Run-in" SequenceNumber="1"/>
    </StudyStructure>
    <TrialPhase Value="II"/>
    <StudyIndications>
     <StudyIndication OID="I1">
     <Description>
     <TranslatedText Type="text/plain">Asthma</TranslatedText>
     </Description>
     <Coding System="http://snomed.info/sct" Code="195967001"/>
     </StudyIndication>
     </StudyIndications>
    <StudyInterventions>
     <StudyIntervention OID="N1">
     <Description>
     <TranslatedText Type="text/plain">Puffer</TranslatedText>
     </Description>
     <Coding System="https://www.cdisc.org/standards/terminology" Code="C1909"/>
     </StudyIntervention>
     </StudyInterventions>
    <StudyObjectives>
      <StudyObjective OID="O1" Name="Efficacy" Level="Primary">
       <Description>
       <TranslatedText Type="text/plain">Show it</TranslatedText>
       </Description>
       <StudyEndPointRef StudyEndPointOID="X1" OrderNumber="1"/>
       </StudyObjective>
      <StudyObjective OID="O2" Name="Safety" Level="Exploratory">
       <StudyEndPointRef StudyEndPointOID="X2"/>
       </StudyObjective>
    </StudyObjectives>
    <StudyEndPoints>
      <StudyEndPoint OID="X1" Name="FEV1" Type="Simple">
       <Description>
       <TranslatedText Type="text/plain">Litres</TranslatedText>
       </Description>
       </StudyEndPoint>
      <StudyEndPoint OID="X2" Name="AE" Type="Simple">
       <Description>
       <TranslatedText Type="text/plain"/>
       </Description>
       </StudyEndPoint>
    </StudyEndPoints>
    <InclusionExclusionCriteria><InclusionCriteria>
      <Criterion OID="C1" Name="Adult" ConditionOID="CD1"/>
      <Criterion OID="C2" Name="Consent" ConditionOID="CD2">
       <Description>
       <TranslatedText Type="text/plain">Has consented</TranslatedText>
       </Description>
       </Criterion>
      </InclusionCriteria></InclusionExclusionCriteria>
   </Protocol>
   <ConditionDef OID="CD1" Name="cd1">
    <Description>
    <TranslatedText xml:lang="en" Type="text/plain">Age &gt;= 18</TranslatedText>
    </Description>
    <MethodSignature/>
    <FormalExpression Context="x">
    <Code>AGE GE 18</Code>
    </FormalExpression>
    </ConditionDef>
   <ConditionDef OID="CD2" Name="cd2">
    <Description>
    <TranslatedText Type="text/plain">Consent signed</TranslatedText>
    </Description>
    <MethodSignature/>
    </ConditionDef>
  </MetaDataVersion>
 </Study>
 <AdminData StudyOID="S">
  <User OID="U1" UserType="Investigator" OrganizationOID="G2">
   <FullName>Dr House</FullName>
   <Telecom TelecomType="Email" Value="h@x.org"/>
   </User>
  <User OID="U2" UserType="Other">
   <FullName>Desk</FullName>
   <Telecom TelecomType="Phone" Value="1"/>
   </User>
  <User OID="U3" UserType="Monitor">
   <GivenName>Mo</GivenName>
   <FamilyName>Nitor</FamilyName>
   </User>
  <Organization OID="G1" Name="ACME" Type="Sponsor">
   <Address>
   <City>Basel</City>
   </Address>
   </Organization>
  <Organization OID="G2" Name="Princeton" Type="Site">
   <Address>
   <StreetName>1 Road</StreetName>
   <City>Princeton</City>
   <Country>US</Country>
   <GeoPosition Altitude="3"/>
   </Address>
   </Organization>
  <Organization OID="G3" Name="CRO Ltd" Type="CRO"/>
 </AdminData>
</ODM>
"""


def read(data: str | bytes) -> tuple[Trial, dict[str, Any], list[str]]:
    """The record of a document, what is kept of it as it is, and the other warnings."""
    trial, problems = odm.read(data.encode() if isinstance(data, str) else data)
    unmapped = {at: held for at, held in (trial.unmapped or {}).items() if at != DOCUMENT}
    assert {p.path for p in problems if p.code == "not-read"} == set(unmapped)
    assert all(problem.severity == "warning" for problem in problems)
    return trial, unmapped, [p.message for p in problems if p.code != "not-read"]


def facts(trial: Trial) -> dict[str, Any]:
    tree = msgspec.to_builtins(trial)
    tree.pop("unmapped", None)
    return {pointer: held for pointer, held in walk(tree) if pointer != "/trialbridge"}


P = "/protocolSection"


def test_what_the_model_has_of_a_document_of_others_is_in_it() -> None:
    assert [(one.severity, one.code) for one in check(FOREIGN.encode())] == [
        ("warning", code) for code in ("short-name", "term", "value", "term", "term", "country")
    ]
    trial, _, told = read(FOREIGN)
    assert facts(trial) == {
        f"{P}/identificationModule/nctId": "NCT12345678",
        f"{P}/identificationModule/orgStudyIdInfo/id": "P-7",
        f"{P}/identificationModule/secondaryIdInfos/0/id": "2020-001234-12",
        f"{P}/identificationModule/briefTitle": "Their study",
        f"{P}/identificationModule/officialTitle": "A long title",
        f"{P}/sponsorCollaboratorsModule/leadSponsor/name": "ACME",
        # Of several languages English.
        f"{P}/descriptionModule/briefSummary": "Brief",
        f"{P}/conditionsModule/conditions/0": "Asthma",
        f"{P}/designModule/studyType": "INTERVENTIONAL",
        f"{P}/designModule/phases/0": "PHASE2",
        f"{P}/designModule/enrollmentInfo/count": 20,
        f"{P}/designModule/enrollmentInfo/type": "ESTIMATED",
        f"{P}/armsInterventionsModule/armGroups/0/label": "Active",
        f"{P}/armsInterventionsModule/armGroups/0/description": "Takes it",
        f"{P}/armsInterventionsModule/interventions/0/type": "DRUG",
        f"{P}/armsInterventionsModule/interventions/0/name": "Puffer",
        f"{P}/outcomesModule/primaryOutcomes/0/measure": "FEV1",
        f"{P}/outcomesModule/primaryOutcomes/0/description": "Litres",
        f"{P}/outcomesModule/otherOutcomes/0/measure": "AE",
        f"{P}/eligibilityModule/eligibilityCriteria": "Inclusion Criteria:\n\n"
        "* Age >= 18\n* Has consented",
        f"{P}/eligibilityModule/sex": "ALL",
        f"{P}/eligibilityModule/minimumAge": "18 Years",
        f"{P}/eligibilityModule/healthyVolunteers": True,
        f"{P}/contactsLocationsModule/centralContacts/0/name": "Desk",
        f"{P}/contactsLocationsModule/centralContacts/0/phone": "1",
        f"{P}/contactsLocationsModule/overallOfficials/0/name": "Dr House",
        f"{P}/contactsLocationsModule/overallOfficials/0/affiliation": "Princeton",
        f"{P}/contactsLocationsModule/overallOfficials/0/role": "PRINCIPAL_INVESTIGATOR",
        f"{P}/contactsLocationsModule/locations/0/facility": "Princeton",
        f"{P}/contactsLocationsModule/locations/0/city": "Princeton",
        f"{P}/contactsLocationsModule/locations/0/country": "United States",
        f"{P}/contactsLocationsModule/locations/0/contacts/0/name": "Dr House",
        f"{P}/contactsLocationsModule/locations/0/contacts/0/role": "PRINCIPAL_INVESTIGATOR",
        f"{P}/contactsLocationsModule/locations/0/contacts/0/email": "h@x.org",
        "/page/countries/0": "Switzerland",
        f"{P}/designModule/designInfo/maskingInfo/masking": "SINGLE",
        f"{P}/designModule/designInfo/maskingInfo/whoMasked/0": "OUTCOMES_ASSESSOR",
    }
    assert [message.partition(" is not one of")[0] for message in told] == [
        "'Interventional Study'",
        "'CURE'",
        "C2 and its ConditionDef CD2 say different things: the Criterion is read",
    ]


def test_what_the_model_has_not_is_kept_at_its_place() -> None:
    _, unmapped, _ = read(FOREIGN)
    protocol = "/odm/Study/0/MetaDataVersion/0/Protocol"
    held = {pointer.removeprefix(protocol): value for pointer, value in unmapped.items()}
    assert held["/odm/Study/0/@Status"] == "Final"
    assert held["/odm/Study/0/Description/TranslatedText/0/@xml:lang"] == "de"
    assert held["/odm/Study/0/Description/TranslatedText/0/#"] == "Kurz"
    assert held["/StudyStructure/Epoch"] == [
        {"@OID": "E1", "@Name": "Run-in", "@SequenceNumber": "1"}
    ]
    objectives = held["/StudyObjectives"]["StudyObjective"]
    assert [one["@Name"] for one in objectives] == ["Efficacy", "Safety"]
    assert held["/StudyIndications/StudyIndication/0/Coding"] == [
        {"@System": "http://snomed.info/sct", "@Code": "195967001"}
    ]
    # An exploratory objective makes no level of its end point.
    assert objectives[1]["@Level"] == "Exploratory"
    assert "/StudyEndPoints/StudyEndPoint/1/@Level" not in held
    for number, short in ((7, "ADAPT"), (10, "TINDTP"), (13, "TPHASE"), (15, "SPONSOR")):
        assert held[f"/StudySummary/StudyParameter/{number}"]["@ShortName"] == short
    assert held["/odm/AdminData/0/User/2"] == {
        "@OID": "U3",
        "@UserType": "Monitor",
        "GivenName": "Mo",
        "FamilyName": "Nitor",
    }
    assert held["/odm/AdminData/0/Organization/1/Address/0/GeoPosition"] == {"@Altitude": "3"}
    assert held["/odm/AdminData/0/Organization/2"]["@Name"] == "CRO Ltd"


def test_no_words_of_a_document_of_others_are_nowhere() -> None:
    """Each text, name and value is in the record or in what is kept, or is said as a code."""
    trial, unmapped, _ = read(FOREIGN)
    kept = set(strings([unmapped])) | set(map(str, facts(trial).values()))
    as_codes = {"P18Y", "II", "US", "CHE", "OBSERVER BLIND"}
    root = root_of(FOREIGN.encode())
    words = texts(root, "//text()[normalize-space()]")
    words += texts(root, "//@Name | //@StudyName | //@ProtocolName | //@Status | //@Value")
    assert len(words) > 50
    for held in words:
        assert held in kept | as_codes or any(held in text for text in kept), held


def test_a_document_of_others_is_written_again_and_read_back() -> None:
    trial, _, _ = read(FOREIGN)
    again, problems = odm.write(trial)
    assert (again, problems) == (FOREIGN.encode(), [])
    assert odm.read(again)[0] == trial
    through, _ = trial_format.read(trial_format.write(trial)[0])
    assert facts(through) == facts(trial)
    assert sorted(strings([through.unmapped])) == sorted(strings([trial.unmapped]))


# --- one fact at a time ---------------------------------------------------------------------------

ODM = 'xmlns="http://www.cdisc.org/ns/odm/v2.0"'
FILE = 'FileType="Snapshot" FileOID="F" CreationDateTime="2024-01-01T00:00:00" ODMVersion="2.0"'
CDISC = "https://www.cdisc.org/standards/terminology"


def study(protocol: str, after: str = "", admin: str = "") -> str:
    return (
        f'<ODM {ODM} {FILE}><Study OID="S" StudyName="T" ProtocolName="S">'
        f'<MetaDataVersion OID="M" Name="M"><Protocol>{protocol}</Protocol>{after}'
        f"</MetaDataVersion></Study>{admin}</ODM>"
    )


def summary(short: str, value: str, inside: str = "", of: str = "") -> str:
    return study(
        f'<StudySummary><StudyParameter OID="1" Term="x" ShortName="{short}">'
        f'<ParameterValue Value="{value}">{inside}</ParameterValue>{of}</StudyParameter>'
        "</StudySummary>"
    )


def coding(code: str, system: str = CDISC) -> str:
    return f'<Coding System="{system}" Code="{code}"/>'


@pytest.mark.parametrize(
    ("document", "place", "held"),
    [
        (summary("SEXPOP", "F"), "eligibilityModule/sex", "FEMALE"),
        (summary("SEXPOP", "f"), "eligibilityModule/sex", "FEMALE"),
        (summary("SEXPOP", "Both"), "eligibilityModule/sex", "ALL"),
        (summary("SEXPOP", "", coding("C20197")), "eligibilityModule/sex", "MALE"),
        (summary("SEXPOP", "Männer", coding("C20197")), "eligibilityModule/sex", "MALE"),
        (summary("", "M", of=coding("C49696")), "eligibilityModule/sex", "MALE"),
        (summary("STYPE", "interventional"), "designModule/studyType", "INTERVENTIONAL"),
        (summary("RANDOM", "Y"), "designModule/designInfo/allocation", "RANDOMIZED"),
        (summary("INTMODEL", "Parallel"), "designModule/designInfo/interventionModel", "PARALLEL"),
        (
            summary("TBLIND", "double blind"),
            "designModule/designInfo/maskingInfo/masking",
            "DOUBLE",
        ),
        (summary("HLTSUBJI", "N"), "eligibilityModule/healthyVolunteers", False),
        (summary("HLTSUBJI", "y"), "eligibilityModule/healthyVolunteers", True),
        (summary("AGEMAX", "P90D"), "eligibilityModule/maximumAge", "90 Days"),
        (summary("AGEMAX", "P1D"), "eligibilityModule/maximumAge", "1 Day"),
        (summary("ACTSUB", "30"), "designModule/enrollmentInfo/type", "ACTUAL"),
        (summary("SSTDTC", "2024"), "statusModule/startDateStruct/date", "2024"),
        (summary("KEYWORD", "a"), "conditionsModule/keywords/0", "a"),
        (study('<TrialPhase Value="PHASE II/III TRIAL"/>'), "designModule/phases/1", "PHASE3"),
        (study('<TrialPhase Value="II/III"/>'), "designModule/phases/1", "PHASE3"),
        (study('<TrialPhase Value="Phase I Trial"/>'), "designModule/phases/0", "PHASE1"),
        (study('<TrialPhase Value="EARLY PHASE I"/>'), "designModule/phases/0", "EARLY_PHASE1"),
        (study('<TrialPhase Value="NOT APPLICABLE"/>'), "designModule/phases/0", "NA"),
        (
            study(
                '<StudyEndPoints><StudyEndPoint OID="E" Name="N" Level="Exploratory"/>'
                "</StudyEndPoints>"
            ),
            "outcomesModule/otherOutcomes/0/measure",
            "N",
        ),
        (
            study(
                '<StudyObjectives><StudyObjective OID="O" Name="O" Level="Secondary">'
                '<StudyEndPointRef StudyEndPointOID="E"/></StudyObjective></StudyObjectives>'
                '<StudyEndPoints><StudyEndPoint OID="E" Name="N"/></StudyEndPoints>'
            ),
            "outcomesModule/secondaryOutcomes/0/measure",
            "N",
        ),
        (
            study(
                '<InclusionExclusionCriteria><ExclusionCriteria><Criterion OID="C" Name="Smokes"'
                ' ConditionOID="D"/></ExclusionCriteria></InclusionExclusionCriteria>'
            ),
            "eligibilityModule/eligibilityCriteria",
            "Exclusion Criteria:\n\n* Smokes",
        ),
        (
            study(
                "",
                admin='<AdminData><User OID="U" UserType="Investigator"><FullName>I</FullName>'
                "</User></AdminData>",
            ),
            "contactsLocationsModule/overallOfficials/0/role",
            "PRINCIPAL_INVESTIGATOR",
        ),
    ],
)
def test_a_fact_is_read_however_it_is_said(document: str, place: str, held: Any) -> None:
    trial, _, _ = read(document)
    assert at(trial, place) == held


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (summary("AGEMIN", "P1Y6M"), "eligibilityModule/minimumAge"),
        (summary("SEXPOP", "U"), "eligibilityModule/sex"),
        (summary("NOSUCH", "F", coding("C16576")), "eligibilityModule/sex"),
        (study('<TrialPhase Value="PHASE IIIA TRIAL"/>'), "designModule/phases"),
        (
            study(
                "",
                admin='<AdminData><Organization OID="O" Name="S" Type="Site"><Address>'
                '<GeoPosition Latitude="1.5"/></Address></Organization></AdminData>',
            ),
            "contactsLocationsModule/locations/0/geoPoint",
        ),
    ],
)
def test_what_the_model_cannot_say_is_not_read_as_something_near(document: str, place: str) -> None:
    trial, unmapped, _ = read(document)
    assert at(trial, place) is None
    assert unmapped


def test_wrong_values_are_told_together_with_their_places() -> None:
    both = study(
        '<StudySummary><StudyParameter OID="1" Term="x" ShortName="SSTDTC"><ParameterValue '
        'Value="soon"/></StudyParameter><StudyParameter OID="2" Term="x" ShortName="PLANSUB">'
        '<ParameterValue Value="ten"/></StudyParameter></StudySummary>'
    )
    with pytest.raises(ReadError) as refused:
        odm.read(both.encode())
    assert sorted(map(str, refused.value.problems)) == [
        "error: ODM.StudyParameter[@OID='2'].ParameterValue.@Value: 'ten' is not a whole number",
        "error: ODM.StudyParameter[@ShortName='SSTDTC'].ParameterValue.@Value: 'soon' is not a "
        "date (YYYY, YYYY-MM or YYYY-MM-DD)",
    ]


def test_a_part_of_a_document_is_read_as_one() -> None:
    whole = study('<TrialPhase Value="II"/>')
    trial, _, _ = read(whole)
    part = whole[whole.index("<Study ") : whole.index("</ODM>")]
    assert facts(read(part.replace("<Study ", f"<Study {ODM} "))[0]) == facts(trial)
    version = part[part.index("<MetaDataVersion") : part.index("</Study>")]
    alone, _, _ = read(version.replace("<MetaDataVersion ", f"<MetaDataVersion {ODM} "))
    assert at(alone, "designModule/phases") == ["PHASE2"]


# --- the corpus -----------------------------------------------------------------------------------


def document(name: str) -> bytes:
    return corpus.file(f"odm-2.0/{name}").read_bytes()


NAMES = {
    "Atlas_QS_ODMv2.xml": "Age, treatment with systemic antibiotics, leukocyte count, serum "
    "albumin, and serum creatinine as a measure of renal function",
    "Chronic_Low_Back_Pain_example.xml": "NIH Chronic Low Back Pain example",
    "Columbia-Suicide_Severity_Scale_ODMv2.xml": "Columbia Suicid Severity Rating Scale Example",
    "Data_Retrieval_From_FHIR_in_ODM.xml": "COVID-19 study with data retrieval from FHIR EHRs",
    "Result_ODMv2.xml": "CDISC Example Study",
}
NO_TRIALS = (
    "Conditional_Repeats.xml",
    "SimpleTimingConstraints.xml",
    "Timing_LZZT_Example_ODM.xml",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_study_of_the_corpus_has_its_names_and_keeps_its_forms(name: str) -> None:
    data = document(name)
    trial, unmapped, told = read(data)
    assert told == []
    (title,) = texts(root_of(data), "/o:ODM/o:Study/@StudyName")
    assert at(trial, "identificationModule/briefTitle") == title == NAMES[name]
    assert facts(trial).keys() == {
        f"{P}/identificationModule/briefTitle",
        f"{P}/identificationModule/orgStudyIdInfo/id",
    }
    assert any(pointer.startswith("/odm/Study/0/MetaDataVersion") for pointer in unmapped)


def test_the_crossover_study_has_its_arms() -> None:
    trial, unmapped, told = read(document("Crossover_Studydesign.xml"))
    assert told == []
    arms = at(trial, "armsInterventionsModule/armGroups")
    assert [(arm["label"], arm["description"]) for arm in arms] == [
        (
            "Crossover study arm P-L-H",
            "Study arm with sequence placebo - low dose - high dose",
        ),
        (
            "Crossover study arm L-P-H",
            "Study arm with sequence low dose - placebo - high dose",
        ),
        (
            "Crossover study arm L-H-P",
            "Study arm with sequence low dose - high dose - placebo",
        ),
    ]
    model = at(trial, "designModule/designInfo/interventionModelDescription")
    assert model.startswith("Study design example from the SDTM-IG 3.3:")
    epochs = unmapped["/odm/Study/0/MetaDataVersion/0/Protocol/StudyStructure/Epoch"]
    assert [epoch["@SequenceNumber"] for epoch in epochs] == list("1234567")


@pytest.mark.parametrize("name", NO_TRIALS)
def test_a_document_that_says_nothing_of_a_trial_is_good_for_odm_alone(name: str) -> None:
    trial, _, told = read(document(name))
    assert told == [
        "this is no trial record: the document names no study, and has no arm, end point, "
        "criterion or other part of one; it is good for ODM alone"
    ]
    assert facts(trial) == {}
    assert odm.write(trial) == (document(name), [])


@pytest.mark.parametrize("name", [*NAMES, "Crossover_Studydesign.xml"])
def test_documents_of_the_corpus_are_written_again_with_nothing_lost(name: str) -> None:
    trial, unmapped, _ = read(document(name))
    again, problems = odm.write(trial)
    assert (again, problems) == (document(name), [])
    assert odm.read(again)[0] == trial
    through, _ = trial_format.read(trial_format.write(trial)[0])
    assert facts(through) == facts(trial)
    assert sorted(strings([through.unmapped])) == sorted(strings([trial.unmapped]))
    # Every text of the document is somewhere.
    kept = set(strings([unmapped])) | set(strings([facts(trial)]))
    for node in root_of(document(name)).iter("{http://www.cdisc.org/ns/odm/v2.0}*"):
        if node.text and node.text.strip():
            assert node.text in kept or any(node.text in text for text in kept)


def test_every_document_of_the_corpus_has_a_verdict() -> None:
    names = {path.name for path in corpus.files("odm-2.0/*.xml")}
    assert names == {*NAMES, *NO_TRIALS, "Crossover_Studydesign.xml"}


@pytest.mark.parametrize("folder", ["odm-1.3.2"])
def test_documents_of_the_older_version_are_refused_with_their_line(folder: str) -> None:
    for path in corpus.files(f"{folder}/*.xml"):
        with pytest.raises(ReadError) as refused:
            odm.read(path.read_bytes())
        (problem,) = refused.value.problems
        assert problem.severity == "fatal"
        assert problem.path.startswith("line ")


def test_an_odm_1_3_2_document_is_named_as_one() -> None:
    data = b'<?xml version="1.0"?>\n<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>'
    with pytest.raises(ReadError) as refused:
        odm.read(data)
    assert list(map(str, refused.value.problems)) == [
        "fatal: line 2: <ODM> is ODM 1.3.2, expected ODM 2.0, of namespace "
        "'http://www.cdisc.org/ns/odm/v2.0'"
    ]
