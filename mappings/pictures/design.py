"""The design of a trial as protocols draw it: who takes part, how they are assigned, what each arm
receives, and what is measured when.

Made of the record alone; what it does not say is not drawn. Readable in black and white: kinds of
arms are told by words and by the lines of their boxes.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from trialbridge.mappings.names import own_id
from trialbridge.mappings.pictures.svg import (
    PADDING,
    Picture,
    Text,
    broken,
    height_of,
    lines_of,
)
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.arms import Received
from trialbridge.mappings.record.markdown import plain
from trialbridge.schemas.trial import (
    ArmGroup,
    ArmsInterventionsModule,
    DesignInfo,
    Intervention,
    Outcome,
    OutcomesModule,
    ProtocolSection,
    Trial,
    intervention_name,
)

WIDTH: Final = 960
"""Pixels, where nobody asks for others."""
NARROWEST: Final = 320
WIDEST: Final = 4000

_ARM = 215.0  # the least width of an arm's box beside others
_GAP = 16.0
_STEP = 34.0  # between one row of boxes and the next
_BUS = 22.0  # from the edge to the line that leads to arms one below the other
_MOST_ARMS = 40
_MOST_OUTCOMES = 8
_COUNTRIES = 6

_BORDERS = {
    "EXPERIMENTAL": 'stroke-width="3"',
    "PLACEBO_COMPARATOR": 'stroke-width="1.2" stroke-dasharray="9 5"',
    "SHAM_COMPARATOR": 'stroke-width="1.2" stroke-dasharray="9 5"',
    "NO_INTERVENTION": 'stroke-width="1.2" stroke-dasharray="2 4"',
}
_PLAIN = 'stroke-width="1.2"'


def draw(trial: Trial, *, width: int = WIDTH) -> bytes:
    """Draw the design of a trial as an SVG file of so many pixels across.

    Arms stand side by side where there is room for them, else one below the other.

    Raises ValueError if the width is not between 320 and 4000.
    """
    if not NARROWEST <= width <= WIDEST:
        raise ValueError(f"a width of {NARROWEST} to {WIDEST} pixels can be drawn, found {width}")
    protocol = trial.protocol or ProtocolSection()
    title = _title(trial, protocol)
    picture = Picture(width, f"Design of {title}", " ".join(_told(protocol)))
    left, across = PADDING, width - 2 * PADDING
    y = picture.write(left, PADDING / 2, broken(Text(title, 19, bold=True), across))
    y = picture.write(left, y, broken(Text(_kind(trial, protocol), 13), across)) + _GAP
    middle = width / 2
    ends: list[float] = []
    for texts, round_ in ((_population(protocol), False), (_assignment(protocol), True)):
        if texts:
            if ends:
                picture.line((middle, ends[-1]), (middle, y), arrow=True)
            room = min(across, 460 if round_ else 720)
            ends.append(picture.box(middle - room / 2, y, room, texts, round_=round_))
            y = ends[-1] + _STEP
    arms = list(_arms(protocol.arms_interventions))
    measured = _outcomes(protocol.outcomes)
    if arms:
        top = ends[-1] if ends else None
        beside = len(arms) * (_ARM + _GAP) - _GAP <= across
        place = _beside if beside else _below
        y = place(picture, arms, top, y, after=bool(measured))
    elif measured and ends:
        picture.line((middle, ends[-1]), (middle, y), arrow=True)
    if measured:
        picture.box(left, y, across, measured)
    return picture.bytes()


# --- where the arms stand ------------------------------------------------------------------------

_Arm = tuple[list[Text], str]


def _beside(
    picture: Picture, arms: Sequence[_Arm], above: float | None, y: float, *, after: bool
) -> float:
    """Arms side by side below a line that leads to all of them; give where what follows begins."""
    across = picture.width - 2 * PADDING
    each = min((across + _GAP) / len(arms) - _GAP, 420)
    first = (picture.width - len(arms) * (each + _GAP) + _GAP) / 2
    middles = [first + at * (each + _GAP) + each / 2 for at in range(len(arms))]
    middle = picture.width / 2
    if above is not None:
        bus = above + _STEP / 2
        picture.line((middle, above), (middle, bus))
        picture.line((middles[0], bus), (middles[-1], bus))
        for x in middles:
            picture.line((x, bus), (x, y), arrow=True)
    high = max(height_of(lines_of(texts, each)) for texts, _ in arms)
    for x, (texts, border) in zip(middles, arms, strict=True):
        picture.box(x - each / 2, y, each, texts, border=border, height=high)
    end = y + high
    if after:
        bus = end + _STEP / 2
        for x in middles:
            picture.line((x, end), (x, bus))
        picture.line((middles[0], bus), (middles[-1], bus))
        picture.line((middle, bus), (middle, end + _STEP), arrow=True)
    return end + _STEP


def _below(
    picture: Picture, arms: Sequence[_Arm], above: float | None, y: float, *, after: bool
) -> float:
    """Arms one below the other between a line that leads to them and one that leads on."""
    left, right = PADDING + _BUS, picture.width - PADDING - _BUS
    middle = picture.width / 2
    middles: list[float] = []
    start = y
    for texts, border in arms:
        end = picture.box(left, y, right - left, texts, border=border)
        middles.append((y + end) / 2)
        y = end + _GAP
    y += _STEP - _GAP
    if above is not None:
        bus = (above + start) / 2
        picture.line((middle, above), (middle, bus), (PADDING, bus), (PADDING, middles[-1]))
        for at in middles:
            picture.line((PADDING, at), (left, at), arrow=True)
    if after:
        edge, bus = picture.width - PADDING, y - _STEP / 2
        for at in middles:
            picture.line((right, at), (edge, at))
        picture.line((edge, middles[0]), (edge, bus), (middle, bus), (middle, y), arrow=True)
    return y


# --- what is said --------------------------------------------------------------------------------


def _title(trial: Trial, protocol: ProtocolSection) -> str:
    known = protocol.identification
    said = (known.brief_title or known.official_title) if known else None
    return plain(said or own_id(trial) or "a trial")


def _kind(trial: Trial, protocol: ProtocolSection) -> str:
    """The record's id, its type, phase and status."""
    design, status = protocol.design, protocol.status
    said = [own_id(trial)]
    if design and design.study_type:
        said.append(registry.STUDY_TYPE.codes[design.study_type])
    if design:
        said += [registry.PHASE.codes[phase] for phase in design.phases or () if phase != "NA"]
    if status and status.overall_status:
        said.append(registry.STATUS.codes[status.overall_status])
    return " \u00b7 ".join(filter(None, said))


def _population(protocol: ProtocolSection) -> list[Text]:
    """Who takes part: how many, with what, of which age and sex, and where."""
    said: list[Text] = []
    enrollment = protocol.design.enrollment_info if protocol.design else None
    count = ""
    if enrollment and enrollment.count is not None:
        kind = f" ({enrollment.type.lower()})" if enrollment.type else ""
        count = f": {enrollment.count}{kind}"
    if protocol.conditions and protocol.conditions.conditions:
        said.append(Text("; ".join(map(plain, protocol.conditions.conditions))))
    asked = protocol.eligibility
    if asked:
        words = []
        if asked.minimum_age or asked.maximum_age:
            words.append(_ages(asked.minimum_age, asked.maximum_age))
        if asked.sex:
            words.append(_SEX.get(asked.sex, ""))
        if asked.healthy_volunteers is not None:
            accepted = "" if asked.healthy_volunteers else "no "
            words.append(f"{accepted}healthy volunteers")
        if words := [word for word in words if word]:
            line = ", ".join(words)
            said.append(Text(line[0].upper() + line[1:]))
    if where := _where(protocol):
        said.append(Text(where))
    if not said and not count:
        return []
    return [Text(f"Participants{count}", bold=True), *said]


_SEX = {"ALL": "all sexes", "FEMALE": "female", "MALE": "male"}


def _ages(least: str | None, most: str | None) -> str:
    if least and most:
        return f"{least} to {most}"
    return f"{least} and older" if least else f"up to {most}"


def _where(protocol: ProtocolSection) -> str:
    sites = (protocol.contacts_locations and protocol.contacts_locations.locations) or []
    countries = list(dict.fromkeys(site.country for site in sites if site.country))
    if not sites:
        return ""
    told = f"{len(sites)} site{'s' if len(sites) > 1 else ''}"
    if len(countries) > _COUNTRIES:
        return f"{told} in {len(countries)} countries"
    return f"{told} in {', '.join(countries)}" if countries else told


def _assignment(protocol: ProtocolSection) -> list[Text]:
    """How participants come to their arms, and who knows of it; or how they are observed."""
    info = (protocol.design and protocol.design.design_info) or DesignInfo()
    said = []
    if info.allocation and info.allocation != "NA":
        said.append(Text(registry.ALLOCATION.codes[info.allocation], 15, bold=True))
    if info.intervention_model:
        said.append(Text(registry.INTERVENTION_MODEL.codes[info.intervention_model]))
    if info.observational_model:
        said.append(Text(registry.OBSERVATIONAL_MODEL.codes[info.observational_model]))
    if info.time_perspective:
        said.append(Text(registry.TIME_PERSPECTIVE.codes[info.time_perspective]))
    blind = info.masking_info
    if blind and blind.masking:
        who = ", ".join(registry.WHO_MASKED.codes[one].lower() for one in blind.who_masked or ())
        masking = registry.MASKING.codes[blind.masking].lower()
        said.append(Text(f"Masking: {masking}{f' ({who})' if who else ''}"))
    if info.primary_purpose:
        purpose = registry.PRIMARY_PURPOSE.codes[info.primary_purpose].lower()
        said.append(Text(f"Purpose: {purpose}"))
    return said


def _arms(module: ArmsInterventionsModule | None) -> Iterator[_Arm]:
    """Each arm with what it receives; what no arm receives has a box of its own."""
    if module is None:
        return
    arms = [arm for arm in module.arm_groups or () if arm.label or arm.type]
    given = [one for one in module.interventions or () if one.name]
    received = Received(given)
    taken: set[int] = set()
    for arm in arms[:_MOST_ARMS]:
        which = received.by(arm)
        taken.update(which)
        yield [*_head(arm), *(_item(given[at]) for at in which)], _border(arm)
    if len(arms) > _MOST_ARMS:
        yield [Text(f"and {len(arms) - _MOST_ARMS} more", slanted=True)], _PLAIN
        taken.update(at for arm in arms[_MOST_ARMS:] for at in received.by(arm))
    if alone := [one for at, one in enumerate(given) if at not in taken]:
        yield [Text("Interventions", bold=True), *map(_item, alone)], _PLAIN


def _head(arm: ArmGroup) -> Iterator[Text]:
    if arm.label:
        yield Text(plain(arm.label), bold=True)
    if arm.type:
        yield Text(registry.ARM_TYPE.codes[arm.type], 12, slanted=True)


def _border(arm: ArmGroup) -> str:
    return _BORDERS.get(arm.type or "", _PLAIN)


def _item(given: Intervention) -> Text:
    name = intervention_name(given.type, given.name or "")
    return Text(f"\u2022 {plain(name)}", 13)


def _outcomes(module: OutcomesModule | None) -> list[Text]:
    """What is measured, each with its time frame; of many, the first."""
    said: list[Text] = []
    if module is None:
        return said
    for heading, outcomes in (
        ("Primary outcome", module.primary_outcomes or []),
        ("Secondary outcome", module.secondary_outcomes or []),
    ):
        shown = [one for one in outcomes if one.measure or one.time_frame]
        if shown:
            many = "s" if len(shown) > 1 else ""
            said.append(Text(heading + many, bold=True))
            said += [text for one in shown[:_MOST_OUTCOMES] for text in _outcome(one)]
        if len(shown) > _MOST_OUTCOMES:
            said.append(Text(f"and {len(shown) - _MOST_OUTCOMES} more", 13, slanted=True))
    return said


def _outcome(one: Outcome) -> Iterator[Text]:
    if one.measure:
        yield Text(plain(one.measure), 13)
    if one.time_frame:
        yield Text(plain(one.time_frame), 12, slanted=True, indent=16)


def _told(protocol: ProtocolSection) -> Iterator[str]:
    """The picture in words, for who does not see it."""
    for texts in (_population(protocol), _assignment(protocol)):
        if texts:
            yield ", ".join(text.words for text in texts) + "."
    for texts, _ in _arms(protocol.arms_interventions):
        yield "; ".join(text.words.removeprefix("\u2022 ") for text in texts) + "."
    if measured := _outcomes(protocol.outcomes):
        yield "; ".join(text.words for text in measured) + "."
