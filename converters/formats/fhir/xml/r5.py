"""FHIR R5 Bundles as XML. https://hl7.org/fhir/R5/xml.html"""

from functools import partial

from trialbridge.formats.fhir import xml as fhir_xml
from trialbridge.schemas.fhir.validate import BUDGET
from trialbridge.schemas.fhir.xml import checks as xml_checks

__all__ = ["BUDGET", "bare", "check", "read", "read_alone", "write", "write_checked"]

read = partial(fhir_xml.read, version="r5")
read_alone = partial(fhir_xml.read_alone, version="r5")
write = partial(fhir_xml.write, version="r5")
write_checked = partial(fhir_xml.write_checked, version="r5")
bare = partial(fhir_xml.bare, version="r5")
check = partial(xml_checks.check, version="r5")
