"""Each fault of an ODM document is reported once, at its place; what is right is not reported."""

import os
import signal
import warnings
from collections.abc import Mapping
from typing import NamedTuple

import corpus
import pytest
from lxml import etree

from trialbridge.schemas.odm import xsd
from trialbridge.schemas.odm.digests import build_elements as build_odm_elements
from trialbridge.schemas.odm.digests.document import (
    MOST_PROBLEMS,
    NAMESPACES,
    SPECIFICATIONS,
    Attribute,
    elements,
)
from trialbridge.schemas.odm.validate import check, validate
from trialbridge.schemas.problem import Problem, Severity
from trialbridge.schemas.syntax import xml

VERSION = "ODM/Study/MetaDataVersion"
PROTOCOL = f"{VERSION}/Protocol"
SUBJECT = "ODM/ClinicalData/SubjectData"


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


ODM_2_0 = """\
<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" xmlns:xlink="http://www.w3.org/1999/xlink" FileType="Snapshot" FileOID="F.1" CreationDateTime="2024-02-29T12:00:00Z" ODMVersion="2.0">
  <Study OID="S.1" StudyName="A study" ProtocolName="P-1">
    <MetaDataVersion OID="MDV.1" Name="First">
      <SupplementalDoc><DocumentRef LeafID="LF.1"/></SupplementalDoc>
      <Protocol>
        <Description>
          <TranslatedText xml:lang="en" Type="text/plain">A study</TranslatedText>
          <TranslatedText xml:lang="de-AT" Type="text/plain">Eine Studie</TranslatedText>
        </Description>
        <StudySummary>
          <StudyParameter OID="SP.1" Term="Trial Type" ShortName="TTYPE">
            <ParameterValue Value="EFFICACY"/>
            <Coding Code="C49666" System="http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC"/>
          </StudyParameter>
          <StudyParameter OID="SP.2" Term="Planned Number of Subjects" ShortName="PLANSUB"><ParameterValue Value="20"/></StudyParameter>
        </StudySummary>
        <StudyStructure>
          <Arm OID="ARM.1" Name="Drug"/>
          <Arm OID="ARM.2" Name="Placebo"/>
          <Epoch OID="EP.1" Name="Treatment" SequenceNumber="1"/>
          <Epoch OID="EP.2" Name="Follow-up" SequenceNumber="2"/>
        </StudyStructure>
        <TrialPhase Value="PHASE II TRIAL"/>
        <StudyTimings>
          <StudyTiming OID="ST.1" Name="Timing">
            <AbsoluteTimingConstraint OID="ATC.1" Name="Start" StudyEventGroupOID="SEG.1" TimepointTarget="2024-05-01"/>
          </StudyTiming>
        </StudyTimings>
        <StudyObjectives>
          <StudyObjective OID="OBJ.1" Name="Efficacy" Level="Primary">
            <StudyEndPointRef StudyEndPointOID="END.1" OrderNumber="1"/>
            <StudyEndPointRef StudyEndPointOID="END.2" OrderNumber="2"/>
          </StudyObjective>
        </StudyObjectives>
        <StudyEndPoints>
          <StudyEndPoint OID="END.1" Name="Pain"><Description><TranslatedText Type="text/plain">Pain</TranslatedText></Description></StudyEndPoint>
          <StudyEndPoint OID="END.2" Name="Sleep"><Description><TranslatedText Type="text/plain">Sleep</TranslatedText></Description></StudyEndPoint>
        </StudyEndPoints>
        <InclusionExclusionCriteria>
          <InclusionCriteria><Criterion OID="CR.1" Name="Adult" ConditionOID="COND.1"/></InclusionCriteria>
        </InclusionExclusionCriteria>
        <StudyEventGroupRef StudyEventGroupOID="SEG.1" Mandatory="Yes"/>
        <Alias Context="registry" Name="one"/>
      </Protocol>
      <StudyEventGroupDef OID="SEG.1" Name="Drug, treatment" ArmOID="ARM.1" EpochOID="EP.1"/>
      <ItemGroupDef OID="IG.1" Name="Vital signs" Repeating="No" Type="Form">
        <ItemRef ItemOID="IT.1" Mandatory="Yes" OrderNumber="1"/>
      </ItemGroupDef>
      <ItemDef OID="IT.1" Name="Pulse" DataType="integer"/>
      <ConditionDef OID="COND.1" Name="Adult">
        <Description><TranslatedText Type="text/plain">18 years or older</TranslatedText></Description>
        <MethodSignature/>
      </ConditionDef>
      <Leaf ID="LF.1" xlink:href="protocol.pdf"><Title>Protocol</Title></Leaf>
    </MetaDataVersion>
  </Study>
  <AdminData StudyOID="S.1">
    <User OID="U.1" UserType="Investigator" OrganizationOID="ORG.1"><FullName>A. Person</FullName></User>
    <Organization OID="ORG.1" Name="A sponsor" Type="Sponsor"/>
    <Organization OID="ORG.2" Name="A site" Type="Site" PartOfOrganizationOID="ORG.1"/>
  </AdminData>
</ODM>
"""  # noqa: E501
ODM_1_3_2 = """\
<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot" FileOID="F.1" CreationDateTime="2024-02-29T12:00:00" ODMVersion="1.3.2">
  <Study OID="S.1">
    <GlobalVariables>
      <StudyName>A study</StudyName>
      <StudyDescription>What it is</StudyDescription>
      <ProtocolName>P-1</ProtocolName>
    </GlobalVariables>
    <BasicDefinitions>
      <MeasurementUnit OID="MU.1" Name="mmHg"><Symbol><TranslatedText xml:lang="en">mmHg</TranslatedText></Symbol></MeasurementUnit>
    </BasicDefinitions>
    <MetaDataVersion OID="MDV.1" Name="First">
      <Protocol>
        <StudyEventRef StudyEventOID="SE.1" OrderNumber="1" Mandatory="Yes"/>
      </Protocol>
      <StudyEventDef OID="SE.1" Name="Baseline" Repeating="No" Type="Scheduled">
        <FormRef FormOID="FO.1" OrderNumber="1" Mandatory="Yes"/>
      </StudyEventDef>
      <FormDef OID="FO.1" Name="Vital signs" Repeating="No">
        <ItemGroupRef ItemGroupOID="IG.1" OrderNumber="1" Mandatory="Yes"/>
      </FormDef>
      <ItemGroupDef OID="IG.1" Name="Blood pressure" Repeating="No">
        <ItemRef ItemOID="IT.1" OrderNumber="1" Mandatory="Yes"/>
        <ItemRef ItemOID="IT.2" OrderNumber="2" Mandatory="No"/>
      </ItemGroupDef>
      <ItemDef OID="IT.1" Name="Systolic" DataType="integer" Length="3">
        <MeasurementUnitRef MeasurementUnitOID="MU.1"/>
      </ItemDef>
      <ItemDef OID="IT.2" Name="Position" DataType="text" Length="8">
        <CodeListRef CodeListOID="CL.1"/>
      </ItemDef>
      <CodeList OID="CL.1" Name="Position" DataType="text">
        <EnumeratedItem CodedValue="SITTING"/>
      </CodeList>
    </MetaDataVersion>
  </Study>
  <AdminData StudyOID="S.1">
    <User OID="U.1" UserType="Investigator"/>
    <Location OID="LOC.1" Name="A site" LocationType="Site">
      <MetaDataVersionRef StudyOID="S.1" MetaDataVersionOID="MDV.1" EffectiveDate="2024-01-01"/>
    </Location>
  </AdminData>
  <ClinicalData StudyOID="S.1" MetaDataVersionOID="MDV.1">
    <SubjectData SubjectKey="001">
      <SiteRef LocationOID="LOC.1"/>
      <StudyEventData StudyEventOID="SE.1">
        <FormData FormOID="FO.1">
          <ItemGroupData ItemGroupOID="IG.1">
            <ItemData ItemOID="IT.1" Value="120"/>
          </ItemGroupData>
        </FormData>
      </StudyEventData>
    </SubjectData>
  </ClinicalData>
</ODM>
"""  # noqa: E501

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
MUTANTS = [
    pytest.param(version, name, id=f"{version}: {name}")
    for version, (_, mutants) in DOCUMENTS.items()
    for name in mutants
]


@pytest.mark.parametrize("version", DOCUMENTS)
def test_what_is_right_has_no_problem(version: str) -> None:
    data = DOCUMENTS[version][0].encode()
    assert validate(data) == validate(data, version) == validate(xml.parse(data)) == []


@pytest.mark.parametrize(("version", "name"), MUTANTS)
def test_each_fault_is_reported_at_its_place(version: str, name: str) -> None:
    document, mutants = DOCUMENTS[version]
    mutant = mutants[name]
    data = mutant.of(document)
    assert validate(data) == [found.problem(version) for found in mutant.found]
    assert check(data) == validate(data)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<ItemData ItemOID="IT.1"><Value>70</Value></ItemData>', []),
        ('<ItemData ItemOID="IT.1"><Value> -7 </Value></ItemData>', []),
        (
            '<ItemData ItemOID="IT.1"><Value>7.5</Value></ItemData>',
            [
                f"error: line 66: {SUBJECT}/StudyEventData/ItemGroupData/ItemData/Value: the value"
                " '7.5' of IT.1 is not a whole number, as its DataType integer demands"
            ],
        ),
        (
            '<ItemData ItemOID="IT.9"/>',
            [
                f"error: line 66: {SUBJECT}/StudyEventData/ItemGroupData/ItemData/@ItemOID: ItemOID"
                " 'IT.9' names nothing in the file, expected <ItemDef>"
            ],
        ),
        (
            '</ItemGroupData></StudyEventData><StudyEventData StudyEventOID="SE.1">'
            '<ItemGroupData ItemGroupOID="IG.9">',
            [
                f"error: line 66: {SUBJECT}/StudyEventData[2]/ItemGroupData/@ItemGroupOID:"
                " ItemGroupOID 'IG.9' names nothing in the file, expected <ItemGroupDef>",
                f"error: line 66: {SUBJECT}/StudyEventData[2]/@StudyEventOID: StudyEventOID 'SE.1'"
                " stands in line 65 too, expected <StudyEventData> once",
            ],
        ),
        (
            '</ItemGroupData></StudyEventData><StudyEventData StudyEventOID="SE.1"'
            ' StudyEventRepeatKey="2"><ItemGroupData ItemGroupOID="IG.1">',
            [],
        ),
    ],
)  # fmt: skip
def test_data_of_subjects(inner: str, expected: list[str]) -> None:
    data = (
        '  <ClinicalData StudyOID="S.1" MetaDataVersionOID="MDV.1">\n    <SubjectData'
        ' SubjectKey="1">\n<StudyEventData StudyEventOID="SE.1"><ItemGroupData'
        f' ItemGroupOID="IG.1">\n{inner}</ItemGroupData></StudyEventData></SubjectData>'
        "</ClinicalData>\n</ODM>"
    )
    event = '<StudyEventDef OID="SE.1" Name="Visit" Repeating="Yes" Type="Scheduled"/>'
    document = ODM_2_0.replace("</ODM>", data)
    assert told(document.replace("<ItemGroupDef", f"{event}<ItemGroupDef", 1)) == expected


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("time", "23:59:59", "24:30:00"),
        ("datetime", "2024-02-29T12:00:00Z", "2024-02-30T12:00:00"),
        ("partialDate", "2024-02", "2024-13"),
        ("partialDatetime", "2024-02-29T12", "29.2.2024"),
        ("partialTime", "12:30", "12:60"),
        ("durationDatetime", "P1DT12H", "P"),
        ("float", "1e3", "1,5"),
        ("boolean", "true", "yes"),
        ("hexBinary", "00ff", "0"),
        ("base64Binary", "QQ==", "Q"),
        ("text", "anything", None),
    ],
)
def test_values_have_the_form_of_their_type(type_: str, good: str, bad: str | None) -> None:
    document = ODM_1_3_2.replace(
        'Name="Systolic" DataType="integer"', f'Name="Systolic" DataType="{type_}"'
    )
    assert told(document.replace('Value="120"', f'Value="{good}"')) == []
    if bad is not None:
        [problem] = validate(document.replace('Value="120"', f'Value="{bad}"').encode())
        assert (problem.code, problem.severity) == ("data-type", "error")
        assert f"DataType {type_} demands" in problem.message


def test_a_transition_twice_is_an_error() -> None:
    events = "".join(
        f'<StudyEventDef OID="SE.{n}" Name="Visit {n}" Repeating="No" Type="Scheduled"/>'
        for n in (1, 2)
    )
    transition = '<Transition OID="TR.1" Name="On" SourceOID="SE.1" TargetOID="SE.2"/>'
    flow = (
        f'<WorkflowDef OID="WF.1" Name="Flow"><WorkflowStart StartOID="SE.1"/>{transition * 2}'
        '<WorkflowEnd EndOID="SE.2"/></WorkflowDef>'
    )
    document = ODM_2_0.replace("<ItemGroupDef", f"{events}<ItemGroupDef", 1)
    problems = validate(
        document.replace("<StudyEventGroupDef", f"{flow}<StudyEventGroupDef", 1).encode()
    )
    assert [(each.severity, each.code) for each in problems] == [("error", "duplicate")]
    assert problems[0].path.endswith("/WorkflowDef/Transition[2]/@OID")


def told(data: str | bytes, version: str | None = None) -> list[str]:
    """The problems of a document as texts."""
    return list(map(str, validate(data.encode() if isinstance(data, str) else data, version)))


def test_what_is_no_xml_is_told_by_validate_and_left_to_reading_by_check() -> None:
    assert told(ODM_2_0[:-7]) == [
        "fatal: line 63: the document ends before </ODM>: <ODM> of line 2 is not closed"
    ]
    assert check(ODM_2_0[:-7].encode()) == []


@pytest.mark.parametrize(
    ("root", "version", "message"),
    [
        (
            "<ODM/>",
            None,
            "line 1: ODM: the root is <ODM> of no namespace, expected <ODM> of"
            " http://www.cdisc.org/ns/odm/v2.0 (ODM 2.0) or"
            " http://www.cdisc.org/ns/odm/v1.3 (ODM 1.3.2)",
        ),
        (
            '<html xmlns="http://www.w3.org/1999/xhtml"/>',
            None,
            "line 1: html: the root is <html> of http://www.w3.org/1999/xhtml, expected <ODM> of"
            " http://www.cdisc.org/ns/odm/v2.0 (ODM 2.0) or"
            " http://www.cdisc.org/ns/odm/v1.3 (ODM 1.3.2)",
        ),
        (
            f'<Trial xmlns="{NAMESPACES["2.0"]}"/>',
            None,
            "line 1: Trial: the root is <Trial> of http://www.cdisc.org/ns/odm/v2.0, expected <ODM>"
            " of http://www.cdisc.org/ns/odm/v2.0 (ODM 2.0)",
        ),
        (
            ODM_1_3_2,
            "2.0",
            "line 2: ODM: the root is <ODM> of http://www.cdisc.org/ns/odm/v1.3, expected <ODM> of"
            " http://www.cdisc.org/ns/odm/v2.0 (ODM 2.0)",
        ),
    ],
)
def test_another_root_is_the_one_problem(root: str, version: str | None, message: str) -> None:
    assert told(root, version) == [f"error: {message}"]


def test_a_part_of_a_document_is_checked_as_one() -> None:
    part = ODM_2_0[ODM_2_0.index("<MetaDataVersion") : ODM_2_0.index("  </Study>")]
    namespaces = f' xmlns="{NAMESPACES["2.0"]}" xmlns:xlink="http://www.w3.org/1999/xlink"'
    part = part.replace("<MetaDataVersion", f"<MetaDataVersion{namespaces}")
    fragment = (
        "warning: line 1: MetaDataVersion: the root is <MetaDataVersion>, a part of a document,"
        " expected <ODM>"
    )
    assert told(part) == [fragment]
    assert told(part.replace('ArmOID="ARM.1"', 'ArmOID="ARM.9"')) == [
        "error: line 43: MetaDataVersion/StudyEventGroupDef/@ArmOID: ArmOID 'ARM.9' names nothing"
        " in the file, expected <Arm>",
        fragment,
    ]


DANGLING = ODM_2_0.replace('ConditionOID="COND.1"', 'ConditionOID="COND.9"')
INCLUDE = '<Include StudyOID="S.1" MetaDataVersionOID="MDV.0"/>'
INCLUDING = DANGLING.replace("      <SupplementalDoc>", f"      {INCLUDE}<SupplementalDoc>")
BEFORE = """<MetaDataVersion OID="MDV.0" Name="Before"><ConditionDef OID="COND.9" Name="Adult">
<Description><TranslatedText Type="text/plain">18 or older</TranslatedText></Description>
<MethodSignature/></ConditionDef></MetaDataVersion>"""


@pytest.mark.parametrize(
    "data",
    [
        DANGLING.replace('FileOID="F.1"', 'FileOID="F.1" PriorFileOID="F.0"'),
        DANGLING.replace('FileType="Snapshot"', 'FileType="Transactional"'),
        INCLUDING,
        INCLUDING.replace("    <MetaDataVersion", f"{BEFORE}\n    <MetaDataVersion", 1),
    ],
    ids=["a prior file", "changes alone", "another file included", "another version included"],
)
def test_what_another_place_may_have_is_not_missed(data: str) -> None:
    assert told(data) == []


def test_an_included_version_has_to_have_what_is_referred_to() -> None:
    before = BEFORE.replace("COND.9", "COND.8")
    data = INCLUDING.replace("    <MetaDataVersion", f"{before}\n    <MetaDataVersion", 1)
    assert told(data) == [
        "error: line 44: ODM/Study/MetaDataVersion[2]/Protocol/InclusionExclusionCriteria/"
        "InclusionCriteria/Criterion/@ConditionOID: ConditionOID 'COND.9' names nothing in the"
        " file, expected <ConditionDef>"
    ]


def test_versions_that_include_one_another_are_followed_once() -> None:
    before = BEFORE.replace("COND.9", "COND.8").replace(
        "<ConditionDef", INCLUDE.replace("MDV.0", "MDV.1") + "<ConditionDef"
    )
    data = INCLUDING.replace("    <MetaDataVersion", f"{before}\n    <MetaDataVersion", 1)
    assert [problem.code for problem in validate(data.encode())] == ["dangling"]


def test_a_file_without_studies_or_people_refers_to_those_of_another() -> None:
    head, _, rest = ODM_1_3_2.partition("  <Study ")
    _, _, data = rest.partition("  </AdminData>\n")
    assert told(head + data) == []


def test_one_oid_may_stand_in_two_versions_and_in_two_kinds_outside_them() -> None:
    version = ODM_2_0[ODM_2_0.index("    <MetaDataVersion") : ODM_2_0.index("  </Study>")]
    second = version.replace("MDV.1", "MDV.2").replace("LF.1", "LF.2")
    assert told(ODM_2_0.replace("  </Study>", f"{second}  </Study>")) == []
    assert told(ODM_2_0.replace('"U.1"', '"ORG.1"')) == []


@pytest.mark.parametrize(
    "language", ["en", "fr-CH", "zh-Hant-TW", "sl-rozaj-1994", "x-own", "i-klingon"]
)
def test_language_tags_of_rfc_5646_are_taken(language: str) -> None:
    assert told(ODM_2_0.replace('xml:lang="en"', f'xml:lang="{language}"')) == []


@pytest.mark.parametrize(
    "phase", ["PHASE II/III TRIAL", "II/III", "EARLY PHASE I", "NOT APPLICABLE"]
)
def test_terms_of_the_phase_are_taken_old_and_new(phase: str) -> None:
    assert told(ODM_2_0.replace("PHASE II TRIAL", phase)) == []


def test_the_problems_that_are_told_have_a_limit() -> None:
    alias = '<Alias Context="registry" Name="one"/>'
    few = validate(ODM_2_0.replace(alias, "<Alias/>\n" * 1_500).encode())
    many = validate(ODM_2_0.replace(alias, "<Alias/>\n" * 40_000).encode())
    assert len(few) == len(many) == MOST_PROBLEMS + 1
    missing = "<Alias> has no Context, which is required"
    others = f"there are more than {MOST_PROBLEMS:,} problems: the others are not told"
    assert str(few[0]) == f"error: line 44: {PROTOCOL}/Alias[1]/@Context: {missing}"
    assert str(few[-1]) == f"error: line 2: {others}"
    # Of a large document that has as many, the lines are known, the places not.
    assert str(many[0]) == f"error: line 44: {missing}"
    assert str(many[-1]) == f"error: line 544: {others}"


def test_a_large_document_has_the_problems_of_a_small_one() -> None:
    criterion = '<Criterion OID="CR.1" Name="Adult" ConditionOID="COND.1"/>'
    more = "".join(criterion.replace("CR.1", f"CR.{number}") for number in range(2, 5_000))
    large = ODM_2_0.replace(criterion, criterion + more)
    assert told(large) == []
    assert told(large.replace('Level="Primary"', 'Level="primary"')) == [
        f"error: line 31: {PROTOCOL}/StudyObjectives/StudyObjective/@Level: Level of"
        " <StudyObjective> is 'primary', expected Primary, Secondary or Exploratory"
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_large_document_may_have_another_encoding(encoding: str) -> None:
    alias = '<Alias Context="registry" Name="one"/>'
    data = ODM_2_0.replace(alias, "<Alias/>\n" * 5_000).replace("UTF-8", encoding[:6])
    (first, *_) = validate(data.encode(encoding))
    assert str(first) == "error: line 44: <Alias> has no Context, which is required"


def test_a_tree_with_comments_is_checked_too() -> None:
    arm = '<Arm OID="ARM.2" Name="Placebo"/>'
    data = ODM_2_0.replace(arm, f"<!-- no drug --><?note it?>{arm.replace('ARM.2', 'ARM.1')}")
    assert list(map(str, validate(etree.fromstring(data.encode())))) == [
        f"error: line 20: {PROTOCOL}/StudyStructure/Arm[2]/@OID: OID 'ARM.1' stands twice in the"
        " MetaDataVersion, at <Arm> in line 19 too, expected once"
    ]


def test_a_long_value_is_shortened() -> None:
    (problem,) = told(ODM_2_0.replace('Level="Primary"', f'Level="{"x" * 5_000}"'))
    assert problem == (
        f"error: line 31: {PROTOCOL}/StudyObjectives/StudyObjective/@Level: Level of"
        f" <StudyObjective> is '{'x' * 80}...', expected Primary, Secondary or Exploratory"
    )


def test_the_digests_are_what_the_official_xsds_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert build_odm_elements.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_an_element_is_what_the_xsd_says() -> None:
    known = elements("2.0")
    criterion, parameter, text = (
        known[name] for name in ("Criterion", "StudyParameter", "TranslatedText")
    )
    assert dict(criterion.attributes) == {
        "OID": Attribute(True, "oid", ()),
        "Name": Attribute(True, "name", ()),
        "ConditionOID": Attribute(True, "oidref", ("ConditionDef",)),
    }
    assert criterion.children == {"Description": False, "Coding": True}
    assert parameter.children == {"ParameterValue": False, "Coding": True}
    assert (criterion.oid, criterion.text, text.oid, text.text) == (True, False, False, True)
    assert text.children == {"xhtml:div": False}
    assert list(known["Protocol"].children)[:4] == [
        "Description",
        "StudySummary",
        "StudyStructure",
        "TrialPhase",
    ]
    assert elements() is known
    assert known["StudyEndPointRef"].attributes["StudyEndPointOID"].targets == ("StudyEndPoint",)
    assert elements("1.3.2")["ItemRef"].attributes["ItemOID"].targets == ("ItemDef",)


@pytest.mark.parametrize("version", DOCUMENTS)
def test_every_reference_points_to_elements_that_there_are(version: str) -> None:
    known = elements(version)
    for element in known.values():
        assert set(element.children) <= {*known, "xhtml:div", "ds:Signature"}
        for attribute in element.attributes.values():
            assert all(known[target].oid for target in attribute.targets)


# What is wrong with the files that others wrote, by code; the errors in full. Looked up by eye: an
# OID that is said to be missing is missing there, and one that stands twice stands twice.
FRAGMENT = ("warning", "fragment")
DANGLES = ("warning", "dangling")
# An item, group of items or code list in a file that defines others of the kind.
MISSING = ("error", "dangling")
CORPUS: Mapping[str, Mapping[tuple[str, str], int]] = {
    "odm-1.3.2/cdash-odm-test-invalid.xml": {("error", "unknown-element"): 1, MISSING: 3},
    "odm-1.3.2/cdash-odm-test.xml": {MISSING: 3},
    "odm-1.3.2/odm-data-snapshot.xml": {},
    "odm-1.3.2/odm_demo.xml": {MISSING: 7},
    "odm-2.0/Atlas_QS_ODMv2.xml": {("warning", "granularity"): 1},
    "odm-2.0/Chronic_Low_Back_Pain_example.xml": {("warning", "granularity"): 1},
    "odm-2.0/Columbia-Suicide_Severity_Scale_ODMv2.xml": {
        ("error", "duplicate"): 1,
        ("warning", "wrong-kind"): 1,
        MISSING: 2,
        DANGLES: 10,
    },
    "odm-2.0/Conditional_Repeats.xml": {DANGLES: 1, FRAGMENT: 1},
    "odm-2.0/Crossover_Studydesign.xml": {FRAGMENT: 1},
    "odm-2.0/Data_Retrieval_From_FHIR_in_ODM.xml": {
        ("error", "unknown-element"): 1,
        ("error", "data-type"): 2,
        MISSING: 2,
        DANGLES: 2,
    },
    "odm-2.0/Result_ODMv2.xml": {},
    "odm-2.0/SimpleTimingConstraints.xml": {FRAGMENT: 1},
    "odm-2.0/Timing_LZZT_Example_ODM.xml": {DANGLES: 1, FRAGMENT: 1},
}
ERRORS = {
    "odm-1.3.2/cdash-odm-test-invalid.xml": (
        "error: line 14: ODM/Study/GlobalVariables/studyName: <studyName> is not expected here,"
        " expected <StudyName>"
    ),
    "odm-2.0/Data_Retrieval_From_FHIR_in_ODM.xml": (
        "error: line 215: ODM/ClinicalData/SubjectData[1]/StudyEventData/ItemGroupData[1]/"
        "{http://hl7.org/fhir}Condition: <{http://hl7.org/fhir}Condition> is not expected here,"
        " expected <ItemGroupData>, <ItemData>, <AuditRecord>, <Signature>, <Annotation> or <Query>"
    ),
}


@pytest.mark.parametrize("name", CORPUS)
def test_documents_that_others_wrote_get_the_right_verdict(name: str) -> None:
    path = corpus.folder() / name
    if not path.is_file():
        pytest.skip(f"no corpus: {path} is absent (set {corpus.VARIABLE} to the corpus folder)")
    problems = validate(path.read_bytes())
    counts = {(each.severity, each.code): 0 for each in problems}
    for each in problems:
        counts[each.severity, each.code] += 1
    assert counts == CORPUS[name]
    errors = [str(each) for each in problems if each.layer == "xsd"]
    assert errors == ([ERRORS[name]] if name in ERRORS else [])


def test_every_document_of_the_corpus_has_a_verdict() -> None:
    root = corpus.folder()
    found = {path.relative_to(root).as_posix() for path in root.glob("odm-*/*.xml")}
    if not found:
        pytest.skip(f"no corpus: {root} has no ODM (set {corpus.VARIABLE} to the corpus folder)")
    assert found == set(CORPUS)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_forked_while_a_thread_validates_does_not_wait_for_it() -> None:
    data = ODM_2_0.encode()
    assert check(data) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with xsd._schema("2.0").lock:
            child = os.fork()
            if child == 0:
                # Past pytest, whatever happens: an alarm ends the process if it hangs.
                signal.alarm(20)
                os._exit(0 if check(data) == [] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
