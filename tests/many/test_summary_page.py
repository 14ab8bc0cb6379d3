"""The page of a run in a real browser: what it shows, in the light and in the dark."""

import json
from pathlib import Path

from browser import browsing, emulate

import trialbridge


def test_the_page_of_a_run_shows_its_counts_without_a_request_or_an_error(tmp_path: Path) -> None:
    names = {"nctId": "NCT00000001", "briefTitle": "<script>document.title = 'x'</script>"}
    source = tmp_path / "records.ndjson"
    source.write_text(json.dumps({"protocolSection": {"identificationModule": names}}) + "\n{}\n")
    trialbridge.convert_many(source, "fhir-r5", tmp_path / "out", workers=1)
    with browsing(tmp_path / "profile") as driver:
        for dark in (False, True):
            emulate(driver, dark=dark)
            driver.get((tmp_path / "out" / "summary.html").as_uri())
            assert driver.title == "1 of 2 records as fhir-r5"
            rows = [row.text for row in driver.find_elements("css selector", "tr")]
            assert "written 1" in [" ".join(row.split()) for row in rows]
            bars = driver.find_elements("css selector", "rect")
            assert bars
            assert all(bar.size["width"] > 0 for bar in bars)
            told = [line for line in driver.get_log("browser") if line["level"] == "SEVERE"]
            assert told == []
