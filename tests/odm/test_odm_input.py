"""Broken and hostile ODM through the commands: a reason with its line, exit 1, nothing written."""

import http.server
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner
from format_names import XML_ROOTS

from trialbridge.cli import commands
from trialbridge.io.encoding import REMEDY
from trialbridge.schemas.syntax.xml import MOST_DEPTH

NAMESPACE = 'xmlns="http://www.cdisc.org/ns/odm/v2.0"'
FILE = 'FileType="Snapshot" FileOID="F" CreationDateTime="2024-01-01T00:00:00" ODMVersion="2.0"'
HEAD = f"<ODM {NAMESPACE} {FILE}>"
STUDY = '<Study OID="S" StudyName="T" ProtocolName="P"/>'
FORM = "https://trialbridge.github.io/fhir/registry-form"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
LARGE = 20_000_000
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">\n' for n in range(10))
DOCTYPE = "a DOCTYPE is not read, as it may declare entities or name files, expected none [doctype]"


def row(name: str, **items: str) -> str:
    """A document with one row of the registry form, whatever its items are."""
    said = "".join(
        f'<ItemData ItemOID="IT.{name}.{item}"><Value>{held}</Value></ItemData>'
        for item, held in items.items()
    )
    defined = "".join(
        f'<ItemDef OID="IT.{name}.{item}" Name="{item}" DataType="text"/>' for item in items
    )
    refs = "".join(f'<ItemRef ItemOID="IT.{name}.{item}" Mandatory="No"/>' for item in items)
    return (
        f'{HEAD}<Study OID="S" StudyName="T" ProtocolName="P">\n<MetaDataVersion OID="M" Name="M">'
        f'<ItemGroupDef OID="IG.{name}" Name="x" Repeating="Simple" Type="Section">{refs}'
        f'<Alias Context="{FORM}" Name="{name}"/></ItemGroupDef>{defined}</MetaDataVersion>'
        f'</Study><ReferenceData StudyOID="S" MetaDataVersionOID="M">'
        f'<ItemGroupData ItemGroupOID="IG.{name}" ItemGroupRepeatKey="1">{said}</ItemGroupData>'
        "</ReferenceData></ODM>"
    )


BAD: dict[str, tuple[bytes, str]] = {
    name: (data.encode() if isinstance(data, str) else data, message)
    for name, (data, message) in {
        "external entity": (
            f'{XML}<!DOCTYPE ODM [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n{HEAD}'
            '<Study OID="S" StudyName="&x;" ProtocolName="P"/></ODM>',
            f"fatal: line 2: {DOCTYPE}",
        ),
        "nested entities": (
            f"{XML}\n<!DOCTYPE ODM [\n{LAUGHS}]>\n{HEAD}"
            '<Study OID="S" StudyName="&a9;" ProtocolName="P"/></ODM>',
            f"fatal: line 3: {DOCTYPE}",
        ),
        "external DTD": (
            f'{XML}<!DOCTYPE ODM SYSTEM "http://127.0.0.1:9/odm.dtd">{HEAD}{STUDY}</ODM>',
            f"fatal: line 2: {DOCTYPE}",
        ),
        "unknown entity": (
            f'{HEAD}\n<Study OID="S" StudyName="&x;" ProtocolName="P"/></ODM>',
            "fatal: line 2: &x; is no entity of XML, expected &amp; &lt; &gt; &quot; &apos; or a "
            "number [entity]",
        ),
        "wrong namespace": (
            f'{XML}<ODM xmlns="http://example.org/odm">{STUDY}</ODM>',
            "fatal: line 2: the root of the XML is <ODM> of namespace 'http://example.org/odm', "
            f"which is no known format's; expected {XML_ROOTS} [format]",
        ),
        "no namespace": (
            f"<ODM {FILE}>{STUDY}</ODM>",
            "fatal: line 1: the source is CDISC ODM-XML of a version before 1.3, or without its"
            " namespace, which is not read; ODM 2.0 is read, with"
            ' xmlns="http://www.cdisc.org/ns/odm/v2.0" [format]',
        ),
        "wrong version": (
            XML + HEAD.replace('"2.0"', '"1.3.2"') + STUDY + "</ODM>",
            "fatal: line 2: ODMVersion is '1.3.2', expected '2.0' [version]",
        ),
        "truncated": (
            f"{HEAD}\n{STUDY}\n<AdminData>\n",
            "fatal: line 4: the document ends before </AdminData>: <AdminData> of line 3 is not "
            "closed [truncated]",
        ),
        "two studies": (
            f"{HEAD}\n{STUDY}\n{STUDY}</ODM>",
            "fatal: line 3: expected one Study, found 2, on line 2, line 3;"
            " `convert -o FOLDER/` or `trialbridge.records` takes each [one-study]",
        ),
        "no study": (
            f"\n{HEAD}</ODM>",
            "fatal: line 2: expected one Study, found none: this is no trial record [one-study]",
        ),
        "two versions": (
            f'{HEAD}<Study OID="S" StudyName="T" ProtocolName="P">\n<MetaDataVersion OID="a" '
            'Name="a"/>\n<MetaDataVersion OID="b" Name="b"/></Study></ODM>',
            "fatal: line 3: expected one MetaDataVersion, found 2, on line 2, line 3 [one-version]",
        ),
        "another root": (
            f"<Protocol {NAMESPACE}/>",
            "fatal: line 1: the root is <Protocol>, expected ODM, Study or MetaDataVersion [root]",
        ),
        "two roots": (
            f"{HEAD}{STUDY}</ODM>\n<ODM/>",
            "fatal: line 2: something stands after the end of the root element, expected nothing "
            "[malformed]",
        ),
        "no XML": (
            "<ODM",
            "fatal: line 1: the document ends inside a tag, expected > [truncated]",
        ),
        "UTF-16 cut in a character": (
            f"{HEAD}{STUDY}</ODM>".encode("utf-16")[:-1],
            f"fatal: byte {2 * len(f'{HEAD}{STUDY}</ODM>')}: the mark says UTF-16-LE, and the bytes"
            f" are none; {REMEDY} [encoding]",
        ),
        "empty": ("", "fatal: line 1: the source is empty [empty]"),
        "a control character": (
            f'{HEAD}\n<Study OID="S" StudyName="a\x01" ProtocolName="P"/></ODM>',
            "fatal: line 2: not well formed: invalid character in attribute value [malformed]",
        ),
        "a lone ampersand": (
            f'{HEAD}\n\n<Study OID="S" StudyName="a & b" ProtocolName="P"/></ODM>',
            "fatal: line 3: an & stands alone, expected &amp; [malformed]",
        ),
        "too deep": (
            HEAD + "<Study>" * 300 + "</Study>" * 300 + "</ODM>",
            f"fatal: line 1: elements are nested deeper than {MOST_DEPTH} [depth]",
        ),
        "unmapped that is no JSON": (
            row("unmapped", json="{").replace(' ItemGroupRepeatKey="1"', ""),
            "fatal: ODM.ReferenceData.ItemGroupData[IG.unmapped]: Input data was truncated "
            "[not-json]",
        ),
        "an empty element that is nowhere": (
            row("emptyElements", place="nonsense", kind="list"),
            "fatal: ODM.ReferenceData.ItemGroupData[IG.emptyElements]: 'nonsense' is not a JSON "
            "pointer (RFC 6901) [not-readable]",
        ),
        "an empty element that the model has not": (
            row("emptyElements", place="/x", kind="list"),
            "fatal: ODM.ReferenceData.ItemGroupData[IG.emptyElements]: Object contains unknown "
            "field `x` [not-readable]",
        ),
        "a number in the form that is none": (
            row("adverseEvents.eventGroups").replace(
                "></ItemGroupData>",
                '><ItemData ItemOID="IT.EventGroup.deathsNumAffected"><Value>few</Value>'
                "</ItemData></ItemGroupData>",
            ),
            "error: ODM.ReferenceData.ItemGroupData[IG.adverseEvents.eventGroups].items[0]."
            "IT.EventGroup.deathsNumAffected: 'few' is not a whole number [not-readable]",
        ),
        "a code in the form that the registry has not": (
            row("sponsorCollaborators", **{"leadSponsor.class": "BIG"}).replace(
                ' ItemGroupRepeatKey="1"', ""
            ),
            "error: ODM.ReferenceData.ItemGroupData[IG.sponsorCollaborators]."
            "IT.sponsorCollaborators.leadSponsor.class: 'BIG' is not one of AMBIG, FED, INDIV, "
            "INDUSTRY, NETWORK, NIH, OTHER, OTHER_GOV, UNKNOWN [not-readable]",
        ),
    }.items()
}


def trialbridge(
    folder: Path, *arguments: str, memory: int = 0
) -> "subprocess.CompletedProcess[str]":
    """Run the command in a folder; in a process with at most so many bytes of memory, if said."""
    if not memory:
        with chdir(folder):
            result = CliRunner().invoke(
                commands.main, arguments, prog_name="trialbridge", catch_exceptions=False
            )
        return subprocess.CompletedProcess(
            arguments, result.exit_code, result.stdout, result.stderr
        )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    return subprocess.run(
        [sys.executable, "-m", "trialbridge", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


@pytest.mark.parametrize("name", BAD)
def test_a_reason_with_its_line_and_no_output(name: str, tmp_path: Path) -> None:
    data, message = BAD[name]
    (tmp_path / "in.xml").write_bytes(data)
    done = trialbridge(tmp_path, "convert", "--to", "ctgov", "-o", "out.json", "in.xml")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [f"in.xml: {message}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.xml"]


# What the XSD has nothing against, though it is no trial record of ours.
VALID = {"no study", "two versions", "another root", "two studies"} | {
    name for name in BAD if "unmapped" in name or "element" in name or "the form" in name
}


@pytest.mark.parametrize("name", [name for name in BAD if name not in VALID])
def test_validate_says_it_fails_and_shows_no_traceback(name: str, tmp_path: Path) -> None:
    (tmp_path / "in.xml").write_bytes(BAD[name][0])
    done = trialbridge(tmp_path, "validate", "in.xml")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "1 source: 1 failed" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.xml"]


@pytest.mark.parametrize("name", ["truncated", "two studies", "external entity"])
def test_an_output_that_there_is_stays_as_it_was(name: str, tmp_path: Path) -> None:
    (tmp_path / "in.xml").write_bytes(BAD[name][0])
    (tmp_path / "out.json").write_text("as it was")
    done = trialbridge(tmp_path, "convert", "--to", "ctgov", "-o", "out.json", "in.xml")
    assert done.returncode == 1
    assert (tmp_path / "out.json").read_text() == "as it was"


def test_odm_1_3_2_is_told_from_2_0(tmp_path: Path) -> None:
    data = '\n<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2"/>'
    (tmp_path / "in.xml").write_text(data)
    done = trialbridge(tmp_path, "convert", "--to", "ctgov", "in.xml")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "in.xml: fatal: line 2: expected one Study, found none: this is no trial record [one-study]"
    ]
    forced = trialbridge(tmp_path, "convert", "--from", "odm", "--to", "ctgov", "in.xml")
    assert forced.returncode == 1
    assert forced.stderr.splitlines() == [
        "in.xml: fatal: line 2: <ODM> is ODM 1.3.2, expected ODM 2.0, of namespace "
        "'http://www.cdisc.org/ns/odm/v2.0' [namespace]"
    ]


# --- nothing from outside -------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A web server that notes what it is asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = threading.Thread(target=web.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{web.server_address[1]}", asked
        web.shutdown()
        thread.join()


@pytest.mark.parametrize("command", ["convert --to trial", "validate"])
def test_nothing_is_fetched_or_read(
    command: str, server: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, asked = server
    (tmp_path / "secret.txt").write_text("the secret")
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ways = [
        f'<!DOCTYPE ODM SYSTEM "{url}/a.dtd">{HEAD}{STUDY}</ODM>',
        f'<!DOCTYPE ODM [<!ENTITY x SYSTEM "{url}/b">]>{HEAD}{STUDY}</ODM>',
        f'<!DOCTYPE ODM [<!ENTITY % p SYSTEM "{url}/c">%p;]>{HEAD}{STUDY}</ODM>',
        '<!DOCTYPE ODM [<!ENTITY x SYSTEM "secret.txt">]>'
        f'{HEAD}<Study OID="S" StudyName="&x;" ProtocolName="P"/></ODM>',
        f'<?xml-stylesheet href="{url}/d.xsl" type="text/xsl"?>{HEAD}{STUDY}</ODM>',
        HEAD[:-1]
        + f' {xsi} xsi:schemaLocation="http://www.cdisc.org/ns/odm/v2.0 {url}/e.xsd">{STUDY}</ODM>',
        f'{HEAD}{STUDY[:-2]}><Include href="{url}/f" '
        'xmlns="http://www.w3.org/2001/XInclude"/></Study></ODM>',
    ]
    for data in ways:
        (tmp_path / "in.xml").write_text(data)
        done = trialbridge(tmp_path, *command.split(), "in.xml")
        assert "Traceback" not in done.stderr
        assert "the secret" not in done.stdout + done.stderr
    assert asked == []


# --- size -----------------------------------------------------------------------------------------


INSIDE = f'{HEAD}<Study OID="S" StudyName="T" ProtocolName="P">'
TEXT = f'{INSIDE}<Description><TranslatedText Type="text/plain">'
# What stands before, what again and again, and what after.
LARGE_ONES = {
    "one text": (TEXT, "x", "</TranslatedText></Description></Study></ODM>"),
    "one attribute": (f'{HEAD}<Study OID="S" ProtocolName="P" StudyName="', "x", '"/></ODM>'),
    "one comment": (f"{INSIDE}<!--", "x", "--></Study></ODM>"),
    "one name": (f"{HEAD}<", "x", "/></ODM>"),
    "many of one element": (INSIDE, "<Description/>", "</Study></ODM>"),
    "one tag that never ends": (f"{INSIDE}<Description", " ", ""),
}


@pytest.mark.parametrize("name", LARGE_ONES)
def test_a_large_document_is_refused_in_bounded_memory(name: str, tmp_path: Path) -> None:
    """20 MB; by hand 200 MB, with TRIALBRIDGE_LARGE=200000000."""
    size = int(os.environ.get("TRIALBRIDGE_LARGE", LARGE))
    before_it, again, after_it = LARGE_ONES[name]
    with (tmp_path / "in.xml").open("w") as file:
        file.write(before_it)
        for _ in range(1000):
            file.write(again * (size // len(again) // 1000))
        file.write(after_it)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    began = time.perf_counter()
    # Room for the program, and four times the document.
    room = 1_000_000_000 + 4 * size
    done = trialbridge(tmp_path, "convert", "--to", "ctgov", "-o", "out", "in.xml", memory=room)
    seconds = time.perf_counter() - began
    most = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    print(f"\n{name}: {size:,} bytes, {seconds:.2f} s, at most {most // 1000} MB: {done.stderr}")
    assert done.returncode == 1
    assert done.stderr.startswith("in.xml: fatal: ")
    assert len(done.stderr.splitlines()) == 1
    assert len(done.stderr) < 400
    assert not (tmp_path / "out").exists()
