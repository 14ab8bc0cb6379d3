"""FHIR R4B Bundles as XML. https://hl7.org/fhir/R4B/xml.html"""

from functools import partial

from trialbridge.formats.fhir import xml as fhir_xml
from trialbridge.schemas.fhir.validate import BUDGET
from trialbridge.schemas.fhir.xml import checks as xml_checks

__all__ = ["BUDGET", "bare", "check", "read", "read_alone", "write", "write_checked"]

read = partial(fhir_xml.read, version="r4b")
read_alone = partial(fhir_xml.read_alone, version="r4b")
write = partial(fhir_xml.write, version="r4b")
write_checked = partial(fhir_xml.write_checked, version="r4b")
bare = partial(fhir_xml.bare, version="r4b")
check = partial(xml_checks.check, version="r4b")
