"""Each broken invariant is reported by its key, at its place; what holds is not reported."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import corpus
import pytest
from fhir_invariant_faults import (
    ABSENT,
    BUNDLES,
    LINKED,
    MUTANTS,
    OLDER,
    RIGHT,
    Json,
    X,
    contained,
    edit,
    examples,
    held,
    mutant,
    ours,
    uses,
)

import trialbridge
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version, definitions
from trialbridge.schemas.fhir.invariants.corrected import CORRECTED
from trialbridge.schemas.fhir.invariants.engine import engine
from trialbridge.schemas.fhir.invariants.functions import FUNCTIONS
from trialbridge.schemas.fhir.invariants.native import HTML_CHECKS, NATIVE
from trialbridge.schemas.fhir.invariants.run import NOT_CHECKED, Run, check, merged
from trialbridge.schemas.fhir.invariants.values import Span, boundary, compare, span
from trialbridge.schemas.problem import Problem


def faults(tree: Json, version: Version = "r5") -> list[Problem]:
    """The problems but dom-6, that there is no narrative: it is told of everything of ours, and has
    a test of its own.
    """
    return [problem for problem in check(tree, version=version) if problem.code != "dom-6"]


@pytest.mark.parametrize(("type_", "pointer", "value", "key", "path", "severity"), MUTANTS)
def test_what_breaks_one_invariant_is_reported_once_by_its_key_at_its_place(
    type_: str, pointer: str, value: Any, key: str | None, path: str, severity: str
) -> None:
    bundle, place = mutant(type_, pointer, value)
    found = [(problem.code, problem.path, problem.severity) for problem in faults(bundle)]
    if key is None:
        # Near to a rule, and right by it: other layers may mind it.
        assert found == []
    else:
        assert found == [(key, place + path, severity)]
    assert {problem.layer for problem in check(bundle)} == {"invariants"}


@pytest.mark.parametrize("odd", [{"value": 5}, {"value[x]": 1}, {"valueFoo": 5}, {"_value": {}}])
def test_what_one_document_has_that_no_type_has_says_nothing_of_the_next(odd: Json) -> None:
    def extended(**members: Any) -> Json:
        return {"resourceType": "ResearchStudy", "status": "active", "extension": [held(members)]}

    # The first that has neither value nor extension is what all others are taken by.
    engine("r5").type("Extension").checks = [
        replace(rule, without=None) for rule in engine("r5").type("Extension").checks
    ]
    faults(extended(**odd))
    assert [problem.code for problem in faults(extended())] == ["ext-1"]


def test_a_message_cuts_long_members_and_tells_how_many_there_are() -> None:
    many = {f"value{'A' * 90}{number:02}": number for number in range(12)}
    run = Run(engine("r5"), {})
    (rule,) = (rule for rule in engine("r5").type("Extension").checks if rule.key == "ext-1")
    run.check(replace(rule, native=lambda *_: False), many, "Extension", (None, "x"))
    (problem,) = run.problems
    shown = ", ".join(f"value{'A' * 52}... {number}" for number in range(10))
    assert problem.message == f"ext-1 is broken: {rule.expression}; found {shown}, 2 more"


@pytest.mark.parametrize(("pointer", "value", "key", "path"), BUNDLES)
def test_what_breaks_a_rule_of_bundles_is_reported_by_its_key(
    pointer: str, value: Any, key: str, path: str
) -> None:
    bundle = copy.deepcopy(ours())
    edit(bundle, pointer, value)
    wanted = [(key, path, "error")] if key else []
    assert [(found.code, found.path, found.severity) for found in faults(bundle)] == wanted


def test_a_full_url_that_is_there_twice_breaks_bdl_7() -> None:
    bundle = copy.deepcopy(ours())
    bundle["entry"][1]["fullUrl"] = bundle["entry"][2]["fullUrl"]
    assert [(found.code, found.path) for found in faults(bundle)] == [("bdl-7", "Bundle")]
    # Two versions of one resource are two things.
    for number in (1, 2):
        bundle["entry"][number]["resource"]["meta"] = {"versionId": str(number)}
    assert faults(bundle) == []


def test_the_rules_of_kinds_of_bundles_are_reported_by_their_keys() -> None:
    entry = {"fullUrl": f"{X}/1", "resource": {"resourceType": "Basic", "code": {"text": "A"}}}
    given: dict[str, Json] = {
        "bdl-9 bdl-10 bdl-11": {"type": "document", "entry": [entry]},
        "bdl-12": {"type": "message", "entry": [entry]},
        "bdl-13": {"type": "subscription-notification", "entry": [entry]},
        "bdl-18": {"type": "searchset", "entry": [entry]},
        "bdl-5 bdl-3a": {"type": "collection", "entry": [{"fullUrl": f"{X}/1"}]},
    }
    for keys, bundle in given.items():
        found = {problem.code for problem in faults({"resourceType": "Bundle", **bundle})}
        assert found == set(keys.split()), keys


@pytest.mark.parametrize(("version", "tree", "key", "path"), OLDER)
def test_the_invariants_of_r4_and_r4b_are_theirs(
    version: Version, tree: Json, key: str, path: str
) -> None:
    assert [(found.code, found.path) for found in faults(tree, version)] == [(key, path)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("members", RIGHT)
def test_what_holds_is_not_reported(members: Json, version: Version) -> None:
    assert faults({"resourceType": "ResearchStudy", "status": "active", **members}, version) == []


def test_a_twin_does_not_change_what_a_value_is() -> None:
    bundle = copy.deepcopy(ours())
    twin = {"extension": [held({"valueString": "a"})]}
    bundle["_type"] = twin
    for entry in bundle["entry"]:
        entry["_fullUrl"] = twin
        resource = entry["resource"]
        for name in [name for name in resource if isinstance(resource[name], str)]:
            if name not in ("id", "resourceType"):
                resource[f"_{name}"] = twin
        if resource["resourceType"] == "EvidenceVariable":
            resource["characteristic"] = [{"definitionCanonical": X, "_definitionCanonical": twin}]
    assert faults(bundle) == []


def test_that_a_narrative_is_wanting_is_a_warning_of_each_resource_but_what_is_contained() -> None:
    study = {"resourceType": "ResearchStudy", "status": "active", "contained": contained(),
             "site": [LINKED]}  # fmt: skip
    assert [str(problem) for problem in check(study)] == [
        "information: ResearchStudy: dom-6 is broken: text.`div`.exists(); none of this is there"
    ]
    study["text"] = {"status": "generated", "div": f'<div xmlns="{"http://www.w3.org/1999/xhtml"}">'
                     "<p>A</p></div>"}  # fmt: skip
    assert check(study) == []


def test_a_problem_says_where_what_was_found_and_what_would_do() -> None:
    bundle, place = mutant("ResearchStudy", "period/start", "2027-01")
    assert faults(bundle) == [
        Problem(
            severity="error",
            layer="invariants",
            path=f"{place}.period",
            code="per-1",
            message=(
                "per-1 is broken: start.hasValue().not() or end.hasValue().not() or"
                " (start.lowBoundary() <= end.highBoundary()); found start '2027-01', end"
                " '2026-11-30'"
            ),
            link="https://hl7.org/fhir/R5/datatypes-definitions.html#Period",
        )
    ]
    bundle, place = mutant("Organization", "name", ABSENT)
    (problem,) = faults(bundle)
    assert problem.link == "https://hl7.org/fhir/R5/organization-definitions.html#Organization"
    assert str(problem) == (
        f"error: {place}: org-1 is broken: (identifier.count() + name.count()) > 0; none of this"
        " is there"
    )
    older: Json = {"resourceType": "ResearchStudy", "site": [{"reference": "#no"}]}
    (problem,) = faults(older, "r4")
    assert problem.link == "https://hl7.org/fhir/R4/references-definitions.html#Reference"


# --- What cannot be answered is said --------------------------------------------------------------


def test_what_cannot_be_evaluated_is_a_warning_with_the_reason() -> None:
    bundle, place = mutant("ResearchStudy", "period/start", "2027-13")
    (problem,) = faults(bundle)
    assert (problem.code, problem.severity, problem.path) == (
        NOT_CHECKED, "warning", f"{place}.period")  # fmt: skip
    assert problem.message == (
        "per-1 is not checked (start.hasValue().not() or end.hasValue().not() or"
        " (start.lowBoundary() <= end.highBoundary())): '2027-13' is no date or time"
    )


def test_units_of_which_no_order_is_known_are_a_warning_not_a_pass() -> None:
    bundle, place = mutant("Group", "characteristic/0/valueRange", {
        "low": uses("mg", 5), "high": uses("g", 1)})  # fmt: skip
    (problem,) = faults(bundle)
    assert (problem.code, problem.path) == (NOT_CHECKED, f"{place}.characteristic[0].valueRange")
    assert problem.message.endswith(": whether 'mg' and 'g' measure the same is not known")


def test_what_a_reference_leads_to_outside_of_the_document_is_not_guessed() -> None:
    tree: Json = {
        "resourceType": "CareTeam",
        "participant": [{"role": {"text": "A"}, "member": {"reference": "Practitioner/1"},
                         "onBehalfOf": {"display": "B"}}],
    }  # fmt: skip
    # The type is in the reference, and no more is asked of it.
    assert faults(tree) == []
    tree["participant"][0]["member"] = {"reference": "Patient/1"}
    assert [(found.code, found.path) for found in faults(tree)] == [
        ("ctm-1", "CareTeam.participant[0]")
    ]
    tree["participant"][0]["member"] = {"reference": "urn:uuid:6ab0a1d4-3b5e-4d5e-8f5a-000000000"}
    (problem,) = faults(tree)
    assert (problem.code, problem.severity) == (NOT_CHECKED, "information")
    assert problem.message.endswith(
        ": 'urn:uuid:6ab0a1d4-3b5e-4d5e-8f5a-000000000' is not in the document"
    )


def test_dates_that_overlap_are_not_put_in_order() -> None:
    task: Json = {"resourceType": "Task", "status": "draft", "intent": "order",
                  "authoredOn": "2020-03", "lastModified": "2020"}  # fmt: skip
    (problem,) = faults(task)
    assert (problem.code, problem.severity) == (NOT_CHECKED, "information")
    assert problem.message.endswith(": '2020' and '2020-03' overlap: neither is surely the earlier")
    assert [found.code for found in faults({**task, "lastModified": "2019"})] == ["inv-1"]
    assert faults({**task, "lastModified": "2021"}) == []


def test_a_resource_of_no_known_type_and_too_deep_a_tree_are_said_to_be_unchecked() -> None:
    (problem,) = check({"resourceType": "Trial"})
    assert str(problem) == "information: Trial: no invariants are known of resourceType 'Trial'"
    extension: Json = {"url": X, "valueString": "a"}
    for _ in range(5000):
        extension = {"url": X, "extension": [extension]}
    (problem,) = faults({"resourceType": "Basic", "extension": [extension]})
    assert problem.code == NOT_CHECKED
    assert problem.message == "nested more than 100 deep: not looked at any further"


def test_trees_of_wrong_form_are_not_looked_into_and_never_raise() -> None:
    for value in (1, True, None, "a", [], {}, [[]], [{}], [None], {"a": 1}, {"extension": 1}):
        for name in ("period", "contained", "extension", "site", "title", "_title", "text"):
            tree = {"resourceType": "ResearchStudy", name: value}
            assert all(problem.path.startswith("ResearchStudy") for problem in check(tree))
        check({"resourceType": "Bundle", "entry": value})
        check({"resourceType": "Bundle", "entry": [{"resource": value}]})


def test_the_tree_is_left_as_it_was() -> None:
    bundle, _ = mutant("ResearchStudy", "_title", {"extension": [held({"valueReference": LINKED})]})
    before = copy.deepcopy(bundle)
    check(bundle)
    assert bundle == before


# --- The functions --------------------------------------------------------------------------------


def test_the_boundaries_are_those_of_the_specification() -> None:
    # https://hl7.org/fhirpath/#lowboundaryprecision-integer-decimal--date--datetime--time
    assert str(boundary(1.587, False)) == "1.5865"
    assert str(boundary(1.587, True)) == "1.5875"
    assert str(boundary(-1.587, False)) == "-1.5875"
    assert (str(boundary(1, False)), str(boundary(120, True))) == ("0.5", "120.5")
    for text, low, high in [
        ("2014", "2014-01-01T00:00:00+14:00", "2014-12-31T23:59:59.999999-12:00"),
        ("2012-02", "2012-02-01T00:00:00+14:00", "2012-02-29T23:59:59.999999-12:00"),
        ("2014-01-01", "2014-01-01T00:00:00+14:00", "2014-01-01T23:59:59.999999-12:00"),
        ("2014-01-01T08:05:10+02:00", "2014-01-01T08:05:10+02:00",
         "2014-01-01T08:05:10.999999+02:00"),
        ("2014-01-01T08:05:10.25Z", "2014-01-01T08:05:10.250000+00:00",
         "2014-01-01T08:05:10.250000+00:00"),
    ]:  # fmt: skip
        found = span(text)
        assert found is not None
        assert (found.low.isoformat(), found.high.isoformat()) == (low, high)
        ends = boundary(text, False), boundary(text, True)
        assert ends == (
            (
                Span(found.low, found.low, found.zoned),
                Span(found.high, found.high, found.zoned),
            )
        )
    assert [span(text) for text in ("2014-02-30", "0000", "A", "24:00:00", "")] == [None] * 5


def test_the_order_is_by_value_not_by_letters() -> None:
    assert compare("2020-01", "2019-12-31") == 1
    assert compare("2020", "2020-06") is None
    assert compare("10:00:00", "09:30:00") == 1
    assert compare(9, 10.5) == -1
    assert compare(uses("mo", 18), uses("a", 1)) == 1
    assert compare(uses("wk", 1), uses("d", 7)) == 0


def test_a_primitive_and_its_twin_are_one_element() -> None:
    twin = {"extension": [{"url": X, "valueCode": "a"}]}
    tree = {"a": "1", "_a": twin, "_b": twin, "c": ["1", None, "3"], "_c": [None, twin, twin]}
    assert merged({"in": [tree]}) == {"in": [{"a": "1", "b": twin, "c": ["1", twin, "3"]}]}
    plain = {"a": {"b": [1, {"c": None}]}}
    assert merged(plain) is plain


# --- The expressions ------------------------------------------------------------------------------


def stated(version: Version) -> Iterator[Any]:
    known = definitions(version)
    for name in sorted(known.types - set(known.primitives)):
        for path in known.paths(name):
            type_of = engine(version).type(path)
            yield from type_of.checks
            for child in type_of.children.values():
                yield from child.checks


@pytest.mark.parametrize("version", VERSIONS)
def test_every_invariant_is_parsed_whole_and_has_its_functions(version: Version) -> None:
    from antlr4 import CommonTokenStream, InputStream, Token
    from antlr4.error.ErrorListener import ErrorListener
    from fhirpathpy.engine.invocations import invocation_registry
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
    from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

    class Strict(ErrorListener):  # type: ignore[misc, no-any-unimported, unused-ignore]
        # fhirpathpy's own listener passes over what it cannot parse.
        def syntaxError(self, *found: Any) -> None:
            raise AssertionError(found)

    expressions = {row.evaluated for row in stated(version) if row.key not in HTML_CHECKS}
    assert len(expressions) > 150
    known = {*invocation_registry, *FUNCTIONS}
    for expression in expressions:
        lexer = FHIRPathLexer(InputStream(expression))
        stream = CommonTokenStream(lexer)
        parser = FHIRPathParser(stream)
        for part in (lexer, parser):
            part.removeErrorListeners()
            part.addErrorListener(Strict())
        parser.expression()
        assert stream.LT(1).type == Token.EOF, expression
        texts = [token.text for token in stream.tokens]
        called = {
            name.strip("`")
            for name, after in pairwise(texts)
            if after == "(" and name.isidentifier() and name not in ("and", "or", "xor", "implies",
                                                                      "in", "is", "as", "contains")
        }  # fmt: skip
        assert called <= known, expression


def test_this_is_the_element_itself_where_no_function_has_one_of_its_own() -> None:
    evaluated = {row.key: row.evaluated for row in stated("r4b")} | {
        row.key: row.evaluated for row in stated("r5")
    }
    assert evaluated["mea-2"] == "%context.length() <= 255"
    assert evaluated["sdf-26"] == "%context.where(element[0].mustSupport='true').exists().not()"
    assert "when.select($this in (" in evaluated["tim-9"]
    assert evaluated["dom-r4b"].startswith("(%context is Citation or %context is Evidence or ")


def test_every_correction_and_every_function_is_of_an_invariant_that_there_is() -> None:
    published = {
        row.expression
        for version in VERSIONS
        for name in definitions(version).types - set(definitions(version).primitives)
        for row in definitions(version).invariants(name)
    }
    assert set(CORRECTED) - published == set()
    evaluated = {row.evaluated for version in VERSIONS for row in stated(version)}
    assert set(NATIVE) - evaluated == set()


def test_every_invariant_of_every_type_is_met_once() -> None:
    for version in VERSIONS:
        known = definitions(version)
        for name in known.types - set(known.primitives):
            rows = [row for row in known.invariants(name) if row.key != "ele-1"]
            for row in rows:
                parent, _, last = row.path.rpartition(".")
                made = engine(version)
                found = (
                    [check_.key for check_ in made.type(row.path).checks]
                    if (row.path in known.types or row.path in known.paths(name))
                    else []
                )
                if parent in known.types or parent in known.paths(name):
                    stem = last.removesuffix("[x]")
                    children = made.type(parent).children
                    met = [key for key in children if key.startswith(stem)]
                    found += [check_.key for key in met[:1] for check_ in children[key].checks]
                assert found.count(row.key) == 1, (version, row)


# --- Much at once ---------------------------------------------------------------------------------


def test_no_invariant_is_broken_in_the_bundles_of_the_registrys_records() -> None:
    records = corpus.records()
    if not corpus.ALL:
        records = records[::100]
    for record in records:
        bundle = json.loads(trialbridge.convert(record, to="fhir-r5"))
        assert faults(bundle) == [], bundle["entry"][0]["fullUrl"]


# HL7's own defects: narratives of blanks, and maps without the comment that they have to have.
HL7_DEFECTS = {
    ("r4b", "Bundle-conceptmaps", "cmd-1"),
    ("r4", "ActivityDefinition-blood-tubes-supply", "txt-2"),
    ("r4", "ActivityDefinition-heart-valve-replacement", "txt-2"),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_official_examples_break_nothing_but_what_is_broken(version: Version) -> None:
    found = set()
    for path in examples(version):
        for problem in check(json.loads(path.read_bytes()), version=version):
            assert problem.code != NOT_CHECKED, (path.stem, problem)
            if problem.severity == "error":
                found.add((version, path.stem, problem.code))
    assert found <= HL7_DEFECTS
