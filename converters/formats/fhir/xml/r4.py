"""FHIR R4 Bundles as XML. https://hl7.org/fhir/R4/xml.html"""

from functools import partial

from trialbridge.formats.fhir import xml as fhir_xml
from trialbridge.schemas.fhir.validate import BUDGET
from trialbridge.schemas.fhir.xml import checks as xml_checks

__all__ = ["BUDGET", "bare", "check", "read", "read_alone", "write", "write_checked"]

read = partial(fhir_xml.read, version="r4")
read_alone = partial(fhir_xml.read_alone, version="r4")
write = partial(fhir_xml.write, version="r4")
write_checked = partial(fhir_xml.write_checked, version="r4")
bare = partial(fhir_xml.bare, version="r4")
check = partial(xml_checks.check, version="r4")
