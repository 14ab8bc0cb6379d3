"""A small record as its valid ODM document."""

from typing import Any

from odm_documents import Element, comes_back, texts, trial_of


def sent(protocol: dict[str, Any] | None = None, **sections: Any) -> Element:
    """The valid document of a record, which comes back as it was."""
    return comes_back(trial_of(protocol, **sections))


def parameters(root: Element) -> dict[str, str]:
    """Each StudyParameter by its OID without `SP.`: its value."""
    return {
        oid.removeprefix("SP."): held
        for oid, held in zip(
            texts(root, "//o:StudyParameter/@OID"),
            texts(root, "//o:StudyParameter/o:ParameterValue/@Value"),
            strict=True,
        )
    }
