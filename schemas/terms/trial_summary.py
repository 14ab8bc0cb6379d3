"""Parameters of the trial summary that no data element of a registry says, and what TS demands.

Terms of C66738 and C67152, as `cdisc_codes` has those that a registry says.
https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66738
"""

from collections.abc import Mapping
from typing import Final

from trialbridge.schemas.terms.cdisc_codes import PARAMETERS, Parameter, Term
from trialbridge.schemas.terms.concepts import CRITERION

OTHERS: Mapping[str, Parameter] = {
    "ADAPT": Parameter("Adaptive Design", "C146995"),
    "ADDON": Parameter("Added on to Existing Treatments", "C49703"),
    "COMPTRT": Parameter("Comparative Treatment Name", "C68612"),
    "DCUTDESC": Parameter("Data Cutoff Description", "C98718"),
    "DCUTDTC": Parameter("Data Cutoff Date", "C98717"),
    "EXTTIND": Parameter("Extension Trial Indicator", "C139274"),
    "LENGTH": Parameter("Trial Length", "C49697"),
    "OBJPRIM": Parameter("Trial Primary Objective", "C85826"),
    "OBJSEC": Parameter("Trial Secondary Objective", "C85827"),
    "ONGOSIND": Parameter("Ongoing Study Indicator", "C204699"),
    "PDSTIND": Parameter("Pediatric Study Indicator", "C123632"),
    "PIPIND": Parameter("Pediatric Investigation Plan Indicator", "C126069"),
    "RANDQT": Parameter("Randomization Quotient", "C98775"),
    "RDIND": Parameter("Rare Disease Indicator", "C126070"),
    "SDTIGVER": Parameter("SDTM IG Version", "C156604"),
    "SDTMVER": Parameter("SDTM Version", "C156605"),
    "STOPRULE": Parameter("Study Stop Rules", "C49698"),
    "TCNTRL": Parameter("Control Type", "C49647"),
    "TTYPE": Parameter("Trial Type", "C49660"),
}

SUMMARY: Mapping[str, Parameter] = {**PARAMETERS, **OTHERS}
"""Every parameter that we know, by its TSPARMCD."""

REQUIRED: Final = (
    "ACTSUB",
    "ADAPT",
    "ADDON",
    "AGEMAX",
    "AGEMIN",
    "COMPTRT",
    "DCUTDESC",
    "DCUTDTC",
    "EXTTIND",
    "FCNTRY",
    "HLTSUBJI",
    "INDIC",
    "LENGTH",
    "NARMS",
    "NCOHORT",
    "OBJPRIM",
    "OBJSEC",
    "ONGOSIND",
    "OUTMSPRI",
    "PDPSTIND",
    "PDSTIND",
    "PIPIND",
    "PLANSUB",
    "RANDQT",
    "RDIND",
    "REGID",
    "SDTIGVER",
    "SDTMVER",
    "SENDTC",
    "SEXPOP",
    "SPONSOR",
    "SSTDTC",
    "STOPRULE",
    "STYPE",
    "TBLIND",
    "TCNTRL",
    "THERAREA",
    "TITLE",
    "TPHASE",
    "TTYPE",
)
"""What a TS has without conditions, as CDISC's rule CORE-000737 lists them of FDA's guide.

https://github.com/cdisc-org/cdisc-open-rules (Unpublished/FDA Business Rules)
"""

OF_TRIALS: Final = ("INTMODEL", "INTTYPE", "RANDOM", "TINDTP", "TRT")
"""What the implementation guide asks of an interventional trial beside these."""

NOT_OF_OTHERS: Final = frozenset({"COMPTRT", "NARMS", "RANDQT", "TBLIND", "TCNTRL", "TTYPE"})
"""Of these, what a study without assigned interventions has not: not applicable there."""

# C66785. NO_INTERVENTION and OTHER are no control that the list has.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66785
CONTROL: Mapping[str, Term] = {
    "ACTIVE_COMPARATOR": Term("ACTIVE", "C49649"),
    "PLACEBO_COMPARATOR": Term("PLACEBO", "C49648"),
    "SHAM_COMPARATOR": Term("SHAM", "C184727"),
}
NO_CONTROL = Term("NONE", "C41132")

# ISO 21090, with the name that CDISC's rules know each by too.
NULL_FLAVORS: Mapping[str, str] = {
    "NI": "No information",
    "INV": "Invalid",
    "OTH": "Other",
    "PINF": "Positive infinity",
    "NINF": "Negative infinity",
    "UNC": "Unencoded",
    "DER": "Derived",
    "UNK": "Unknown",
    "ASKU": "Asked but unknown",
    "NAV": "Temporarily unavailable",
    "NASK": "Not asked",
    "TRC": "Trace",
    "MSK": "Masked",
    "QS": "Sufficient Quantity",
    "NA": "Not applicable",
}

CODELISTS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            "ADAPT",
            "ADDON",
            "BRDNAIND",
            "BRIND",
            "DMCIND",
            "EXTTIND",
            "FDADEIND",
            "FDADRIND",
            "HLTSUBJI",
            "ONGOSIND",
            "PDPSTIND",
            "PDSTIND",
            "PIPIND",
            "RANDOM",
            "RDIND",
        ),
        ("No Yes Response", "C66742"),
    ),
    "CONROLE": ("Contact Role for Clinical Study", "C127257"),
    "INTMODEL": ("Intervention Model Response", "C99076"),
    "INTTYPE": ("Intervention Type Response", "C99078"),
    "OBSMODEL": ("Observational Study Model", "C127259"),
    "OBSTIMP": ("Observational Study Time Perspective", "C127261"),
    "OBSTSMM": ("Observational Study Sampling Method", "C127260"),
    "SEXPOP": ("Sex of Participants Response", "C66732"),
    "STYPE": ("Study Type Response", "C99077"),
    "TBLIND": ("Trial Blinding Schema Response", "C66735"),
    "TCNTRL": ("Control Type Response", "C66785"),
    "TINDTP": ("Trial Intent Type Response", "C66736"),
    "TPHASE": ("Trial Phase Response", "C66737"),
}
"""The code list that a parameter is answered from, and its NCI code."""
PARAMETER_CODES: Final = ("Trial Summary Parameter Test Code", "C66738")
CATEGORIES: Final = ("Category of Inclusion/Exclusion", CRITERION.cdisc)
CATEGORY_CODES: Final[Mapping[str, str]] = {row.value: row.nci for row in CRITERION.rows}
