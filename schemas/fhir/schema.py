"""JSON Schemas of FHIR R5, R4B and R4, made from the digests: the gate that every document passes.

HL7's own schemas lack the enumerations of required codes. These have them, and tell resources apart
by resourceType. jsonschema-rs says yes or no in microseconds; `jsonschema` says why not. What a
schema cannot say (references, at most one of a choice, real days, nulls and their twins) is for the
walker.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from importlib import import_module
from math import isfinite
from typing import Any, Final

import jsonschema_rs

from trialbridge.schemas.fhir.digests.definitions import Definitions, Row, Version, definitions
from trialbridge.schemas.once import LOCK, once
from trialbridge.schemas.problem import Problem

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# Blanks are listed and digits too: what \s and \d match differs between the two libraries.
_B: Final = " \\t\\r\\n"
_YEAR: Final = "([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_DAY: Final = "(0[1-9]|[12][0-9]|3[01])"
_TIME: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?"
_ZONE: Final = "(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_NO_BLANKS: Final = f"^[^{_B}]+$"
# What Python takes for blank, and the control characters that FHIR forbids.
_BLANK: Final = "\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROLS: Final = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f"
_TEXT: Final = f"^[^{_CONTROLS}]*[^{_CONTROLS}{_B}{_BLANK}][^{_CONTROLS}]*$"

# https://hl7.org/fhir/R5/datatypes.html#primitive
PATTERNS: Final = {
    "base64Binary": f"^[A-Za-z0-9+/={_B}]+$",
    "canonical": _NO_BLANKS,
    "code": f"^[^{_B}]+([{_B}][^{_B}]+)*$",
    "date": f"^{_YEAR}(-(0[1-9]|1[0-2])(-{_DAY})?)?$",
    "dateTime": f"^{_YEAR}(-(0[1-9]|1[0-2])(-{_DAY}(T{_TIME}{_ZONE})?)?)?$",
    "id": "^[A-Za-z0-9.-]{1,64}$",
    "instant": f"^{_YEAR}-(0[1-9]|1[0-2])-{_DAY}T{_TIME}{_ZONE}$",
    "integer64": "^(0|[+-]?[1-9][0-9]*)$",
    "markdown": _TEXT,
    "oid": "^urn:oid:[0-2](\\.(0|[1-9][0-9]*))+$",
    "string": _TEXT,
    "time": f"^{_TIME}$",
    "uri": _NO_BLANKS,
    "url": _NO_BLANKS,
    "uuid": "^urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "xhtml": _TEXT,
}

MAX_STRING: Final = 1_048_576

LEFT_TO_GATE: Final = frozenset({"id", "markdown", "string"})
"""The primitives whose form the lean pass does not look at."""

INTEGERS: Final = {
    "integer": (-(2**31), 2**31 - 1),
    "positiveInt": (1, 2**31 - 1),
    "unsignedInt": (0, 2**31 - 1),
}

_TWIN: Final = {"$ref": "#/$defs/Element"}


def schema(
    version: Version, resources: Iterable[str] | None = None, *, forms: bool = True
) -> Schema:
    """Give the JSON Schema of a FHIR version: of these types of resources alone, or of all.

    Without `forms`, of primitives it has the forms of those alone that the lean pass leaves to it.
    """
    known = definitions(version)
    names = sorted(
        known.resources if resources is None else known.resources.intersection(resources)
    )
    defs: dict[str, Schema] = {
        "Resource": _by_type(names),
        "Element": _object(known, "Element", forms=forms),
    }
    todo = [*names, "Extension"]
    while todo:
        path = todo.pop()
        if path not in defs:
            defs[path] = _object(known, path, forms=forms)
            todo += _named(known, path)
    return {"$schema": DIALECT, "$ref": "#/$defs/Resource", "$defs": dict(sorted(defs.items()))}


def _named(known: Definitions, path: str) -> Iterator[str]:
    """Give the objects that an object's schema refers to."""
    for name, row in known.rows(path).items():
        for _, type_, twin in members(known, name, row):
            reference = _content(known, f"{path}.{name}", row, type_, forms=False).get("$ref")
            if reference and not twin:
                yield reference.removeprefix("#/$defs/")


def _by_type(names: Sequence[str]) -> Schema:
    """Tell resources apart by halves, so that a resource is asked of eight lists and not of all."""
    if not names:
        return {"not": {}}
    if len(names) == 1:
        return {"$ref": f"#/$defs/{names[0]}"}
    half = len(names) // 2
    mine: Schema = {"properties": {"resourceType": {"enum": list(names[:half])}}}
    return {
        "type": "object",
        "required": ["resourceType"],
        "if": mine,
        "then": _by_type(names[:half]),
        "else": _by_type(names[half:]),
    }


def _object(known: Definitions, path: str, *, forms: bool) -> Schema:
    properties: dict[str, Schema] = {}
    required: list[str] = []
    either: list[Schema] = []
    if path in known.resources:
        properties["resourceType"] = {"const": path}
        required.append("resourceType")
    for name, row in known.rows(path).items():
        keys: list[str] = []
        for key, type_, twin in members(known, name, row):
            content = _TWIN if twin else _content(known, f"{path}.{name}", row, type_, forms=forms)
            keys.append(key)
            if row.max != 1:
                content = {"type": "array", "items": _nullable(content), "minItems": 1}
                if row.max:
                    content["maxItems"] = row.max
            properties[key] = content
        if row.min and len(keys) == 1:
            required += keys
        elif row.min:
            either.append({"anyOf": [{"required": [key]} for key in keys]})
    made: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
    }
    if required:
        made["required"] = required
    if either:
        made["allOf"] = either
    return made


def members(known: Definitions, name: str, row: Row) -> Iterator[tuple[str, str, bool]]:
    """Give the JSON members of an element: key, type (with its targets), whether it is a twin.

    `value[x]` is `valueString`, `_valueString`, `valueQuantity` and so on.
    """
    stem = name.removesuffix("[x]")
    for type_ in row.types:
        code = type_.partition("(")[0]
        # A profile goes by its type's name: valueQuantity, not valueSimpleQuantity.
        shown = "Quantity" if code in ("SimpleQuantity", "MoneyQuantity") else code
        key = stem if stem == name else f"{stem}{shown[0].upper()}{shown[1:]}"
        yield key, type_, False
        if code in known.primitives and not row.attribute and code != "xhtml":
            yield f"_{key}", "Element", True


def _nullable(content: Schema) -> Schema:
    """Allow null in the list of a primitive and in that of its twins."""
    if "$ref" in content:
        return {"anyOf": [{"type": "null"}, content]} if content is _TWIN else content
    if "enum" in content:
        return {"enum": [None, *content["enum"]]}
    return {**content, "type": [content["type"], "null"]}


def _content(known: Definitions, path: str, row: Row, type_: str, *, forms: bool) -> Schema:
    code = type_.partition("(")[0]
    if code.startswith("#"):
        return {"$ref": f"#/$defs/{code[1:]}"}
    if code in ("BackboneElement", "Element"):
        return {"$ref": f"#/$defs/{path}"}
    if code not in known.primitives:
        return {"$ref": f"#/$defs/{code}"}
    if code == "code" and row.strength == "required":
        codes = closed(known, row.value_set)
        if codes is not None:
            return {"enum": list(codes)}
    if code == "boolean":
        return {"type": "boolean"}
    if code == "decimal":
        return {"type": "number"}
    if code in INTEGERS:
        least, most = INTEGERS[code]
        return {"type": "integer", "minimum": least, "maximum": most}
    if not forms and code not in LEFT_TO_GATE:
        return {"type": "string"}
    made: Schema = {"type": "string", "pattern": PATTERNS[code]}
    return {**made, "maxLength": MAX_STRING} if code in ("markdown", "string") else made


def closed(known: Definitions, value_set: str) -> tuple[str, ...] | None:
    """Give all codes of a value set; None if they are not enumerated."""
    found = known.value_set(value_set)
    if found is None or None in found.systems.values():
        return None
    listed = dict.fromkeys(code for codes in found.systems.values() for code in codes or ())
    return tuple(listed)


class _Gate:
    """The compiled schema of the types of resources that have come by so far.

    Compiling all of R5 takes 200 ms, those of a trial's Bundle 20.
    """

    def __init__(self, version: Version, forms: bool) -> None:
        self.version: Version = version
        self.forms = forms
        self.names: frozenset[str] = frozenset()
        self.accepts = self.compile(self.names)

    def compile(self, names: frozenset[str]) -> Callable[[Any], bool]:
        made = schema(self.version, names, forms=self.forms)
        return jsonschema_rs.Draft202012Validator(made).is_valid

    def passes(self, tree: Any) -> bool:
        if self.accepts(tree):
            return True
        new = _resource_types(tree) & definitions(self.version).resources
        with LOCK:
            if not new <= self.names:
                names = self.names | new
                self.accepts, self.names = self.compile(names), names
            accepts = self.accepts
        return accepts(tree)


_gate = once(_Gate)


def _resource_types(tree: Any) -> set[str]:
    """Give what any object of a tree says to be its type of resource."""
    found: set[str] = set()
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            name = node.get("resourceType")
            if isinstance(name, str):
                found.add(name)
            node = list(node.values())
        if isinstance(node, list):
            todo += [each for each in node if isinstance(each, dict | list)]
    return found


def gate(tree: Any, version: Version, *, forms: bool = True) -> bool:
    """Say whether parsed JSON has the structure of a resource of a FHIR version.

    Without `forms`, beside the lean pass: what that says of primitives is not asked again.
    A schema is compiled when a type of resource comes by for the first time. For trees that the
    walker found to be at most MAX_DEPTH deep: jsonschema-rs has no limit but its stack.
    """
    try:
        return _gate(version, forms).passes(tree)
    except (ValueError, TypeError):
        # Numbers of thousands of digits, keys that are no strings, lone surrogates.
        return False


def explain(tree: Any, version: Version) -> list[Problem]:
    """Say why the gate refuses parsed JSON: the reason that tells most, as `jsonschema` sees it.

    Empty if the schema accepts it.
    """
    best_match = import_module("jsonschema.exceptions").best_match
    try:
        error = best_match(_explaining(version).iter_errors(tree))
    except RecursionError:
        return [_problem("", "depth", "nested too deep for the JSON Schema")]
    if error is None:
        return []
    path = ""
    for step in error.absolute_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    name = tree.get("resourceType") if isinstance(tree, dict) else None
    message = error.message if len(error.message) <= 200 else f"{error.message[:200]}..."
    return [_problem(f"{name or ''}{path}", str(error.validator), message)]


def agrees(tree: Any, version: Version) -> bool:
    """Say what `jsonschema` says of the same schema, for comparison with `gate`."""
    return bool(_explaining(version).is_valid(tree))


def _problem(path: str, code: str, message: str) -> Problem:
    return Problem(severity="error", layer="schema", path=path, code=code, message=message)


@once
def _explaining(version: Version) -> Any:
    # Needed only for what is refused; its import takes longer than the gate does for a Bundle.
    jsonschema = import_module("jsonschema")
    draft = jsonschema.Draft202012Validator

    def pattern(_: Any, regex: str, value: Any, __: Schema) -> Iterator[Exception]:
        # In Python's regular expressions $ is before a last line's end too.
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", regex), value):
            yield jsonschema.ValidationError(f"{value!r} does not match {regex!r}")

    def number(_: Any, value: Any) -> bool:
        # jsonschema takes NaN, which JSON does not have, for a number.
        real = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        return real and isfinite(value)

    extend = jsonschema.validators.extend
    types = draft.TYPE_CHECKER.redefine("number", number)
    return extend(draft, {"pattern": pattern}, type_checker=types)(schema(version))
