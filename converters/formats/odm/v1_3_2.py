"""CDISC ODM-XML 1.3.2: the reader and the writer of the format.

https://www.cdisc.org/standards/data-exchange/odm-xml/odm-v1-3-2
"""

from trialbridge.formats.odm.document import Odm, bare
from trialbridge.formats.odm.xml.v1_3_2 import V1_3_2
from trialbridge.mappings.odm import v1_3_2 as odm

__all__ = ["bare", "read", "read_alone", "write", "write_checked"]

_ODM = Odm(V1_3_2, odm.V1_3_2, "1.3")

write = _ODM.write
write_checked = _ODM.write_checked
read = _ODM.read
read_alone = _ODM.read_alone
