"""Kinds of designs among the records of a run, and a picture of each."""

from __future__ import annotations

from collections import Counter
from typing import Final, cast

from trialbridge.mappings.pictures.design import draw
from trialbridge.mappings.record import registry
from trialbridge.schemas.trial import (
    ArmGroup,
    ArmGroupType,
    ArmsInterventionsModule,
    DesignAllocation,
    DesignInfo,
    DesignModule,
    IdentificationModule,
    InterventionalAssignment,
    ObservationalModel,
    ProtocolSection,
    Trial,
)

_MOST_ARMS: Final = 6
"""Designs of more arms are of no kind: hardly two are alike."""

_GROUP: Final = "GROUP"
"""An arm without a type, as the groups of observational studies are."""


def kind_of(trial: Trial) -> str:
    """Name the kind of a design by the registry's codes: allocation, model, types of its arms.

    `RANDOMIZED/PARALLEL//EXPERIMENTAL,PLACEBO_COMPARATOR`; the third is the model of observational
    studies. Arms are in the order of their types, so that those of two records compare. Empty
    where a record says none of it, or has more than six arms.
    """
    protocol = trial.protocol or ProtocolSection()
    info = (protocol.design and protocol.design.design_info) or DesignInfo()
    arms = (protocol.arms_interventions and protocol.arms_interventions.arm_groups) or []
    if len(arms) > _MOST_ARMS:
        return ""
    said = (
        info.allocation or "",
        info.intervention_model or "",
        info.observational_model or "",
        ",".join(sorted(arm.type or _GROUP for arm in arms)),
    )
    return "/".join(said) if any(said) else ""


def words_of(kind: str) -> str:
    """Say a kind in the registry's words: `Randomized, Parallel, 2 Experimental`."""
    allocation, model, observed, types = kind.split("/")
    said = [
        registry.ALLOCATION.codes.get(allocation, "") if allocation != "NA" else "",
        registry.INTERVENTION_MODEL.codes.get(model, ""),
        registry.OBSERVATIONAL_MODEL.codes.get(observed, ""),
    ]
    arms = Counter(types.split(",")) if types else Counter()
    said += [
        f"{count} {registry.ARM_TYPE.codes.get(type_, 'Group')}" for type_, count in arms.items()
    ]
    return ", ".join(filter(None, said))


def picture_of(kind: str, title: str) -> bytes:
    """Draw a kind of design as SVG, under a title: the picture of a trial that says no more."""
    allocation, model, observed, types = kind.split("/")
    info = DesignInfo(
        allocation=cast("DesignAllocation", allocation or None),
        intervention_model=cast("InterventionalAssignment", model or None),
        observational_model=cast("ObservationalModel", observed or None),
    )
    arms = [
        ArmGroup(label="Group") if type_ == _GROUP else ArmGroup(type=cast("ArmGroupType", type_))
        for type_ in (types.split(",") if types else ())
    ]
    return draw(
        Trial(
            protocol=ProtocolSection(
                identification=IdentificationModule(brief_title=title),
                design=DesignModule(design_info=info),
                arms_interventions=ArmsInterventionsModule(arm_groups=arms),
            )
        )
    )
