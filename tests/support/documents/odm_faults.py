"""Documents of ODM with one fault each, and what is to be reported of it."""

from typing import NamedTuple

from odm_right import ODM_1_3_2, ODM_2_0, PROTOCOL, SUBJECT, VERSION

from trialbridge.schemas.odm.digests.document import SPECIFICATIONS
from trialbridge.schemas.problem import Problem, Severity


class Found(NamedTuple):
    """What has to be reported of a fault."""

    layer: str
    code: str
    line: int
    place: str
    message: str
    severity: Severity = "error"

    def problem(self, version: str) -> Problem:
        return Problem(
            severity=self.severity,
            layer=self.layer,
            path=f"line {self.line}: {self.place}",
            code=self.code,
            message=self.message,
            link=SPECIFICATIONS[version],
        )


class Mutant:
    """A document with one fault: what stands in the right one, what stands there instead."""

    def __init__(self, right: str, wrong: str, *found: Found) -> None:
        self.right, self.wrong, self.found = right, wrong, found

    def of(self, document: str) -> bytes:
        assert document.count(self.right) == 1
        return document.replace(self.right, self.wrong).encode()


# fmt: off
IN_2_0: dict[str, Mutant] = {
    "a condition that is not there": Mutant(
        'ConditionOID="COND.1"',
        'ConditionOID="COND.9"',
        Found("references", "dangling", 41,
              PROTOCOL + "/InclusionExclusionCriteria/InclusionCriteria/Criterion/@ConditionOID",
              "ConditionOID 'COND.9' names nothing in the file, expected <ConditionDef>")),
    "an end point that is not there": Mutant(
        'StudyEndPointOID="END.2"',
        'StudyEndPointOID="END.9"',
        Found("references", "dangling", 33,
              PROTOCOL + "/StudyObjectives/StudyObjective/StudyEndPointRef[2]/@StudyEndPointOID",
              "StudyEndPointOID 'END.9' names nothing in the file, expected <StudyEndPoint>")),
    "an arm that is not there": Mutant(
        'ArmOID="ARM.1"',
        'ArmOID="ARM.9"',
        Found("references", "dangling", 46,
              VERSION + "/StudyEventGroupDef/@ArmOID",
              "ArmOID 'ARM.9' names nothing in the file, expected <Arm>")),
    "an epoch for an arm": Mutant(
        'ArmOID="ARM.1"',
        'ArmOID="EP.1"',
        Found("references", "wrong-kind", 46,
              VERSION + "/StudyEventGroupDef/@ArmOID",
              "ArmOID 'EP.1' names <Epoch>, expected <Arm>")),
    "an arm for a condition": Mutant(
        'ConditionOID="COND.1"',
        'ConditionOID="ARM.1"',
        Found("references", "wrong-kind", 41,
              PROTOCOL + "/InclusionExclusionCriteria/InclusionCriteria/Criterion/@ConditionOID",
              "ConditionOID 'ARM.1' names <Arm>, expected <ConditionDef>")),
    "an organization that is not there": Mutant(
        'OrganizationOID="ORG.1"><FullName',
        'OrganizationOID="ORG.9"><FullName',
        Found("references", "dangling", 59,
              "ODM/AdminData/User/@OrganizationOID",
              "OrganizationOID 'ORG.9' names nothing in the file, expected <Organization>")),
    "a person for an organization": Mutant(
        'PartOfOrganizationOID="ORG.1"',
        'PartOfOrganizationOID="U.1"',
        Found("references", "wrong-kind", 61,
              "ODM/AdminData/Organization[2]/@PartOfOrganizationOID",
              "PartOfOrganizationOID 'U.1' names <User>, expected <Organization>")),
    "a study that is not there": Mutant(
        'AdminData StudyOID="S.1"',
        'AdminData StudyOID="S.9"',
        Found("references", "dangling", 58,
              "ODM/AdminData/@StudyOID",
              "StudyOID 'S.9' names nothing in the file, expected <Study>")),
    "a document that is not there": Mutant(
        'LeafID="LF.1"',
        'LeafID="LF.9"',
        Found("references", "dangling", 5,
              VERSION + "/SupplementalDoc/DocumentRef/@LeafID",
              "LeafID 'LF.9' names nothing in the file, expected <Leaf>")),
    "an item that is not there": Mutant(
        'ItemRef ItemOID="IT.1"',
        'ItemRef ItemOID="IT.9"',
        Found("references", "dangling", 48,
              VERSION + "/ItemGroupDef/ItemRef/@ItemOID",
              "ItemOID 'IT.9' names nothing in the file, expected <ItemDef>")),
    "an arm for an item": Mutant(
        'ItemRef ItemOID="IT.1"',
        'ItemRef ItemOID="ARM.1"',
        Found("references", "wrong-kind", 48,
              VERSION + "/ItemGroupDef/ItemRef/@ItemOID",
              "ItemOID 'ARM.1' names <Arm>, expected <ItemDef>")),
    "a study event group that is not there": Mutant(
        'StudyEventGroupRef StudyEventGroupOID="SEG.1"',
        'StudyEventGroupRef StudyEventGroupOID="SEG.9"',
        Found("references", "dangling", 43,
              PROTOCOL + "/StudyEventGroupRef/@StudyEventGroupOID",
              "StudyEventGroupOID 'SEG.9' names nothing in the file, expected "
              "<StudyEventGroupDef>")),
    "an arm twice": Mutant(
        'OID="ARM.2"',
        'OID="ARM.1"',
        Found("references", "duplicate", 20,
              PROTOCOL + "/StudyStructure/Arm[2]/@OID",
              "OID 'ARM.1' stands twice in the MetaDataVersion, at <Arm> in line 19 too, "
              "expected once")),
    "an OID of two kinds": Mutant(
        'OID="EP.2"',
        'OID="ARM.2"',
        Found("references", "duplicate", 22,
              PROTOCOL + "/StudyStructure/Epoch[2]/@OID",
              "OID 'ARM.2' stands twice in the MetaDataVersion, at <Arm> in line 20 too, "
              "expected once")),
    "a study parameter twice": Mutant(
        'OID="SP.2"',
        'OID="SP.1"',
        Found("references", "duplicate", 16,
              PROTOCOL + "/StudySummary/StudyParameter[2]/@OID",
              "OID 'SP.1' stands twice in the MetaDataVersion, at <StudyParameter> in line "
              "12 too, expected once")),
    "an item with a condition's OID": Mutant(
        '<ConditionDef OID="COND.1"',
        '<ConditionDef OID="IT.1"',
        Found("references", "duplicate", 51,
              VERSION + "/ConditionDef/@OID",
              "OID 'IT.1' stands twice in the MetaDataVersion, at <ItemDef> in line 50 "
              "too, expected once"),
        Found("references", "dangling", 41,
              PROTOCOL + "/InclusionExclusionCriteria/InclusionCriteria/Criterion/@ConditionOID",
              "ConditionOID 'COND.1' names nothing in the file, expected <ConditionDef>")),
    "an organization twice": Mutant(
        'OID="ORG.2"',
        'OID="ORG.1"',
        Found("references", "duplicate", 61,
              "ODM/AdminData/Organization[2]/@OID",
              "OID 'ORG.1' stands twice in the file, at <Organization> in line 60 too, "
              "expected once")),
    "an empty OID": Mutant(
        'Epoch OID="EP.2"',
        'Epoch OID=""',
        Found("xsd", "empty", 22,
              PROTOCOL + "/StudyStructure/Epoch[2]/@OID",
              "OID of <Epoch> is '', expected one character or more")),
    "an empty reference": Mutant(
        'ConditionOID="COND.1"',
        'ConditionOID=""',
        Found("xsd", "empty", 41,
              PROTOCOL + "/InclusionExclusionCriteria/InclusionCriteria/Criterion/@ConditionOID",
              "ConditionOID of <Criterion> is '', expected one character or more")),
    "arms after epochs": Mutant(
        '<Arm OID="ARM.2" Name="Placebo"/>\n          <Epoch OID="EP.1" Name="Treatment" '
        'SequenceNumber="1"/>',
        '<Epoch OID="EP.1" Name="Treatment" SequenceNumber="1"/>\n          <Arm '
        'OID="ARM.2" Name="Placebo"/>',
        Found("xsd", "order", 21,
              PROTOCOL + "/StudyStructure/Arm[2]",
              "<Arm> stands out of order, expected <Epoch> or <WorkflowRef>")),
    "two phases": Mutant(
        '<TrialPhase Value="PHASE II TRIAL"/>',
        '<TrialPhase Value="PHASE II TRIAL"/><TrialPhase Value="PHASE II TRIAL"/>',
        Found("xsd", "order", 24,
              PROTOCOL + "/TrialPhase[2]",
              "<TrialPhase> stands twice, expected <StudyTimings>, <StudyIndications>, "
              "<StudyInterventions>, <StudyObjectives>, <StudyEndPoints>, "
              "<StudyTargetPopulation>, <StudyEstimands>, <InclusionExclusionCriteria>, "
              "<StudyEventGroupRef> or <WorkflowRef>")),
    "an arm without a name": Mutant(
        '<Arm OID="ARM.1" Name="Drug"/>',
        '<Arm OID="ARM.1"/>',
        Found("xsd", "missing-attribute", 19,
              PROTOCOL + "/StudyStructure/Arm[1]/@Name",
              "<Arm> has no Name, which is required")),
    "a coding without a system": Mutant(
        ' System="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"',
        "",
        Found("xsd", "missing-attribute", 14,
              PROTOCOL + "/StudySummary/StudyParameter[1]/Coding/@System",
              "<Coding> has no System, which is required")),
    "a coding whose system is a name": Mutant(
        'System="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"',
        'System="CDISC"',
        Found("rules", "uri", 14,
              PROTOCOL + "/StudySummary/StudyParameter[1]/Coding/@System",
              "System is 'CDISC', expected a URI, as http://www.cdisc.org")),
    "a level that is none": Mutant(
        'Level="Primary"',
        'Level="primary"',
        Found("xsd", "enumeration", 31,
              PROTOCOL + "/StudyObjectives/StudyObjective/@Level",
              "Level of <StudyObjective> is 'primary', expected Primary, Secondary or "
              "Exploratory")),
    "a kind of organization that is none": Mutant(
        'Type="Sponsor"',
        'Type="Payer"',
        Found("xsd", "enumeration", 60,
              "ODM/AdminData/Organization[1]/@Type",
              "Type of <Organization> is 'Payer', expected Sponsor, Site, CRO, Lab, Other "
              "or TechnologyProvider")),
    "a day that is none": Mutant(
        'CreationDateTime="2024-02-29T12:00:00Z"',
        'CreationDateTime="2023-02-29T12:00:00Z"',
        Found("xsd", "type", 2,
              "ODM/@CreationDateTime",
              "CreationDateTime of <ODM> is '2023-02-29T12:00:00Z', expected a real date "
              "and time, YYYY-MM-DDThh:mm:ss with or without a time zone")),
    "a time that is none": Mutant(
        'CreationDateTime="2024-02-29T12:00:00Z"',
        'CreationDateTime="2024-02-29"',
        Found("xsd", "type", 2,
              "ODM/@CreationDateTime",
              "CreationDateTime of <ODM> is '2024-02-29', expected a real date and time, "
              "YYYY-MM-DDThh:mm:ss with or without a time zone")),
    "a number that is none": Mutant(
        'SequenceNumber="2"',
        'SequenceNumber="two"',
        Found("xsd", "type", 22,
              PROTOCOL + "/StudyStructure/Epoch[2]/@SequenceNumber",
              "SequenceNumber of <Epoch> is 'two', expected a whole number from 1")),
    "a number from zero": Mutant(
        'OrderNumber="2"',
        'OrderNumber="0"',
        Found("xsd", "type", 33,
              PROTOCOL + "/StudyObjectives/StudyObjective/StudyEndPointRef[2]/@OrderNumber",
              "OrderNumber of <StudyEndPointRef> is '0', expected a whole number from 1")),
    "an order number twice": Mutant(
        'OrderNumber="2"',
        'OrderNumber="1"',
        Found("rules", "order-number", 33,
              PROTOCOL + "/StudyObjectives/StudyObjective/StudyEndPointRef[2]/@OrderNumber",
              "OrderNumber 1 is that of <StudyEndPointRef> in line 32 too, expected another")),
    "a sequence number twice": Mutant(
        'SequenceNumber="2"',
        'SequenceNumber="1"',
        Found("rules", "order-number", 22,
              PROTOCOL + "/StudyStructure/Epoch[2]/@SequenceNumber",
              "SequenceNumber 1 is that of <Epoch> in line 21 too, expected another")),
    "an unknown element": Mutant(
        '<Epoch OID="EP.2" Name="Follow-up" SequenceNumber="2"/>',
        "<Phase/>",
        Found("xsd", "unknown-element", 22,
              PROTOCOL + "/StudyStructure/Phase",
              "<Phase> is not expected here, expected <Epoch> or <WorkflowRef>")),
    "an unknown attribute": Mutant(
        '<Arm OID="ARM.1"',
        '<Arm Type="Experimental" OID="ARM.1"',
        Found("xsd", "unknown-attribute", 19,
              PROTOCOL + "/StudyStructure/Arm[1]/@Type",
              "<Arm> has no attribute Type, expected OID or Name")),
    "an element of another namespace": Mutant(
        '<Epoch OID="EP.2" Name="Follow-up" SequenceNumber="2"/>',
        '<Epoch xmlns="urn:other" OID="EP.2"/>',
        Found("xsd", "unknown-element", 22,
              PROTOCOL + "/StudyStructure/{urn:other}Epoch",
              "<{urn:other}Epoch> is not expected here, expected <Epoch> or <WorkflowRef>")),
    "an attribute of another namespace": Mutant(
        '<Arm OID="ARM.1"',
        '<Arm xlink:href="a" OID="ARM.1"',
        Found("xsd", "unknown-attribute", 19,
              PROTOCOL + "/StudyStructure/Arm[1]/@xlink:href",
              "<Arm> has no attribute xlink:href, expected OID or Name")),
    "a parameter without a value": Mutant(
        '<ParameterValue Value="20"/>',
        "",
        Found("xsd", "missing-element", 16,
              PROTOCOL + "/StudySummary/StudyParameter[2]",
              "<StudyParameter> is incomplete, expected <ParameterValue>")),
    "end points without one": Mutant(
        '<Description><TranslatedText Type="text/plain">Sleep</TranslatedText></Description>',
        "",
        Found("xsd", "missing-element", 38,
              PROTOCOL + "/StudyEndPoints/StudyEndPoint[2]",
              "<StudyEndPoint> is incomplete, expected <Description>")),
    "text where there is none": Mutant(
        "<StudyStructure>",
        "<StudyStructure>stray",
        Found("xsd", "text", 18,
              PROTOCOL + "/StudyStructure",
              "<StudyStructure> has text, expected child elements alone")),
    "text in an empty element": Mutant(
        '<Alias Context="registry" Name="one"/>',
        '<Alias Context="registry" Name="one">stray</Alias>',
        Found("xsd", "text", 44,
              PROTOCOL + "/Alias",
              "<Alias> has text, expected nothing in it")),
    "a language that is none": Mutant(
        'xml:lang="en"',
        'xml:lang="e"',
        Found("rules", "language", 8,
              PROTOCOL + "/Description/TranslatedText[1]/@xml:lang",
              "xml:lang is 'e', expected a language tag of RFC 5646, as en-GB")),
    "a language that is no form at all": Mutant(
        'xml:lang="en"',
        'xml:lang="en_GB"',
        Found("rules", "language", 8,
              PROTOCOL + "/Description/TranslatedText[1]/@xml:lang",
              "xml:lang is 'en_GB', expected a language tag of RFC 5646, as en-GB")),
    "a language twice": Mutant(
        'xml:lang="de-AT"',
        'xml:lang="en"',
        Found("rules", "translation", 9,
              PROTOCOL + "/Description/TranslatedText[2]",
              "a text (en, text/plain) stands in line 8 too, expected once")),
    "a text without a language twice": Mutant(
        '<TranslatedText Type="text/plain">Pain</TranslatedText>',
        '<TranslatedText Type="text/plain">Pain</TranslatedText><TranslatedText '
        'Type="text/plain">Ache</TranslatedText>',
        Found("rules", "translation", 37,
              PROTOCOL + "/StudyEndPoints/StudyEndPoint[1]/Description/TranslatedText[2]",
              "a text (no language, text/plain) stands in line 37 too, expected once")),
    "a media type that is none": Mutant(
        'Type="text/plain">A study',
        'Type="plain">A study',
        Found("rules", "media-type", 8,
              PROTOCOL + "/Description/TranslatedText[1]/@Type",
              "Type is 'plain', expected a media type, as text/plain")),
    "a phase that is no term": Mutant(
        'Value="PHASE II TRIAL"',
        'Value="Phase 2"',
        Found("rules", "term", 24,
              PROTOCOL + "/TrialPhase/@Value",
              "Value 'Phase 2' is no term of C66737, expected NOT APPLICABLE, PHASE 0 "
              "TRIAL, PHASE I TRIAL, PHASE I/II TRIAL, PHASE II TRIAL, PHASE II/III TRIAL, "
              "PHASE IIA TRIAL, PHASE IIB TRIAL, PHASE III TRIAL, PHASE IIIA TRIAL, PHASE "
              "IIIB TRIAL, PHASE IV TRIAL or 1 more", "warning")),
    "a parameter with another's code": Mutant(
        'ShortName="TTYPE"',
        'ShortName="AGEMIN"',
        Found("rules", "term", 12,
              PROTOCOL + "/StudySummary/StudyParameter[1]/@Term",
              "Term 'Trial Type' is not that of AGEMIN, expected 'Planned Minimum Age of Subjects'",
              "warning"),
        Found("rules", "value", 13,
              PROTOCOL + "/StudySummary/StudyParameter[1]/ParameterValue/@Value",
              "Value 'EFFICACY' of AGEMIN is not a duration, as P18Y", "warning")),
    "a code that is not the parameter's": Mutant(
        'Code="C49666" System="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"/>',
        'Code="C49666" System="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"/></StudyParameter>'
        '<StudyParameter OID="SP.3" Term="Planned Minimum Age of Subjects" ShortName="AGEMIN">'
        '<ParameterValue Value="P18Y"/><Coding Code="C49694" '
        'System="https://www.cdisc.org/standards/terminology"/>',
        Found("rules", "term", 14,
              PROTOCOL + "/StudySummary/StudyParameter[2]/Coding/@Code",
              "Code 'C49694' is not that of AGEMIN, expected 'C49693'", "warning")),
    "an alias context twice": Mutant(
        '<Alias Context="registry" Name="one"/>',
        '<Alias Context="registry" Name="one"/><Alias Context="registry" Name="two"/>',
        Found("xsd", "duplicate", 44,
              PROTOCOL + "/Alias[2]/@Context",
              "Context 'registry' stands twice among <Alias> of <Protocol>, expected it "
              "once (UC-P-1)")),
    "a time of nothing": Mutant(
        ' StudyEventGroupOID="SEG.1" TimepointTarget',
        " TimepointTarget",
        Found("rules", "timing", 27,
              PROTOCOL + "/StudyTimings/StudyTiming/AbsoluteTimingConstraint",
              "<AbsoluteTimingConstraint> has neither of StudyEventGroupOID and "
              "StudyEventOID, expected one")),
    "a version of another standard": Mutant(
        'ODMVersion="2.0"',
        'ODMVersion="1.3.2"',
        Found("xsd", "form", 2,
              "ODM/@ODMVersion",
              "ODMVersion of <ODM> is '1.3.2', expected the pattern "
              "2.0(.(0|([1-9][0-9]*)))?(-([0-9a-zA-Z])+)*")),
    "the namespace of another standard": Mutant(
        'xmlns="http://www.cdisc.org/ns/odm/v2.0"',
        'xmlns="http://www.cdisc.org/ns/odm/v9"',
        Found("xsd", "namespace", 2,
              "ODM",
              "the root is <ODM> of http://www.cdisc.org/ns/odm/v9, expected <ODM> of "
              "http://www.cdisc.org/ns/odm/v2.0 (ODM 2.0) or "
              "http://www.cdisc.org/ns/odm/v1.3 (ODM 1.3.2)")),
    "a coding whose system has a blank": Mutant(
        'System="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"',
        'System="http://ncicb.nci.nih.gov/xml odm"',
        Found("rules", "uri", 14,
              PROTOCOL + "/StudySummary/StudyParameter[1]/Coding/@System",
              "System is 'http://ncicb.nci.nih.gov/xml odm', expected a URI, as "
              "http://www.cdisc.org")),
    "an ID twice": Mutant(
        '<Leaf ID="LF.1" xlink:href="protocol.pdf"><Title>Protocol</Title></Leaf>',
        '<Leaf ID="LF.1" xlink:href="protocol.pdf"><Title>Protocol</Title></Leaf>\n<Leaf '
        'ID="LF.1" xlink:href="b.pdf"><Title>b</Title></Leaf>',
        Found("references", "duplicate", 56,
              VERSION + "/Leaf[2]/@ID",
              "ID 'LF.1' stands twice in the file, at <Leaf> in line 55 too, expected once")),
    "a study twice": Mutant(
        "  <AdminData",
        '  <Study OID="S.1" StudyName="B" ProtocolName="B"><MetaDataVersion OID="MDV.2" '
        'Name="B"/></Study>\n  <AdminData',
        Found("references", "duplicate", 58,
              "ODM/Study[2]/@OID",
              "OID 'S.1' stands twice in the file, expected once")),
    "a study without a version": Mutant(
        "  <AdminData",
        '  <Study OID="S.2" StudyName="B" ProtocolName="B"/>\n  <AdminData',
        Found("xsd", "missing-element", 58,
              "ODM/Study[2]",
              "<Study> is incomplete, expected <Description> or <MetaDataVersion>")),
    "a version twice": Mutant(
        "    </MetaDataVersion>",
        '    </MetaDataVersion>\n    <MetaDataVersion OID="MDV.1" Name="B"/>',
        Found("references", "duplicate", 57,
              "ODM/Study/MetaDataVersion[2]/@OID",
              "OID 'MDV.1' stands twice in the Study, expected once")),
}


# fmt: on

# fmt: off
IN_1_3_2: dict[str, Mutant] = {
    "a value of another type": Mutant(
        'ItemOID="IT.1" Value="120"',
        'ItemOID="IT.1" Value="seventy"',
        Found("rules", "data-type", 49,
              SUBJECT + "/StudyEventData/FormData/ItemGroupData/ItemData/@Value",
              "the value 'seventy' of IT.1 is not a whole number, as its DataType integer "
              "demands")),
    "a subject twice": Mutant(
        "  </ClinicalData>",
        '    <SubjectData SubjectKey="001"/>\n  </ClinicalData>',
        Found("rules", "duplicate", 54,
              SUBJECT + "[2]/@SubjectKey",
              "SubjectKey '001' stands in line 44 too, expected <SubjectData> once")),
    "a visit twice": Mutant(
        "    </SubjectData>",
        '      <StudyEventData StudyEventOID="SE.1"/>\n    </SubjectData>',
        Found("rules", "duplicate", 53,
              SUBJECT + "/StudyEventData[2]/@StudyEventOID",
              "StudyEventOID 'SE.1' stands in line 46 too, expected <StudyEventData> once")),
    "an item that is not there": Mutant(
        '<ItemRef ItemOID="IT.2"',
        '<ItemRef ItemOID="IT.9"',
        Found("references", "dangling", 24,
              VERSION + "/ItemGroupDef/ItemRef[2]/@ItemOID",
              "ItemOID 'IT.9' names nothing in the file, expected <ItemDef>")),
    "a form for an item": Mutant(
        '<ItemRef ItemOID="IT.2"',
        '<ItemRef ItemOID="FO.1"',
        Found("references", "wrong-kind", 24,
              VERSION + "/ItemGroupDef/ItemRef[2]/@ItemOID",
              "ItemOID 'FO.1' names <FormDef>, expected <ItemDef>")),
    "a form that is not there": Mutant(
        'FormRef FormOID="FO.1"',
        'FormRef FormOID="FO.9"',
        Found("references", "dangling", 17,
              VERSION + "/StudyEventDef/FormRef/@FormOID",
              "FormOID 'FO.9' names nothing in the file, expected <FormDef>", "warning")),
    "an event that is not there": Mutant(
        'StudyEventRef StudyEventOID="SE.1"',
        'StudyEventRef StudyEventOID="SE.9"',
        Found("references", "dangling", 14,
              PROTOCOL + "/StudyEventRef/@StudyEventOID",
              "StudyEventOID 'SE.9' names nothing in the file, expected <StudyEventDef>")),
    "a unit that is not there": Mutant(
        'MeasurementUnitOID="MU.1"',
        'MeasurementUnitOID="MU.9"',
        Found("references", "dangling", 27,
              VERSION + "/ItemDef[1]/MeasurementUnitRef/@MeasurementUnitOID",
              "MeasurementUnitOID 'MU.9' names nothing in the file, expected "
              "<MeasurementUnit>")),
    "an item for a code list": Mutant(
        'CodeListOID="CL.1"',
        'CodeListOID="IT.1"',
        Found("references", "wrong-kind", 30,
              VERSION + "/ItemDef[2]/CodeListRef/@CodeListOID",
              "CodeListOID 'IT.1' names <ItemDef>, expected <CodeList>")),
    "a version that is not there": Mutant(
        'ClinicalData StudyOID="S.1" MetaDataVersionOID="MDV.1"',
        'ClinicalData StudyOID="S.1" MetaDataVersionOID="MDV.9"',
        Found("references", "dangling", 43,
              "ODM/ClinicalData/@MetaDataVersionOID",
              "MetaDataVersionOID 'MDV.9' names nothing in the file, expected "
              "<MetaDataVersion>")),
    "a study of data that is not there": Mutant(
        'ClinicalData StudyOID="S.1"',
        'ClinicalData StudyOID="S.9"',
        Found("references", "dangling", 43,
              "ODM/ClinicalData/@StudyOID",
              "StudyOID 'S.9' names nothing in the file, expected <Study>")),
    "a site that is not there": Mutant(
        'SiteRef LocationOID="LOC.1"',
        'SiteRef LocationOID="LOC.9"',
        Found("references", "dangling", 45,
              "ODM/ClinicalData/SubjectData/SiteRef/@LocationOID",
              "LocationOID 'LOC.9' names nothing in the file, expected <Location>")),
    "data of an item that is not there": Mutant(
        'ItemData ItemOID="IT.1"',
        'ItemData ItemOID="IT.9"',
        Found("references", "dangling", 49,
              "ODM/ClinicalData/SubjectData/StudyEventData/FormData/ItemGroupData/ItemData/@ItemOID",
              "ItemOID 'IT.9' names nothing in the file, expected <ItemDef>")),
    "an item twice": Mutant(
        '<ItemDef OID="IT.2"',
        '<ItemDef OID="IT.1"',
        Found("references", "duplicate", 29,
              VERSION + "/ItemDef[2]/@OID",
              "OID 'IT.1' stands twice in the MetaDataVersion, at <ItemDef> in line 26 "
              "too, expected once"),
        Found("references", "dangling", 24,
              VERSION + "/ItemGroupDef/ItemRef[2]/@ItemOID",
              "ItemOID 'IT.2' names nothing in the file, expected <ItemDef>")),
    "an item referred to twice": Mutant(
        '<ItemRef ItemOID="IT.2"',
        '<ItemRef ItemOID="IT.1"',
        Found("xsd", "duplicate", 24,
              VERSION + "/ItemGroupDef/ItemRef[2]/@ItemOID",
              "ItemOID 'IT.1' stands twice among <ItemRef> of <ItemGroupDef>, expected it "
              "once (UC-IGD-1)")),
    "an order number twice": Mutant(
        'OrderNumber="2"',
        'OrderNumber="1"',
        Found("rules", "order-number", 24,
              VERSION + "/ItemGroupDef/ItemRef[2]/@OrderNumber",
              "OrderNumber 1 is that of <ItemRef> in line 23 too, expected another")),
    "an OID of two kinds": Mutant(
        '<CodeList OID="CL.1"',
        '<CodeList OID="IG.1"',
        Found("references", "duplicate", 32,
              VERSION + "/CodeList/@OID",
              "OID 'IG.1' stands twice in the MetaDataVersion, at <ItemGroupDef> in line "
              "22 too, expected once"),
        Found("references", "dangling", 30,
              VERSION + "/ItemDef[2]/CodeListRef/@CodeListOID",
              "CodeListOID 'CL.1' names nothing in the file, expected <CodeList>")),
    "names in another order": Mutant(
        "<StudyDescription>What it is</StudyDescription>\n      "
        "<ProtocolName>P-1</ProtocolName>",
        "<ProtocolName>P-1</ProtocolName>\n      <StudyDescription>What it "
        "is</StudyDescription>",
        Found("xsd", "order", 6,
              "ODM/Study/GlobalVariables/ProtocolName",
              "<ProtocolName> stands out of order, expected <StudyDescription>")),
    "an item without a type": Mutant(
        'DataType="integer" ',
        "",
        Found("xsd", "missing-attribute", 26,
              VERSION + "/ItemDef[1]/@DataType",
              "<ItemDef> has no DataType, which is required")),
    "a type that is none": Mutant(
        'DataType="integer"',
        'DataType="number"',
        Found("xsd", "enumeration", 26,
              VERSION + "/ItemDef[1]/@DataType",
              "DataType of <ItemDef> is 'number', expected integer, float, date, datetime, "
              "time, text, string, double, URI, boolean, hexBinary, base64Binary or 10 more")),
    "a date that is none": Mutant(
        'EffectiveDate="2024-01-01"',
        'EffectiveDate="2024-13-01"',
        Found("xsd", "type", 40,
              "ODM/AdminData/Location/MetaDataVersionRef/@EffectiveDate",
              "EffectiveDate of <MetaDataVersionRef> is '2024-13-01', expected a real "
              "date, YYYY-MM-DD")),
    "an element of 2.0": Mutant(
        "<Protocol>",
        "<Protocol><StudySummary/>",
        Found("xsd", "unknown-element", 13,
              PROTOCOL + "/StudySummary",
              "<StudySummary> is not expected here, expected <Description>, "
              "<StudyEventRef> or <Alias>")),
    "an attribute of 2.0": Mutant(
        '<Study OID="S.1">',
        '<Study OID="S.1" StudyName="A study">',
        Found("xsd", "unknown-attribute", 3,
              "ODM/Study/@StudyName",
              "<Study> has no attribute StudyName, expected OID")),
    "a unit twice": Mutant(
        "    </BasicDefinitions>",
        '    <MeasurementUnit OID="MU.1" '
        'Name="mmHg"><Symbol><TranslatedText>x</TranslatedText></Symbol></MeasurementUnit><'
        "/BasicDefinitions>",
        Found("references", "duplicate", 11,
              "ODM/Study/BasicDefinitions/MeasurementUnit[2]/@OID",
              "OID 'MU.1' stands twice in the Study, at <MeasurementUnit> in line 10 too, "
              "expected once")),
    "the version of another standard": Mutant(
        'ODMVersion="1.3.2"',
        'ODMVersion="2.0"',
        Found("xsd", "enumeration", 2,
              "ODM/@ODMVersion",
              "ODMVersion of <ODM> is '2.0', expected 1.2, 1.2.1, 1.3, 1.3.1 or 1.3.2")),
}


# fmt: on

DOCUMENTS = {"2.0": (ODM_2_0, IN_2_0), "1.3.2": (ODM_1_3_2, IN_1_3_2)}
"""Each version's right document and its faults, by their names."""
