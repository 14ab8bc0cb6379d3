"""The JSON Schema of the model's own JSON (format `trial`), made from the structs.

    python -m trialbridge.schemas.json_schema            # rewrites schemas/trial.schema.json
    python -m trialbridge.schemas.json_schema --check    # exits 1 if it is not current

Descriptions are the docstrings of the structs and the texts under their attributes.
https://json-schema.org/draft/2020-12
"""

import ast
import sys
from collections.abc import Sequence
from inspect import cleandoc, getsource
from pathlib import Path
from typing import Any

import msgspec

from trialbridge.schemas import trial

PATH = Path(__file__).with_name("trial.schema.json")


def build() -> dict[str, Any]:
    """Build the schema of `Trial`, its other structs under `$defs`."""
    schema = msgspec.json.schema(trial.Trial)
    defs: dict[str, Any] = schema["$defs"]
    for name, texts in _attribute_texts().items():
        for attribute, text in texts.items():
            key = _key(name, attribute)
            if name in defs and key in defs[name]["properties"]:
                described = defs[name]["properties"][key]
                described["description"] = " ".join(
                    [text, *described.get("description", "").split()]
                )
    root = defs.pop("Trial")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": trial.SCHEMA_ID,
        **_tidy(root),
        "$defs": _tidy(defs),
    }


def render() -> bytes:
    """Give the schema file's content."""
    return msgspec.json.format(msgspec.json.encode(build()), indent=2) + b"\n"


def main(arguments: Sequence[str] = ()) -> int:
    """Write the schema file, or with `--check` tell whether it is current; give the exit status."""
    content = render()
    if "--check" not in arguments:
        PATH.write_bytes(content)
    elif not PATH.exists() or PATH.read_bytes() != content:
        print(f"{PATH.name} is not current: python -m {__spec__.name}", file=sys.stderr)
        return 1
    return 0


def _attribute_texts() -> dict[str, dict[str, str]]:
    """Gather the texts under attributes, by struct; a struct has those of its base too."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(getsource(trial)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        texts: dict[str, str] = {}
        for base in node.bases:
            texts |= found.get(base.id, {}) if isinstance(base, ast.Name) else {}
        for statement, after in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            ):
                texts[statement.target.id] = cleandoc(after.value.value)
        found[node.name] = texts
    return found


def _key(struct: str, attribute: str) -> str:
    """Give the JSON key of a struct's attribute."""
    names = {
        field.name: field.encode_name for field in msgspec.structs.fields(getattr(trial, struct))
    }
    return names[attribute]


def _tidy(schema: Any) -> Any:
    """Take the defaults out of a schema, as what is absent is left out, and dedent its texts."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _tidy(value) for key, value in schema.items() if (key, value) != ("default", None)}
    if isinstance(kept.get("description"), str):
        kept["description"] = cleandoc(kept["description"])
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
