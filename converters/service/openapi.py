"""The service described: https://spec.openapis.org/oas/v3.1.0"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from trialbridge import api
from trialbridge.formats import FORMATS, Format, checked_formats, read_formats, written_formats
from trialbridge.service.asking import OPTION_TYPES
from trialbridge.service.limits import Limits
from trialbridge.service.negotiation import FHIR_JSON, JSON, SVG, offers

_REFUSALS: Final = {
    "400": "A parameter or the body is not what is expected; the problem says what is.",
    "406": "None of the media types of the answer is accepted.",
    "408": "The body did not come in time.",
    "413": "The body, or what it unpacks to, is larger than the limit.",
    "415": "The body is of no type that a record comes as, or not of the type that is stated.",
    "422": "The record cannot be read, or what would be written is not valid.",
    "500": "A fault of the service, not of the record.",
    "503": "All processes are at work; to be asked again after the seconds of Retry-After.",
    "504": "The work was not done in time, and was stopped.",
}


def description(limits: Limits) -> dict[str, Any]:
    """Give the OpenAPI document of a service."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "trialbridge",
            "version": api.version(),
            "description": "Clinical-trial records between formats, and back, with nothing lost. "
            f"A body has at most {limits.size:,} bytes, the work on it {limits.seconds:g} seconds.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {
            "schemas": _SCHEMAS,
            "responses": {
                status: {"description": what, "content": _PROBLEMS, **_retry(status)}
                for status, what in _REFUSALS.items()
            },
        },
    }


def _paths() -> dict[str, Any]:
    written, read = _names(written_formats()), _names(read_formats())
    every = _names(FORMATS)
    both = [name for name in written if name in read]
    to = _parameter("to", "Format to write.", written, required=True)
    source = _parameter("from", "Format of the body; by default it is recognised.", read)
    checked = _parameter("from", "Format of the body, likewise.", _names(checked_formats()))
    via = _parameter("via", "Format to convert to and back from.", both, required=True)
    return {
        "/convert": _post(
            "Convert a record",
            "`to` may be left out where Accept names FHIR. The headers Trialbridge-From and "
            "Trialbridge-Warnings tell the format that was read, and how many warnings there are; "
            "`report=true` gives them with the document in one object.",
            [
                to | {"required": False},
                source,
                _switch("validate", "Refuse what would not be valid.", True),
                _parameter("indent", "Spaces for each level; 0 is none.", [*map(str, range(9))]),
                _switch("report", "Give the document and the problems in one object.", False),
                *_options(),
            ],
            {
                **{media: {"schema": _TEXT} for media in _media(written_formats())},
                JSON: {"schema": {"oneOf": [{"type": "object"}, _ref("Report")]}},
            },
        ),
        "/validate": _post(
            "List what is wrong with a record",
            "The answer is 200 whether it is valid or not.",
            [checked],
            {JSON: {"schema": _ref("Validity")}, FHIR_JSON: {"schema": _ref("Outcome")}},
        ),
        "/roundtrip": _post(
            "Convert there and back, and compare",
            "",
            [via, source],
            {JSON: {"schema": _ref("Differences")}},
        ),
        "/fidelity": _post(
            "Say of each value where it is after a conversion",
            "",
            [to, source],
            {JSON: {"schema": _ref("Fidelity")}},
        ),
        "/diff": {
            "post": _post(
                "Compare two records leaf by leaf, in any formats",
                "",
                [],
                {JSON: {"schema": _ref("Differences")}},
            )["post"]
            | {"requestBody": {"required": True, "content": {JSON: {"schema": _ref("Pair")}}}}
        },
        "/draw": _post("Draw the design of the trial", "", [source], {SVG: {"schema": _TEXT}}),
        "/formats": _get("List the formats, and their options", JSON),
        "/coverage/{format}": _get(
            "List where each leaf of the model goes in a format",
            JSON,
            [_parameter("format", "The format.", every, required=True) | {"in": "path"}],
            ("404",),
        ),
        "/health": _get("Tell if there is a process that is ready", JSON),
        "/metrics": _get("Give the counters, as Prometheus reads them", "text/plain"),
        "/openapi.json": _get("Give this document", JSON),
    }


def _post(
    what: str, more: str, parameters: list[dict[str, Any]], content: dict[str, Any]
) -> dict[str, Any]:
    return {
        "post": {
            "summary": what,
            **({"description": more} if more else {}),
            "parameters": parameters,
            "requestBody": {
                "required": True,
                "content": {
                    media: {"schema": _TEXT}
                    for media in (*_media(read_formats()), "application/octet-stream")
                },
            },
            "responses": {
                "200": {"description": "Done.", "content": content},
                **{status: {"$ref": f"#/components/responses/{status}"} for status in _REFUSALS},
            },
        }
    }


def _get(
    what: str,
    media: str,
    parameters: Iterable[dict[str, Any]] = (),
    refusals: Iterable[str] = (),
) -> dict[str, Any]:
    return {
        "get": {
            "summary": what,
            "parameters": list(parameters),
            "responses": {
                "200": {"description": "Done.", "content": {media: {}}},
                **{
                    status: {"description": "There is none.", "content": _PROBLEMS}
                    for status in refusals
                },
            },
        }
    }


def _parameter(
    name: str, what: str, values: list[str], *, required: bool = False
) -> dict[str, Any]:
    schema = {"type": "string", "enum": values}
    return {
        "name": name,
        "in": "query",
        "description": what,
        "required": required,
        "schema": schema,
    }


def _switch(name: str, what: str, default: bool) -> dict[str, Any]:
    schema = {"type": "boolean", "default": default}
    return {"name": name, "in": "query", "description": what, "required": False, "schema": schema}


def _options() -> list[dict[str, Any]]:
    """The options of all formats, each with the formats that have it."""
    found: dict[str, dict[str, Any]] = {}
    owners: dict[str, list[str]] = {}
    types = {"bool": "boolean", "int": "integer"}
    for known in FORMATS:
        for option in known.options:
            if option.type not in OPTION_TYPES:
                continue
            owners.setdefault(option.name, []).append(known.name)
            schema: dict[str, Any] = {"type": types.get(option.type, "string")}
            if option.choices:
                schema["enum"] = list(option.choices)
            found[option.name] = {
                "name": option.name,
                "in": "query",
                "description": f"{option.help} Of {', '.join(owners[option.name])}.",
                "required": False,
                "schema": schema,
            }
    return list(found.values())


def _names(formats: tuple[Format, ...]) -> list[str]:
    return [known.name for known in formats]


def _media(formats: tuple[Format, ...]) -> list[str]:
    """The media types of formats, without their parameters."""
    every = (offer.partition(";")[0] for known in formats for offer in offers(known))
    return list(dict.fromkeys(every))


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _retry(status: str) -> dict[str, Any]:
    if status != "503":
        return {}
    what = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    return {"headers": {"Retry-After": what}}


_TEXT: Final = {"type": "string"}
_MANY: Final = {"type": "array", "items": {"type": "string"}}
_PROBLEMS: Final = {
    JSON: {"schema": {"$ref": "#/components/schemas/Problems"}},
    FHIR_JSON: {"schema": {"$ref": "#/components/schemas/Outcome"}},
}
_LIST: Final = {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}}
_SCHEMAS: Final[dict[str, Any]] = {
    "Problem": {
        "type": "object",
        "required": ["severity", "layer", "path", "code", "message"],
        "properties": {
            "severity": {"enum": ["fatal", "error", "warning", "information"]},
            "layer": _TEXT,
            "path": {
                "type": "string",
                "description": "A place: a JSON pointer, a FHIRPath, or a line.",
            },
            "code": _TEXT,
            "message": _TEXT,
            "link": {"type": "string", "description": "The clause of the specification."},
            "line": {"type": "integer"},
            "column": {"type": "integer"},
            "side": {"enum": ["before", "after"], "description": "Of /diff: which document."},
        },
    },
    "Problems": {"type": "object", "required": ["problems"], "properties": {"problems": _LIST}},
    "Outcome": {
        "type": "object",
        "description": "A FHIR R5 OperationOutcome.",
        "properties": {"resourceType": {"const": "OperationOutcome"}, "issue": {"type": "array"}},
    },
    "Report": {
        "type": "object",
        "properties": {
            "from": _TEXT,
            "to": _TEXT,
            "mediaType": _TEXT,
            "document": _TEXT,
            "encoding": {"const": "base64", "description": "Of a document that is no text."},
            "problems": _LIST,
        },
    },
    "Validity": {
        "type": "object",
        "properties": {
            "format": {"type": ["string", "null"]},
            "valid": {"type": "boolean"},
            "problems": _LIST,
        },
    },
    "Differences": {
        "type": "object",
        "properties": {
            "same": {"type": "boolean"},
            "differences": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer"],
                    "properties": {"pointer": _TEXT, "before": {}, "after": {}},
                },
            },
        },
    },
    "Fidelity": {
        "type": "object",
        "properties": {
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            "source": _TEXT,
            "to": _TEXT,
            "native": _MANY,
            "official": _MANY,
            "ours": _MANY,
            "not_carried": _MANY,
            "problems": _LIST,
        },
    },
    "Pair": {
        "type": "object",
        "required": ["before", "after"],
        "additionalProperties": False,
        "properties": {
            "before": {"type": ["string", "object"]},
            "after": {"type": ["string", "object"]},
            "fromBefore": {"type": ["string", "null"]},
            "fromAfter": {"type": ["string", "null"]},
        },
    },
}
