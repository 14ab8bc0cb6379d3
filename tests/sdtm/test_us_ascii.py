"""Characters that a transport file does not hold, as US-ASCII, where it is beyond doubt."""

# ruff: noqa: RUF001 (characters that look like others are what it is about)

from typing import Any

import pytest
from corpus import ALL, records
from hypothesis import given
from hypothesis import strategies as st
from sdtm_record import RECORD, members, source

import trialbridge
from trialbridge import Invalid
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax import xpt
from trialbridge.schemas.syntax.transliteration import transliterated


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BMI ≥ 25 kg/m² and ≤ 40", "BMI >= 25 kg/m^2 and <= 40"),
        ("5×10⁹/L, 10⁻¹²", "5x10^9/L, 10^-12"),
        ("37 °C, 38℃ ± 0.5", "37 degC, 38degC +/- 0.5"),
        ("“Söğüt” – Hôpital d’Été…", '"Sogut" - Hopital d\'Ete...'),
        ("Weiß, Łódź, Øre, Ærø, İstanbul ılık", "Weiss, Lodz, Ore, AEro, Istanbul ilik"),
        ("TNF-α, β2-agonist, 5 µg, 5 μg", "TNF-alpha, beta2-agonist, 5 ug, 5 ug"),
        ("2½ cups, ½ cup", "2 1/2 cups, 1/2 cup"),
        ("① （CO₂） Ⅲ；ﬁn™", "(1) (CO2) III;fin(TM)"),
        ("a\u00a0b\u200b\nc", "a b c"),
        ("cafe\u0301", "cafe"),
        ("pho\u031b\u0309", "pho"),
    ],
)
def test_what_surely_has_a_form_in_ascii_has_it(text: str, expected: str) -> None:
    assert transliterated(text).text == expected


@pytest.mark.parametrize("text", ["中文", "αβγ", "γνώση", "37 º", "5 ¥", "a · b", "²", "٣", "😀"])
def test_what_has_no_sure_form_stays(text: str) -> None:
    assert not transliterated(text).text.isascii()


@given(st.text())
def test_what_is_ascii_stays_and_all_that_is_replaced_is_told(text: str) -> None:
    plain, replaced = transliterated(text)
    assert all(one.isascii() and one.isprintable() for one in replaced.values())
    assert [one for one in text if one.isascii() and one.isprintable() and one not in plain] == []
    left = {one for one in text if not (one.isascii() and one.isprintable())}
    assert {one for one in plain if not (one.isascii() and one.isprintable())} <= left
    assert set(replaced) <= left
    if plain.isascii():
        assert transliterated(plain) == (plain, {})


def changed(title: str, **options: Any) -> tuple[bytes, list[Problem]]:
    section = RECORD["protocolSection"]
    identification = {**section["identificationModule"], "officialTitle": title}
    data = source(protocolSection={**section, "identificationModule": identification})
    told: list[Problem] = []
    made = trialbridge.convert(data, "sdtm", options={"form": "xpt", **options}, warnings=told)
    return made, told


def title_of(data: bytes) -> str:
    ts = xpt.read(members(data)["ts.xpt"])
    at = ts.names.index("TSPARMCD")
    values = [number for number, name in enumerate(ts.names) if name.startswith("TSVAL")]
    row = next(row for row in ts.rows if row[at] == "TITLE")
    texts = [str(row[number]) for number in values if ts.names[number][5:] in ("", "1", "2")]
    return "".join(texts)


def test_each_character_that_is_written_otherwise_is_told_with_its_row() -> None:
    data, told = changed("Tea at ≥ 70 °C", ascii="transliterate")
    assert title_of(data) == "Tea at >= 70 degC"
    assert [str(one) for one in told if one.code == "transliterated"] == [
        "warning: TS, row 60: TSVAL: a transport file holds US-ASCII alone: '≥' as '>=', '°' as "
        "'deg'"
    ]
    assert trialbridge.validate(data) == []


def test_a_value_that_grows_goes_on_in_the_next_column() -> None:
    data, _ = changed("≥" * 150, ascii="transliterate")
    assert title_of(data) == ">=" * 150


def test_what_has_no_form_is_refused_and_so_is_all_without_the_option() -> None:
    with pytest.raises(Invalid) as refused:
        changed("Tea · 70 °C", ascii="transliterate")
    assert [str(one) for one in refused.value.problems if one.severity == "error"] == [
        "error: TS, row 60: TSVAL: '·' (U+00B7) is not US-ASCII, and a transport file holds no "
        "other: write it otherwise in the record, or take form=json"
    ]
    with pytest.raises(Invalid) as refused:
        changed("Tea at ≥ 70")
    assert [str(one) for one in refused.value.problems if one.severity == "error"] == [
        "error: TS, row 60: TSVAL: '≥' (U+2265) is not US-ASCII, and a transport file holds no "
        "other: take ascii=transliterate, or form=json"
    ]


@pytest.mark.skipif(not ALL, reason="every record: TRIALBRIDGE_CORPUS_ALL=1")
def test_nearly_all_records_can_be_written_as_transport_files() -> None:
    options = {"form": "xpt", "ascii": "transliterate"}
    written = 0
    for record in records():
        try:
            trialbridge.convert(record, "sdtm", options=options)
        except Invalid:
            continue
        written += 1
    assert written >= 0.98 * len(records())
