"""Expressions of invariants that say otherwise than HL7 does in words, put right."""

from typing import Final

IDS: Final = "(reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))"

# What HL7 published and what it says in words are two things: as published, these are false, empty
# or an error where the words are kept. HL7's own validator replaces most of them too.
CORRECTED: Final[dict[str, str]] = {
    # R4. Without a name there is nothing to match; the pattern is of the whole name.
    "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')": (
        "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"
    ),
    "name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')": (
        "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"
    ),
    "name.exists() implies name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')": (
        "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"
    ),
    # R4 and R4B. A period of the year 2020 that begins in March 2020 is right.
    "start.hasValue().not() or end.hasValue().not() or (start <= end)": (
        "start.hasValue().not() or end.hasValue().not() or (start.lowBoundary() <="
        " end.highBoundary())"
    ),
    # R4 and R4B. A bound without a value has no order; nor have units that measure other things.
    "low.empty() or high.empty() or (low <= high)": (
        "low.value.empty() or high.value.empty() or low.comparable(high).not() or (low <= high)"
    ),
    "lowNumerator.empty() or highNumerator.empty() or (lowNumerator <= highNumerator)": (
        "lowNumerator.value.empty() or highNumerator.value.empty() or"
        " lowNumerator.comparable(highNumerator).not() or (lowNumerator <= highNumerator)"
    ),
    # R5. A Quantity is no primitive, so hasValue() is never true of it and nothing was checked.
    "lowNumerator.hasValue().not() or highNumerator.hasValue().not()  or"
    " (lowNumerator.lowBoundary() <= highNumerator.highBoundary())": (
        "lowNumerator.value.empty() or highNumerator.value.empty() or"
        " lowNumerator.lowBoundary().comparable(highNumerator.highBoundary()).not() or"
        " (lowNumerator.lowBoundary() <= highNumerator.highBoundary())"
    ),
    # R4. An entry without a fullUrl has none that names a version.
    "fullUrl.contains('/_history/').not()": (
        "fullUrl.exists() implies fullUrl.contains('/_history/').not()"
    ),
    # R4 and R4B. A list of codes under `in` is an error where there are two.
    "offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))": (
        "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV'))"
        ".allFalse())"
    ),
    # R4 and R4B. Without a probability there is nothing to compare.
    "probability is decimal implies (probability as decimal) <= 100": (
        "probability.empty() or ((probability is decimal) implies ((probability as decimal)"
        " <= 100))"
    ),
    "probability.exists($this is decimal) implies (probability as decimal) <= 100": (
        "probability.empty() or ((probability is decimal) implies ((probability as decimal)"
        " <= 100))"
    ),
    # R4. "If there's more than one enableWhen": two are more than one.
    "enableWhen.count() > 2 implies enableBehavior.exists()": (
        "enableWhen.count() > 1 implies enableBehavior.exists()"
    ),
    # R4. The type of FHIR is `boolean`; `Boolean` is one of FHIRPath's own.
    "operator = 'exists' implies (answer is Boolean)": (
        "operator = 'exists' implies (answer is boolean)"
    ),
    # R5. FHIRPath has strings in single quotes; `contains` is of one string.
    'binding.empty() or type.code.empty() or type.code.contains(":") or type.select((code ='
    " 'code') or (code = 'Coding') or (code='CodeableConcept') or (code = 'Quantity') or (code ="
    " 'string') or (code = 'uri') or (code = 'Duration')).exists()": (
        "binding.empty() or type.code.empty() or type.code.where(contains(':')).exists() or"
        " type.select((code = 'code') or (code = 'Coding') or (code='CodeableConcept') or (code ="
        " 'Quantity') or (code = 'string') or (code = 'uri') or (code = 'Duration')).exists()"
    ),
    # R5. What a boolean's `value` is, fhirpathpy does not know; it is the boolean.
    "mustHaveValue.value implies valueAlternatives.empty()": (
        "(mustHaveValue.exists() and mustHaveValue) implies valueAlternatives.empty()"
    ),
    # R4. The pattern is of the whole path.
    r"path.matches('[^\\s\\.,:;\\\'"
    r'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}'
    r"(\\[x\\])?(\\:[^\\s\\.]+)?)*')": (
        r"path.matches('^[^\\s\\.,:;\\\'"
        r'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}'
        r"(\\[x\\])?(\\:[^\\s\\.]+)?)*$')"
    ),
    r"path.matches('[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*')": (
        r"path.matches('^[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*$')"
    ),
    # R4B and R4. What has no reference, but an identifier, has none that is wrong; "#" is the
    # resource around.
    f"reference.startsWith('#').not() or {IDS} or (reference='#' and %rootResource!=%resource)": (
        f"reference.exists() implies (reference.startsWith('#').not() or {IDS} or"
        " (reference='#' and %rootResource!=%resource))"
    ),
    f"reference.startsWith('#').not() or {IDS}": (
        f"reference.exists() implies (reference = '#' or reference.startsWith('#').not() or {IDS})"
    ),
    # R4B. What is cut off is the ending that was asked for before; published is the length of the
    # element, which has none.
    "element.where(type.code='Reference' and id.endsWith('.reference') and"
    " type.targetProfile.exists() and id.substring(0,$this.length()-10) in"
    " %context.element.where(type.code='CodeableReference').id).exists().not()": (
        "element.where(type.code='Reference' and id.endsWith('.reference') and"
        r" type.targetProfile.exists() and id.replaceMatches('\\.reference$', '') in"
        " %context.element.where(type.code='CodeableReference').id).exists().not()"
    ),
    "element.where(type.code='CodeableConcept' and id.endsWith('.concept') and binding.exists()"
    " and id.substring(0,$this.length()-8) in"
    " %context.element.where(type.code='CodeableReference').id).exists().not()": (
        "element.where(type.code='CodeableConcept' and id.endsWith('.concept') and binding.exists()"
        r" and id.replaceMatches('\\.concept$', '') in"
        " %context.element.where(type.code='CodeableReference').id).exists().not()"
    ),
    # A contained resource need not have a narrative: the one around it tells of it.
    "text.`div`.exists()": "%rootResource != %resource or text.`div`.exists()",
}
