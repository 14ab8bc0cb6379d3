"""Do the invariants of the official definitions hold? The layer that a schema cannot be.

One walk over the plain JSON meets every element at which a type states an invariant: the resources
of a Bundle, what is contained in them, and the data types wherever they occur. fhirpathpy evaluates
the expressions of the digest; what it lacks is supplied here (`hasValue`, `lowBoundary`,
`comparable`, `resolve`, dates and quantities under `<=`), and what occurs at every other element is
a Python function, which the tests hold against fhirpathpy.

An invariant has to be true: empty is not. An expression that cannot be evaluated, or whose answer
depends on what is not there (the target of a reference, the rest of a date) is a problem of its
own, `not-checked`, and never silence.

https://hl7.org/fhir/R5/conformance-rules.html#constraints, https://hl7.org/fhir/R5/fhirpath.html
"""

from trialbridge.schemas.fhir.invariants.run import check

__all__ = ["check"]
