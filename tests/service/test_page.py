"""The page in a real browser: by mouse, by keyboard, in the dark, on a phone."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import axe, browsing, emulate
from service import Service

import trialbridge
from trialbridge.formats import by_name, read_formats, written_formats
from trialbridge.formats.options import stand_ins
from trialbridge.service.processes.locating import shown

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "examples/NCT99900001.txt").read_text()
PHONE = {"width": 390, "height": 844}


class Page:
    """The page, as somebody who looks at it and types."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver = driver
        self.url = url

    def open(self) -> None:
        self.driver.get(f"{self.url}/")
        self.until(lambda: self.run("return document.documentElement.dataset.ready") == "true")

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        found: str = self.find(selector).text
        return found

    def until(self, happened: Callable[[], object], seconds: float = 40) -> None:
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, self.text("body")[:2_000]
            time.sleep(0.05)

    def put(self, selector: str, text: str) -> None:
        """Put a text into a field as a paste does."""
        script = """
            const [field, text] = arguments;
            field.value = text;
            field.dispatchEvent(new Event("input", { bubbles: true }));
        """
        self.run(script, self.find(selector), text)

    def show(self, text: str) -> None:
        self.run("document.getElementById('source-part').open = true")
        self.put("#source", text)
        self.find("#show").click()

    def choose(self, to: str) -> None:
        self.run(
            "const [list, to] = arguments;list.value = to; list.dispatchEvent(new Event('change'))",
            self.find("#to"),
            to,
        )

    def said(self, beginning: str) -> None:
        self.until(lambda: self.text("#status").startswith(beginning))

    def read(self, to: str = "fhir-r5", source: str = "text") -> None:
        self.said(f"Read as {source}, written as {to}.")

    def errors(self) -> list[str]:
        """What the console says since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def faults(self) -> list[str]:
        """What axe-core finds: https://dequeuniversity.com/rules/axe"""
        self.run(axe())
        script = """
            const done = arguments[0];
            axe.run().then((found) => done(found.violations.map(
              (each) => `${each.impact} ${each.id}: ${each.nodes[0].html}`)));
        """
        found: list[str] = self.driver.execute_async_script(script)
        return found


@pytest.fixture(scope="module")
def page(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("profile")) as driver:
        yield Page(driver, service.url)


@pytest.fixture(autouse=True)
def _opened(page: Page) -> Iterator[None]:
    emulate(page.driver)
    page.open()
    page.errors()
    yield
    assert page.errors() == []


def test_the_example_is_shown_in_each_format_with_the_homes_of_its_facts(page: Page) -> None:
    page.show(TEXT)
    page.read()
    assert page.text("#record h2") == TEXT.splitlines()[0]
    assert "NCT99900001" in page.text(".ids")
    page.until(lambda: page.run("return document.querySelector('figure img')?.naturalWidth > 0"))
    table = [row.text.split("\n")[0] for row in page.driver.find_elements("css selector", "th")]
    assert table == [
        "Velorastat tablet",
        "Placebo tablet",
        "Education programme",
        "Velorastat",
        "Placebo",
    ]
    receives = page.run(
        "return [...document.querySelectorAll('tbody tr')].map("
        "(row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))"
    )
    assert receives == [["●", "", "●"], ["", "●", "●"]]
    for known in written_formats():
        page.choose(known.name)
        page.read(known.name)
        options = stand_ins(known.options)
        document = "This format is not text: download it."
        if known.syntax != "zip":
            data = trialbridge.convert(TEXT.encode(), known.name, options=options)
            document = shown(data, known)
        assert page.find("#download").is_enabled() is not bool(options)
        assert page.run("return document.getElementById('text').textContent").strip() == (
            document.strip()
        )
        counts = trialbridge.fidelity(TEXT.encode(), known.name).counts
        legend = [
            f"native element {counts['native']}",
            f"official extension {counts['official']}",
            f"our extension {counts['ours']}",
            f"not carried {counts['not carried']}",
        ]
        page.until(lambda legend=legend: page.text("#legend").split("\n") == legend)
        text = known.syntax != "zip"
        assert page.find("#edit").is_enabled() is (known in read_formats() and text)


def test_a_fact_leads_to_its_line_by_mouse_and_by_keyboard(page: Page) -> None:
    page.show(TEXT)
    page.read()
    page.find('.fact[data-pointer$="/primaryOutcomes/0/measure"]').click()
    page.until(lambda: "line" in page.text("#where"))
    assert page.text("#where").startswith(
        "Outcomes \u203a Primary outcomes 1 \u203a Measure: native element ResearchStudy."
    )
    assert page.text(".line.chief").strip() == '"name": "Clear skin",'
    assert page.find(".line.chief").is_displayed()
    first = page.run(
        "const f = document.querySelector('.fact'); f.focus(); return f.dataset.pointer"
    )
    assert first == "/protocolSection/identificationModule/nctId"
    keys = page.driver.switch_to.active_element
    page.run("document.querySelectorAll('.fact')[0].tabIndex = 0")
    keys.send_keys("\ue015")  # arrow down
    second = page.driver.switch_to.active_element
    assert second.get_attribute("data-pointer").endswith("/statusModule/overallStatus")
    second.send_keys("\ue007")  # enter
    page.until(lambda: "Overall status" in page.text("#where") and "line" in page.text("#where"))
    assert "RECRUITING" in page.text(".line.chief")
    one = page.run("return document.querySelectorAll('#record .fact[tabindex=\"0\"]').length")
    assert one == 1


def test_an_edit_of_the_document_is_shown_as_a_difference_of_the_record(page: Page) -> None:
    page.show(TEXT)
    page.read()
    for to in ("fhir-r5", "odm-2.0"):
        page.choose(to)
        page.read(to)
        page.find("#edit").click()
        written = page.find("#editor").get_attribute("value")
        assert written == shown(trialbridge.convert(TEXT.encode(), to), by_name(to))
        page.put("#editor", written.replace("Clear skin", "Skin clear of plaques"))
        page.said("The edit changes 1 value of the record.")
        assert page.text("#differences li") == (
            "Outcomes \u203a Primary outcomes 1 \u203a Measure Clear skin → Skin clear of plaques"
        )
        fact = page.find(".fact.changed")
        assert fact.get_attribute("data-pointer").endswith("/primaryOutcomes/0/measure")
        page.put("#editor", written)
        page.said("The record still says the same.")
        assert not page.driver.find_elements("css selector", "#differences")
        page.put("#editor", written[: len(written) // 2])
        page.said("The edited document cannot be read.")
        assert page.text("#problems li").startswith("Edited document: fatal line ")
        page.find("#edit").click()
        page.read(to)
        assert not page.find("#problems").is_displayed()


def test_options_of_a_format_are_fields(page: Page) -> None:
    page.show(TEXT)
    page.read()
    page.find("#options summary").click()
    page.run(
        "const [field] = arguments;"
        "field.value = 'transaction'; field.dispatchEvent(new Event('change'))",
        page.find("#options [name=bundle]"),
    )
    page.until(lambda: '"type": "transaction"' in page.text("#text"))
    page.read()


def test_bad_input_is_shown_with_its_line(page: Page) -> None:
    page.show('{"protocolSection": {"identificationModule":\n  {"nctId": 7}}}')
    page.said("This cannot be read as a record.")
    told = page.text("#problems li")
    assert told.startswith("Source: error line 2 /protocolSection/identificationModule/nctId ")
    page.find("#problems button").click()
    selected = page.run(
        "const s = document.getElementById('source');"
        "return s.value.slice(s.selectionStart, s.selectionEnd)"
    )
    assert selected == '  {"nctId": 7}}}'
    page.show("tea")
    page.until(lambda: "is no trial record in a known format" in page.text("#problems"))
    assert not page.find("#panes").is_displayed()


def test_a_script_in_a_record_is_a_text(page: Page) -> None:
    bad = "<img src=x onerror='window.harm=1'><script>window.harm=1</script>\"'`${harm}"
    record = json.loads((ROOT / "examples/NCT99900001.ctgov.json").read_bytes())
    protocol = record["protocolSection"]
    protocol["identificationModule"]["briefTitle"] = bad
    protocol["armsInterventionsModule"]["armGroups"][0]["label"] = bad
    protocol["eligibilityModule"]["eligibilityCriteria"] = bad
    protocol["harm<script>window.harm=1</script>"] = bad
    page.show(json.dumps(record))
    page.read(source="ctgov")
    assert page.text("#record h2") == bad
    page.until(lambda: page.run("return document.querySelector('figure img')?.naturalWidth > 0"))
    for to in ("text", "odm-2.0", "trial", "fhir-r5"):
        page.choose(to)
        page.read(to, "ctgov")
    page.find('.fact[data-pointer$="/armGroups/0/label"]').click()
    page.until(lambda: "line" in page.text("#where"))
    page.find("#edit").click()
    written = page.find("#editor").get_attribute("value")
    page.put("#editor", written.replace("Clear skin", "<script>window.harm=1</script>"))
    page.said("The edit changes 1 value")
    assert "<script>window.harm=1</script>" in page.text("#differences")
    page.show(f"{{{bad}")
    page.said("This cannot be read as a record.")
    assert page.run("return window.harm") is None
    found = page.run("return document.querySelectorAll('main script, main img:not(figure img)')")
    assert found == []


def test_a_file_is_opened_whatever_its_encoding_and_a_document_is_downloaded(
    page: Page, tmp_path: Path
) -> None:
    source = tmp_path / "record.txt"
    source.write_bytes(b"\xff\xfe" + TEXT.encode("utf-16-le"))
    page.find("#file").send_keys(str(source))
    page.read()
    assert page.text("#record h2") == TEXT.splitlines()[0]
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    page.find("#download").click()
    saved = tmp_path / "NCT99900001.fhir-r5.json"
    page.until(saved.exists)
    page.until(lambda: saved.stat().st_size > 0)
    wanted = shown(trialbridge.convert(TEXT.encode(), "fhir-r5"), by_name("fhir-r5"))
    assert saved.read_text() == wanted


def test_nobody_is_kept_out_in_light_in_dark_or_on_a_phone(page: Page) -> None:
    assert page.faults() == []
    page.show(TEXT)
    page.read()
    page.find(".fact").click()
    page.until(lambda: "line" in page.text("#where"))
    assert page.faults() == []
    emulate(page.driver, dark=True)
    assert page.faults() == []
    page.find("#edit").click()
    page.put("#editor", page.find("#editor").get_attribute("value").replace("Clear", "Clean"))
    page.said("The edit changes")
    assert page.faults() == []
    emulate(page.driver, **PHONE)
    assert page.faults() == []
    assert page.run("return document.documentElement.scrollWidth") <= PHONE["width"]
    page.show('{"protocolSection": {"identificationModule": {"nctId": 7, "briefTitle": [1]}}}')
    page.said("This cannot")
    assert page.faults() == []
    assert page.run("return document.documentElement.scrollWidth") <= PHONE["width"]


def test_no_other_host_is_asked(page: Page) -> None:
    page.driver.get_log("performance")
    page.open()
    page.find("#example").click()
    page.read(source="ctgov")
    page.choose("odm-2.0")
    page.read("odm-2.0", "ctgov")
    asked = set()
    for entry in page.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"])
    assert f"{page.url}/assets/app.js" in asked
    assert all(url.startswith((f"{page.url}/", f"blob:{page.url}/")) for url in asked)
