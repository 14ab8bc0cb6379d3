"""What two fields of a row of WHO's export say against each other.

https://www.who.int/tools/clinical-trials-registry-platform/network/trial-registration-data-set
"""

from collections.abc import Callable, Iterator

from trialbridge.mappings.registries.ictrp import values
from trialbridge.mappings.registries.ictrp.rows import Row
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import age


def contradictions(row: Row, place: Callable[[str], str]) -> Iterator[Problem]:
    """A warning for each pair of fields that cannot both be so."""
    plain = values.day_of_digits(row.text("Date_registration3"))
    said = row.date("Date_registration")
    if plain and said and plain != said:
        message = f"{said}, and Date_registration3 says {plain}, expected the same day"
        yield _problem(place("Date_registration"), "dates-differ", message)
    begun, ended = row.date("Date_enrollement"), row.date("results_date_completed")
    if begun and ended and ended < begun[: len(ended)]:
        message = f"{ended}, before the first enrolment on {begun}, expected a later day"
        yield _problem(place("results_date_completed"), "dates-differ", message)
    if row.register == values.CLINICALTRIALS and not row.is_of_clinicaltrials:
        message = f"{row.text('TrialID')!r} is not an NCT number (NCT and 8 digits)"
        yield _problem(place("TrialID"), "nct-number", message)
    lowest, highest = (
        values.age(row.text(name), row.register, sign)
        for name, sign in (("Inclusion_agemin", ">="), ("Inclusion_agemax", "<="))
    )
    if lowest and highest and _of_one_unit(lowest, highest) and age(lowest) > age(highest):
        message = f"{highest}, and Inclusion_agemin is {lowest}, expected more"
        yield _problem(place("Inclusion_agemax"), "ages-differ", message)


def _of_one_unit(one: str, other: str) -> bool:
    return age(one).unit == age(other).unit


def _problem(path: str, code: str, message: str) -> Problem:
    return Problem(severity="warning", layer="register", path=path, code=code, message=message)
