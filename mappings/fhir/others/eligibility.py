"""Who can take part, as others write it: codes of LOINC, and criteria as an EvidenceVariable.

https://loinc.org/30525-0 (age), https://loinc.org/76691-5 (gender identity), https://loinc.org/46098-0
(sex)
"""

from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.others import words
from trialbridge.mappings.fhir.others.forms import Form, Others, each, objects, without
from trialbridge.mappings.fhir.study.dates import age
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import codings, has_code, of_code
from trialbridge.mappings.names import Names

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
AGES = {(LOINC, "30525-0"), (LOINC, "29553-5"), (SNOMED, "397669002")}
SEXES = {(LOINC, "76691-5"), (LOINC, "46098-0"), (LOINC, "72143-1"), (SNOMED, "263495000")}
_SEX_CODES = {
    "248152002": "FEMALE",
    "248153007": "MALE",
    "LA3-6": "FEMALE",
    "LA2-8": "MALE",
    "female": "FEMALE",
    "male": "MALE",
}
# https://ucum.org, and the words that stand for its units.
_UNITS = {
    **dict.fromkeys(("a", "year", "years", "yr", "yrs", "y", "an", "ans"), "a"),
    **dict.fromkeys(("mo", "month", "months"), "mo"),
    **dict.fromkeys(("wk", "week", "weeks"), "wk"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
}
_AGE = of_code(codes.USAGE_CONTEXT, "age")
_SEX = of_code(codes.USAGE_CONTEXT, "gender")
_CRITERION = of_code(codes.CHARACTERISTIC.url, "criterion", codes.CHARACTERISTIC.codes["criterion"])
_is_age = has_code(codes.USAGE_CONTEXT, "age", "code")
_is_criterion = has_code(codes.CHARACTERISTIC.url, "criterion", "code")
_CRITERIA = {"defined by codeableconcept", "eligibility criterion"}


_KINDS = {"age": "age", "sex": "sex", "gender": "sex"}


def _kind(concept: Any) -> str | None:
    """Whether a CodeableConcept is of age or sex, as others say it."""
    if concept.__class__ is not dict:
        return None
    for one in objects(concept.get("coding")):
        pair = one.get("system"), one.get("code")
        if pair in AGES or pair[1] == "grp-age":
            return "age"
        if pair in SEXES or pair[1] == "grp-gender":
            return "sex"
    said = words.words_of(concept)
    return None if said is None else _KINDS.get(words.folded(said))


def _characteristic(node: Node, others: Others) -> list[Node] | None:
    value = node.get("valueCodeableConcept")
    words_ = value.get("text") if value.__class__ is dict else None
    code = node.get("code")
    if (words_.__class__ is str and code == _CRITERION) or code == _SEX:
        return None  # Ours, as most are.
    if node.get("exclude") is True:
        return _criterion(node)
    kind = _kind(code)
    if kind == "age" or _is_age(node):
        age = _range(node)
        if age is not None:
            left = without(node, "code", "valueRange", "valueQuantity")
            made = {"code": _AGE, "valueRange": age, "exclude": False, **left}
            return None if made == node else [made]
    if kind == "sex":
        sexes = _sex(node.get("valueCodeableConcept"))
        if sexes is not None:
            value = {"coding": codings(codes.SEX).write(sexes, Names())}
            left = without(node, "code", "valueCodeableConcept")
            return [{"code": _SEX, "valueCodeableConcept": value, "exclude": False, **left}]
    return _criterion(node)


def _sex(value: Any) -> str | None:
    if value.__class__ is not dict:
        return None
    found = {_SEX_CODES.get(str(one.get("code"))) for one in objects(value.get("coding"))}
    if not found:
        meant: str | None = words.sex(value.get("text"))
        return meant
    if None in found:
        return None
    return "ALL" if len(found) > 1 else found.pop()


def _range(node: Node) -> Node | None:
    """An age as a range of whole numbers in UCUM; None where it is none, or is one already."""
    value = node.get("valueRange")
    if value.__class__ is not dict:
        quantity = node.get("valueQuantity")
        if quantity.__class__ is not dict:
            return None
        end = {">=": "low", "<=": "high"}.get(str(quantity.get("comparator")))
        if end is None:
            return None
        value = {end: without(quantity, "comparator")}
    assert value is not None
    made = dict(value)
    for end in ("low", "high"):
        quantity = value.get(end)
        if quantity.__class__ is dict:
            unit = quantity.get("code", quantity.get("unit"))
            code = _UNITS.get(str(unit).lower())
            if code is None:
                return None
            if quantity.get("code") != code:
                told = without(quantity, "unit") if _is_unit(quantity.get("unit")) else quantity
                made[end] = {**told, "system": codes.UCUM, "code": code}
    return made


def _is_unit(words: Any) -> bool:
    return str(words).lower() in _UNITS


def _criterion(node: Node) -> list[Node] | None:
    """A criterion in words: as EBM has it, or ECLAIRE."""
    code = node.get("code")
    value = node.get("valueCodeableConcept")
    if code.__class__ is not dict or value.__class__ is not dict:
        return None
    said = words.words_of(code)
    is_other = any(one.get("code") == "grp-other" for one in objects(code.get("coding")))
    if not is_other and (said is None or words.folded(said) not in _CRITERIA):
        return None
    text = value.get("text")
    if text is None:
        text = next((c["display"] for c in objects(value.get("coding")) if "display" in c), None)
        coded = [c for c in objects(value.get("coding")) if c.keys() - {"display"}]
        value = {"coding": coded} if coded else {}
    if text.__class__ is not str:
        return None
    return [{**node, "code": _CRITERION, "valueCodeableConcept": {**value, "text": text}}]


# --- EvidenceVariable --------------------------------------------------------------------------


def _variable(node: Node, others: Others) -> list[Node] | None:
    """Criteria as an EvidenceVariable: a Group says the same."""
    reference = node.get("eligibility")
    variable = others.resolve(reference, "EvidenceVariable")
    if variable is None or reference.__class__ is not dict:
        return None
    found: list[Node] = []
    left: list[Node] = []
    for one in objects(variable.get("characteristic")):
        made, more = _from_variable(one, others)
        found += [made] if made is not None else []
        left += [more] if more is not None else []
    group: Node = {
        "resourceType": "Group",
        "id": "#eligibility",
        "type": "person",
        "membership": "definitional",
    }
    members = ["characteristic"]
    text = variable.get("description")
    criteria = [one for one in found if _is_criterion(one)]
    if text.__class__ is str and all(_is_said(one, str(text)) for one in criteria):
        # The text has each criterion, and how they stand together.
        group["description"] = text
        found = [one for one in found if not _is_criterion(one)]
        members.append("description")
    if not found and "description" not in group:
        return None
    if found:
        group["characteristic"] = found
    if not left and variable.get("status") == "active":
        members.append("status")
    others.read_of(variable, *members)
    if left:
        current = others.resolve(reference) or {}
        others.replace(current, {**current, "characteristic": left})
    others.resources.add(group, None)
    kept = without(reference, "type")
    return [{**node, "eligibility": {**kept, "reference": "Group/#eligibility"}}]


def _is_said(criterion: Node, text: str) -> bool:
    if criterion["exclude"] and "exclusion" not in text.lower():
        return False
    return str(criterion["valueCodeableConcept"]["text"]) in text


def _from_variable(node: Node, others: Others) -> tuple[Node | None, Node | None]:
    """A characteristic of the Group, and what is left of that of the EvidenceVariable.

    https://hl7.org/fhir/R5/evidencevariable.html
    """
    exclude = node.get("exclude") is True
    typed = node.get("definitionByTypeAndValue")
    if typed.__class__ is dict and not exclude:
        values = {key: typed[key] for key in typed if key.startswith("value")}
        found = _characteristic({"code": typed.get("type"), **values}, others)
        if found and typed.keys() <= {"type", *values}:
            left = without(node, "exclude", "linkId", "definitionByTypeAndValue")
            return found[0], left or None
    concept = node.get("definitionCodeableConcept")
    text = node.get("description")
    left = without(node, "exclude", "linkId", "description")
    if text is None and concept.__class__ is dict and "text" in concept:
        text = concept["text"]
        left["definitionCodeableConcept"] = without(concept, "text")
    if text.__class__ is not str or left.keys() - {"definitionCodeableConcept"}:
        return None, node
    left = {key: value for key, value in left.items() if value}
    made = {"code": _CRITERION, "valueCodeableConcept": {"text": text}, "exclude": exclude}
    return made, left or None


def _group(node: Node, others: Others) -> list[Node] | None:
    """The Group of those who are eligible, with its characteristics as ours."""
    group = others.resolve(node.get("eligibility"), "Group")
    if group is None:
        return None
    nodes = group.get("characteristic")
    listed: list[Any] = nodes if nodes.__class__ is list else []
    for node in listed:
        # Of most Groups none is of another form, and no list need be made.
        if node.__class__ is dict and _characteristic(node, others) is not None:
            made = _CHARACTERISTICS(listed, others)
            others.replace(group, {**group, "characteristic": made})
            break
    return None


_CHARACTERISTICS = each(_characteristic)
_AGE_ENDS = {"minimum age": "low", "maximum age": "high"}


def _ages(nodes: list[Node], others: Others) -> list[Node] | None:
    """Ages as classifiers of the study: those of the Group that it refers to, if that is there."""
    if not any(map(_age_end, nodes)):
        return None
    recruitment = others.study.get("recruitment")
    if recruitment.__class__ is not dict or recruitment is None:
        return None
    group = others.resolve(recruitment.get("eligibility"), "Group")
    known = group.get("characteristic", []) if group is not None else None
    if known.__class__ is not list or any(_kind_of(one) == "age" for one in known or ()):
        return None
    assert group is not None
    ends: Node = {}
    left = []
    for node in nodes:
        end, value = _age_end(node) or (None, "")
        quantity = _age_of(value) if end is not None and end not in ends else None
        if end is not None and quantity is not None:
            ends[end] = quantity
        else:
            left.append(node)
    if not ends:
        return None
    age_ = {"code": _AGE, "valueRange": ends, "exclude": False}
    others.replace(group, {**group, "characteristic": [*(known or ()), age_]})
    return left


def _age_end(node: Any) -> tuple[str, str] | None:
    """Which end of the ages a classifier tells in words, and what it is."""
    label, value = words.labelled(node)
    end = _AGE_ENDS.get(label)
    return None if end is None else (end, value.strip())


def _kind_of(node: Any) -> str | None:
    if node.__class__ is not dict:
        return None
    return "age" if _is_age(node) else _kind(node.get("code"))


def _age_of(said: str) -> Node | None:
    number, _, unit = said.partition(" ")
    if not number.isdecimal() or unit.lower() not in _UNITS:
        return None
    quantity: Node | None = age.write(f"{number} {unit.capitalize()}", Names())
    return quantity


FORMS = (
    Form(
        "classifier",
        "`classifier.text`, as `Minimum Age: 18 Years`",
        "the age of the Group that is there",
        _ages,
        sign="text",
    ),
    Form(
        "recruitment",
        "`recruitment.eligibility`, an EvidenceVariable",
        "a Group of its criteria",
        each(_variable),
    ),
    Form(
        "recruitment",
        "age and sex by LOINC, SNOMED CT or in words, with units in words; criteria by their words",
        "characteristics of the Group",
        each(_group),
    ),
)
