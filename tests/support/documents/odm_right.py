"""Documents of ODM 2.0 and 1.3.2 in which nothing is wrong, and the places in them."""

VERSION = "ODM/Study/MetaDataVersion"
PROTOCOL = f"{VERSION}/Protocol"


SUBJECT = "ODM/ClinicalData/SubjectData"


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
