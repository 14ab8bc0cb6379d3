"""CDISC ODM-XML 2.0: the reader and the writer of the format.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

from trialbridge.formats.odm.document import Odm, bare
from trialbridge.formats.odm.xml.v2_0 import V2_0
from trialbridge.mappings.odm import document as odm

__all__ = ["bare", "read", "read_alone", "write", "write_checked"]

_ODM = Odm(V2_0, odm.V2_0, "2.0")

write = _ODM.write
write_checked = _ODM.write_checked
read = _ODM.read
read_alone = _ODM.read_alone
