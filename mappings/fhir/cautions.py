"""What a reader of a Bundle should know: it asks for something, goes on elsewhere, or means more.

The resources are read all the same. https://hl7.org/fhir/R5/http.html#transaction,
https://hl7.org/fhir/R5/http.html#paging, https://hl7.org/fhir/R5/extensibility.html#modifierExtension
"""

from collections.abc import Iterator
from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.schemas.problem import Problem

_HTTP = "https://hl7.org/fhir/R5/http.html"
_EXTENSIBILITY = "https://hl7.org/fhir/R5/extensibility.html#modifierExtension"
_SHOWN = 80


def cautions(tree: Node, resources: list[Node]) -> list[Problem]:
    """Give a warning for each page that there may be, deletion, and unknown modifier."""
    return [
        Problem(
            severity="warning", layer="mapping", path=path, code=code, message=message, link=link
        )
        for path, code, message, link in dict.fromkeys([*_asked(tree), *_modified(resources)])
    ]


def _asked(tree: Node) -> Iterator[tuple[str, str, str, str]]:
    if tree.get("resourceType") != "Bundle":
        return
    for index, link in enumerate(_objects(tree.get("link"))):
        if link.get("relation") == "next":
            message = (
                f"the Bundle goes on at {_shown(link.get('url'))}, which is not followed:"
                " the record may be incomplete"
            )
            yield f"Bundle.link[{index}]", "incomplete", message, f"{_HTTP}#paging"
    for index, entry in enumerate(_objects(tree.get("entry"))):
        request = entry.get("request")
        if isinstance(request, dict) and request.get("method") == "DELETE":
            path = f"Bundle.entry[{index}].request"
            message = f"asks a server to delete {_shown(request.get('url'))}, which is read here"
            yield path, "deletion", message, f"{_HTTP}#transaction"


def _modified(resources: list[Node]) -> Iterator[tuple[str, str, str, str]]:
    """No modifier is known here, so each may turn what is read into its opposite."""
    todo: list[tuple[str, Any]] = [(str(each.get("resourceType")), each) for each in resources]
    while todo:
        path, node = todo.pop()
        if isinstance(node, list):
            todo += [(path, each) for each in reversed(node)]
        elif isinstance(node, dict):
            for each in _objects(node.get("modifierExtension")):
                message = (
                    f"{_shown(each.get('url'))} is not known, and may change what the element"
                    " means: it is read as if this were not there"
                )
                yield f"{path}.modifierExtension", "modifier", message, _EXTENSIBILITY
            todo += [
                (f"{path}.{key}", inner)
                for key, inner in reversed(node.items())
                if isinstance(inner, dict | list) and key != "modifierExtension"
            ]


def _objects(value: object) -> list[Node]:
    listed = value if isinstance(value, list) else []
    return [each for each in listed if isinstance(each, dict)]


def _shown(value: object) -> str:
    return str(value)[:_SHOWN]
