"""HL7 FHIR, version by version, as JSON and as XML."""

from trialbridge.formats.format import Format
from trialbridge.formats.options import Option

_FHIR = "trialbridge.schemas.fhir.versions"
_FHIR_XML = "trialbridge.schemas.fhir.xml.checks"

_BUNDLE = Option(
    "bundle",
    "choice",
    "collection",
    "Type of the Bundle; transaction and batch ask a server to put each resource at its id.",
    choices=("collection", "transaction", "batch"),
)
_BASE = Option(
    "base",
    "url",
    "",
    "Url of the server that the full urls of the resources begin with; without one they have ours.",
)
_NARRATIVE = Option(
    "narrative",
    "bool",
    False,
    "Give the study a text for people: status, arms, outcomes, criteria and sites as XHTML.",
)
_PICTURE = Option(
    "picture",
    "bool",
    False,
    "Give the study such a text with its design as a picture in it, as `trialbridge draw` has it.",
)
_STATED = Option(
    "stated",
    "bool",
    False,
    "Beside words, what they state for machines: ages, values of criteria, times of outcomes.",
)

_PROFILE = Option(
    "profile",
    "choice",
    "none",
    "Of R4: what a guide asks for, France's ECLAIRE or Modul Studie of Germany's MII.",
    choices=("none", "eclaire", "mii"),
)
# Of the other versions the option says that there is none.
_NO_GUIDE = _PROFILE._replace(asks="trialbridge.formats.fhir.r5:no_guide")
_OPTIONS = (_BUNDLE, _BASE, _NARRATIVE, _PICTURE, _STATED)

_BEYOND_FHIR = "trialbridge.mappings.fhir.beyond"


def _fhir(edition: str, module: str, coverage: str, aliases: tuple[str, ...] = ()) -> Format:
    return Format(
        name=f"fhir-{edition}",
        aliases=aliases,
        title=f"HL7 FHIR {edition.upper()} Bundle, JSON",
        syntax="json",
        marks=("resourceType",),
        reader=module,
        writer=module,
        validator=f"trialbridge.schemas.fhir.{edition}",
        coverage=coverage,
        beyond=_BEYOND_FHIR,
        options=(*_OPTIONS, _PROFILE if edition == "r4" else _NO_GUIDE),
        told_by=_FHIR,
        edition=edition,
    )


def _fhir_xml(edition: str, coverage: str, aliases: tuple[str, ...] = ()) -> Format:
    module = f"trialbridge.formats.fhir.xml.{edition}"
    return Format(
        name=f"fhir-{edition}-xml",
        aliases=aliases,
        title=f"HL7 FHIR {edition.upper()} Bundle, XML",
        syntax="xml",
        marks=("http://hl7.org/fhir",),
        reader=module,
        writer=module,
        validator=module,
        coverage=coverage,
        beyond=_BEYOND_FHIR,
        options=(*_OPTIONS, _PROFILE if edition == "r4" else _NO_GUIDE),
        told_by=_FHIR_XML,
        edition=edition,
        form_of=f"fhir-{edition}",
    )


ROWS: tuple[Format, ...] = (
    _fhir("r5", "trialbridge.formats.fhir.r5", "trialbridge.mappings.fhir.r5", ("fhir",)),
    _fhir("r4b", "trialbridge.formats.fhir.r4b", "trialbridge.formats.fhir.r4b"),
    _fhir("r4", "trialbridge.formats.fhir.r4", "trialbridge.formats.fhir.r4"),
    _fhir_xml("r5", "trialbridge.mappings.fhir.r5", ("fhir-xml",)),
    _fhir_xml("r4b", "trialbridge.formats.fhir.r4b"),
    _fhir_xml("r4", "trialbridge.formats.fhir.r4"),
    Format(
        name="fhir-r6",
        aliases=(),
        title="HL7 FHIR R6 (a ballot), JSON",
        syntax="json",
        marks=("resourceType",),
        reader="trialbridge.formats.fhir.r6",
        coverage="trialbridge.mappings.fhir.versions.r6",
        beyond=_BEYOND_FHIR,
        told_by=_FHIR,
        edition="r6",
    ),
)
