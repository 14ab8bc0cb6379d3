"""A record as a page for people, which FHIR calls its narrative.

Made of the record itself, with nothing that its elements do not say; nothing is read of it. The
XHTML has headings, tables, lists and links alone and, where it is asked for, the design as an
image: no SVG may stand in it, but a URL `data:` in `img`. https://hl7.org/fhir/R5/narrative.html
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from trialbridge.mappings.codec import Node, System
from trialbridge.mappings.names import own_id
from trialbridge.mappings.record import criteria, registry
from trialbridge.mappings.record.arms import Received
from trialbridge.mappings.record.markdown import plain
from trialbridge.schemas.syntax.xml import FORBIDDEN
from trialbridge.schemas.trial import (
    ArmsInterventionsModule,
    EligibilityModule,
    Location,
    OutcomesModule,
    ProtocolSection,
    StatusModule,
    Trial,
)

# More columns than that are not read across.
_COLUMNS = 8
_PARAGRAPHS = re.compile(r"\n\s*\n")


def narrative(trial: Trial, source: str | None, *, picture: bool = False) -> Node:
    """The text of the ResearchStudy: status, interventions by arm, outcomes, criteria, sites.

    `source` is where the register shows the record; `picture` says whether the design is drawn.
    """
    body = "".join(_sections(trial, source, picture))
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'
    return {"status": "generated", "div": div}


def _sections(trial: Trial, source: str | None, picture: bool) -> Iterator[str]:
    protocol = trial.protocol or ProtocolSection()
    identification = protocol.identification
    title = identification.brief_title if identification else None
    yield f"<h2>{_words(title or own_id(trial) or 'A trial')}</h2>"
    if identification and identification.official_title not in (None, "", title):
        yield f"<p>{_words(identification.official_title or '')}</p>"
    yield _table((), _about(trial, protocol), head=True)
    if source:
        shown = escape(_allowed(source))
        yield f'<p><a href="{shown}">{shown}</a></p>'
    if protocol.description and protocol.description.brief_summary:
        yield f"<h3>Summary</h3>{_paragraphs(protocol.description.brief_summary)}"
    if picture:
        yield _drawn(trial, title)
    if protocol.arms_interventions:
        yield from _arms(protocol.arms_interventions)
    if protocol.outcomes:
        yield from _outcomes(protocol.outcomes)
    if protocol.eligibility:
        yield from _eligibility(protocol.eligibility)
    if protocol.contacts_locations and protocol.contacts_locations.locations:
        yield from _sites(protocol.contacts_locations.locations)


def _drawn(trial: Trial, title: str | None) -> str:
    """The design as an image that stands in the text itself, so that nothing is to be fetched."""
    from base64 import b64encode

    from trialbridge.mappings.pictures.design import draw

    data = b64encode(draw(trial)).decode()
    said = escape(_allowed(f"Design of {title or own_id(trial) or 'a trial'}"))
    return f'<h3>Design</h3><p><img src="data:image/svg+xml;base64,{data}" alt="{said}"/></p>'


# --- what it is about --------------------------------------------------------------------------


def _about(trial: Trial, protocol: ProtocolSection) -> Iterator[tuple[str, str]]:
    """Labels, and what the record says of each."""
    if own := own_id(trial):
        yield "Record", _words(own)
    status = protocol.status or StatusModule()
    if status.overall_status:
        stopped = f": {plain(status.why_stopped)}" if status.why_stopped else ""
        yield "Status", _words(_title(registry.STATUS, status.overall_status) + stopped)
    design = protocol.design
    if design and design.study_type:
        phases = [_title(registry.PHASE, phase) for phase in design.phases or ()]
        kind = _title(registry.STUDY_TYPE, design.study_type)
        yield "Type", _words(", ".join((kind, *phases)))
    sponsors = protocol.sponsor_collaborators
    if sponsors and sponsors.lead_sponsor and sponsors.lead_sponsor.name:
        yield "Sponsor", _words(sponsors.lead_sponsor.name)
    if sponsors and (names := [one.name for one in sponsors.collaborators or () if one.name]):
        yield "With", _words("; ".join(names))
    if protocol.conditions and protocol.conditions.conditions:
        yield "Conditions", _words("; ".join(protocol.conditions.conditions))
    for label, date in (("Start", status.start_date), ("Completion", status.completion_date)):
        if date and date.date:
            kind = f" ({registry.DATE_TYPE.codes[date.type].lower()})" if date.type else ""
            yield label, _words(date.date + kind)
    enrollment = design.enrollment_info if design else None
    if enrollment and enrollment.count is not None:
        kind = f" ({enrollment.type.lower()})" if enrollment.type else ""
        yield "Participants", _words(f"{enrollment.count}{kind}")


# --- the parts ---------------------------------------------------------------------------------


def _arms(module: ArmsInterventionsModule) -> Iterator[str]:
    """A table of who receives what, as either side of the record says it, and what that is."""
    arms = [arm for arm in module.arm_groups or () if arm.label or arm.type]
    given = [one for one in module.interventions or () if one.name]
    shown = [one.name or "" for one in given]
    received = Received(given)
    if arms:
        yield "<h3>Arms and interventions</h3>"
        wide = len(given) > _COLUMNS
        heads = ["Arm", *(("Receives",) if wide else map(_words, shown) if given else ())]
        rows = []
        for arm in arms:
            kind = f" ({_title(registry.ARM_TYPE, arm.type)})" if arm.type else ""
            which = received.by(arm)
            cells = (
                [_words("; ".join(shown[position] for position in which))]
                if wide
                else ["✓" if position in which else "" for position in range(len(given))]
            )
            rows.append((_words((arm.label or "") + kind), *cells))
        yield _table(heads, rows, head=True)
    if given:
        yield "<h3>Interventions</h3>"
        kinds = (_title(registry.INTERVENTION_TYPE, one.type) if one.type else "" for one in given)
        yield _table(
            ("Intervention", "Type", "Description"),
            [
                (_words(name), _words(kind), _words(plain(one.description or "")))
                for name, kind, one in zip(shown, kinds, given, strict=True)
            ],
        )


def _outcomes(module: OutcomesModule) -> Iterator[str]:
    rows = [
        (kind, _words(plain(one.measure or "")), _words(plain(one.time_frame or "")))
        for kind, outcomes in (
            ("Primary", module.primary_outcomes),
            ("Secondary", module.secondary_outcomes),
            ("Other", module.other_outcomes),
        )
        for one in outcomes or ()
    ]
    if rows:
        yield "<h3>Outcomes</h3>"
        yield _table(("Outcome", "Measure", "Time frame"), rows)


def _eligibility(module: EligibilityModule) -> Iterator[str]:
    yield "<h3>Who can take part</h3>"
    said = []
    if module.minimum_age or module.maximum_age:
        least = module.minimum_age or "up"
        most = f" to {module.maximum_age}" if module.maximum_age else " and older"
        said.append(("Age", least + most))
    if module.sex:
        said.append(("Sex", _title(registry.SEX, module.sex)))
    if module.healthy_volunteers is not None:
        said.append(("Healthy volunteers", "Yes" if module.healthy_volunteers else "No"))
    yield _table((), [(label, _words(words)) for label, words in said], head=True)
    text = module.eligibility_criteria
    pieces = criteria.split(text) if text else []
    for exclude, heading in ((False, "Inclusion criteria"), (True, "Exclusion criteria")):
        items = [_words(plain(piece.words)) for piece in pieces if piece.exclude is exclude]
        if items:
            yield f"<h4>{heading}</h4>{_list(items)}"
    if text and not pieces:
        yield _paragraphs(text)


def _sites(locations: Sequence[Location]) -> Iterator[str]:
    yield f"<h3>Sites ({len(locations)})</h3>"
    rows = []
    for site in locations:
        place = ", ".join(part for part in (site.city, site.state) if part)
        status = _title(registry.STATUS, site.status) if site.status else ""
        rows.append(tuple(map(_words, (site.facility or "", place, site.country or "", status))))
    yield _table(("Facility", "Town", "Country", "Status"), rows)


# --- XHTML -------------------------------------------------------------------------------------


def _title(system: System, code: str) -> str:
    return system.codes[code]


def _allowed(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", text)


def _words(text: str) -> str:
    """Text as XHTML, lines kept."""
    return escape(_allowed(text), quote=False).replace("\n", "<br/>")


def _paragraphs(markdown: str) -> str:
    parts = (part.strip() for part in _PARAGRAPHS.split(plain(markdown)))
    return "".join(f"<p>{_words(part)}</p>" for part in parts if part)


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, head: bool = False) -> str:
    """A table of cells that are XHTML; with `head`, the first cell of each row names it."""

    def row(cells: Sequence[str], named: Callable[[int], bool]) -> str:
        told = (("th", cell) if named(at) else ("td", cell) for at, cell in enumerate(cells))
        return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for tag, cell in told)}</tr>"

    body = "".join(row(cells, lambda at: head and at == 0) for cells in rows)
    if not body:
        return ""
    top = f"<thead>{row(heads, lambda at: True)}</thead>" if heads else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"
