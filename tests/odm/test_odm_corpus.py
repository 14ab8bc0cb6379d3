"""The registry's records through ODM 2.0, with their results.

A sample by default; all records with TRIALBRIDGE_CORPUS_ALL=1.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import corpus
import msgspec
import pytest
from corpus import is_serialised, records, some_records
from fhir_bundles import strings
from odm_documents import CDISC, facts, full, parameter, root_of, texts, value, written
from two_processes import come_back

from trialbridge.formats.odm import v2_0 as odm
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.schemas.odm.validate import check
from trialbridge.schemas.syntax.pointer import ABSENT, walk
from trialbridge.schemas.trial import Trial


def test_records_written_in_one_process_and_read_in_another_are_identical() -> None:
    """Unknown keys too. Sets and hashes differ between the processes, so no order hangs on them."""
    lines = some_records(25)
    _, unknown = come_back("odm-2.0", lines)
    assert unknown > 0
    if corpus.ALL:
        assert (len(lines), unknown) == (1007, 173)


def test_documents_of_the_corpus_are_valid_and_come_back_as_bytes() -> None:
    for line in some_records(40):
        trial, _ = ctgov.read(line)
        data, problems = odm.write(trial)
        assert problems == []
        assert check(data) == []
        assert odm.write(odm.read(data)[0])[0] == data


# --- the same bytes ----------------------------------------------------------------------------


def created(data: bytes) -> str:
    (found,) = texts(root_of(data), "/o:ODM/@CreationDateTime")
    return found


def test_only_the_time_of_the_document_hangs_on_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SOURCE_DATE_EPOCH, else the record's last update, else a fixed instant."""
    by_epoch = {
        None: "2024-03-05T00:00:00",
        "0": "1970-01-01T00:00:00Z",
        "1700000000": "2023-11-14T22:13:20Z",
        # No number of seconds: as if it was not said.
        "": "2024-03-05T00:00:00",
        "-1": "2024-03-05T00:00:00",
        "1e9": "2024-03-05T00:00:00",
        "tomorrow": "2024-03-05T00:00:00",
        "\u0661\u0662": "2024-03-05T00:00:00",
    }
    bodies = set()
    for epoch, time in by_epoch.items():
        if epoch is None:
            monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
        else:
            monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        data, _ = odm.write(full())
        assert created(data) == time, epoch
        assert check(data) == []
        bodies.add(data.replace(f'CreationDateTime="{time}"'.encode(), b""))
    assert len(bodies) == 1


def test_a_record_without_dates_has_a_fixed_time() -> None:
    assert created(written(Trial())) == "1970-01-01T00:00:00"


# --- honest carriage ---------------------------------------------------------------------------


def test_no_string_holds_the_source_or_a_serialised_model() -> None:
    for line in some_records(60):
        trial, _ = ctgov.read(line)
        root = root_of(odm.write(trial)[0])
        of_record = set(strings(json.loads(line)))
        longest = max(map(len, of_record))
        odd = texts(root, "//o:ItemData[@ItemOID='IT.unmapped.json']/o:Value/text()")
        assert len(odd) == bool(trial.unmapped)
        for text in odd:
            assert json.loads(text) == trial.unmapped
        for place, text in facts(root):
            if text in odd or text in of_record:
                # A record's own text may look like anything; then it stands as it is.
                continue
            assert not is_serialised(text), place
            # Nothing in one string but what the record has in one, or words of the mapping.
            assert len(text) <= max(longest, 100), place


def test_no_key_of_the_model_and_no_path_is_in_a_string() -> None:
    root = root_of(written(full()))
    # The form is made of the model's structs, and says so in its names.
    for node in root.xpath(
        "//*[local-name()='ReferenceData'] | //*[contains(local-name(), 'Def')]"
    ):
        node.getparent().remove(node)
    for place, text in facts(root):
        for key in ("protocolSection", "nctId", "armGroups", "Module", "eligibilityCriteria"):
            assert key not in text, place
        assert not text.startswith("/"), place


def test_no_parameter_of_the_summary_is_ours() -> None:
    for line in some_records(30):
        root = root_of(odm.write(ctgov.read(line)[0])[0])
        for node in root.iter("{*}StudyParameter"):
            (coding,) = node.findall("{*}Coding")
            assert coding.get("System") == CDISC
            assert re.fullmatch(r"C\d+", coding.get("Code"))
            assert node.get("Term")


def test_every_item_of_the_form_is_defined_with_its_group_and_has_a_value() -> None:
    for line in some_records(30):
        root = root_of(odm.write(ctgov.read(line)[0])[0])
        groups = {
            node.get("OID"): [one.get("ItemOID") for one in node.findall("{*}ItemRef")]
            for node in root.iter("{*}ItemGroupDef")
        }
        used = set()
        for node in root.iter("{*}ItemGroupData"):
            used.add(node.get("ItemGroupOID"))
            for item in node.findall("{*}ItemData"):
                assert item.get("ItemOID") in groups[node.get("ItemGroupOID")]
                assert item.findtext("{*}Value")
        # What no row is of is not defined: the form is as large as what it says.
        assert used == set(groups)


# --- homes -------------------------------------------------------------------------------------

HOMES = ("native", "official", "ours", "lost")


def leaves(trial: Trial) -> dict[str, Any]:
    tree = msgspec.to_builtins(trial)
    for key in ("trialbridge", "unmapped", "resultsSection"):
        tree.pop(key, None)
    return {pointer: held for pointer, held in walk(tree) if pointer}


def homes(trial: Trial) -> Iterator[tuple[str, str]]:
    """(pointer, home) of each leaf value, found by taking parameters out of its document."""
    data, _ = odm.write(trial)
    bare = odm.bare(data)
    read = [leaves(odm.read(one)[0]) for one in (bare["native"], bare["official"], data)]
    for pointer, held in leaves(trial).items():
        found = [pointer in one and one[pointer] == held for one in read]
        yield pointer, HOMES[found.index(True)] if any(found) else "lost"


@cache
def counts() -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for line in some_records(80):
        for pointer, home in homes(ctgov.read(line)[0]):
            found[pointer.split("/")[1], home] += 1
    return found


def test_most_of_the_protocol_section_stands_outside_the_form() -> None:
    records()
    of_section = {home: counts()["protocolSection", home] for home in HOMES}
    total = sum(of_section.values())
    native = of_section["native"] / total
    share = (of_section["native"] + of_section["official"]) / total
    print(f"\nprotocolSection: {native:.2%} in elements, {share:.2%} outside the form")
    assert share >= 0.8
    assert sum(n for (_, home), n in counts().items() if home == "lost") == 0


def test_what_is_taken_out_adds_nothing() -> None:
    """A document without our parameters says less, and never another thing."""
    for line in some_records(60):
        trial, _ = ctgov.read(line)
        said = leaves(trial)
        texts_said = {held for held in said.values() if isinstance(held, str)}
        for home, data in odm.bare(odm.write(trial)[0]).items():
            for pointer, held in leaves(odm.read(data)[0]).items():
                if said.get(pointer, ABSENT) == held:
                    continue
                # Criteria are a list then; a coarser code of the standard's; shorter lists.
                assert (
                    pointer.endswith(
                        ("/eligibilityCriteria", "/masking", "/role", "/type", "/country")
                    )
                    or held in texts_said
                ), (home, pointer, held)


def test_what_is_said_natively_is_not_said_again_in_ours() -> None:
    """No text that stands in an element is the value of a parameter of ours as well."""
    for line in some_records(20):
        trial, _ = ctgov.read(line)
        root = root_of(odm.write(trial)[0])
        native: Counter[str] = Counter()
        for node in root.iter("{*}TranslatedText", "{*}FullName", "{*}City"):
            # A label of a code is no text of the record's.
            if not node.getparent().tag.endswith("}Decode"):
                native[node.text or ""] += 1
        for path in ("//o:Arm/@Name", "//o:StudyEndPoint/@Name", "//o:Organization/@Name"):
            native.update(texts(root, path))
        in_record = [held for held in leaves(trial).values() if isinstance(held, str)]
        for node in root.iter("{*}StudyParameter"):
            (code,) = [one.get("Code") for one in node.findall("{*}Coding")]
            held = node.find("{*}ParameterValue").get("Value")
            if len(held) > 12 and held in native:
                # Only where the record says it more than once, as a text or within one.
                assert sum(held in text for text in in_record) > 1, (code, held)


def test_criteria_that_are_a_plain_list_are_not_said_again_as_a_text() -> None:
    whole = "IG.eligibility.criteria"
    assert whole not in texts(root_of(written(full())), "//@ItemGroupOID")
    seen = Counter(
        whole in texts(root_of(odm.write(ctgov.read(line)[0])[0]), "//@ItemGroupOID")
        for line in some_records(30)
    )
    assert seen[False] > seen[True] / 10 > 0


def test_the_sample_has_every_kind_of_study() -> None:
    kinds: Counter[Any] = Counter()
    for line in some_records():
        root = root_of(odm.write(ctgov.read(line)[0])[0])
        kinds[value(root, "STYPE")] += 1
        assert parameter(root, "REGID") is not None
    assert kinds["INTERVENTIONAL"] > 10
    assert kinds["OBSERVATIONAL"] > 3
