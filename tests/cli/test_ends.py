"""How the commands end: names as long as can be, signals, what is not installed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from trialbridge.cli import commands, options, steps
from trialbridge.shown.output import deliver

RECORD = '{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}'
DURING_IMPORT = """\
import sys

class Interrupts:
    def find_spec(self, name, *rest):
        if name == "trialbridge.cli.commands":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
from trialbridge.cli.start import main
main()
"""
DURING_WRITING = """\
import signal
import time
from trialbridge.cli import commands, start

# Where a shell starts the tests in the background, it has this signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

def slow(data, to, indent):
    def pieces():
        yield data[:10]
        print("begun", flush=True)
        time.sleep(60)
    return pieces()

commands.laid_out = slow
commands.deliver = lambda pieces, output, deliver=commands.deliver: deliver(*pieces, output)
start.convert()
"""


def test_an_output_of_the_longest_name_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250 + ".json")
    for data in (b"one", b"two"):
        deliver([data], str(path))
        assert [each.read_bytes() for each in tmp_path.iterdir()] == [data]


def test_ctrl_c_during_start_is_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", DURING_IMPORT], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_no_traceback_and_no_temporary_file(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    (tmp_path / "record.json").write_text(RECORD)
    (tmp_path / "out.json").write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-c", DURING_WRITING, "--to", "fhir", "record.json", "-o", "out.json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (status, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "record.json"]
    assert (tmp_path / "out.json").read_text() == "old"


def test_deep_without_its_extra_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fhirkit", None)
    (tmp_path / "record.json").write_text(RECORD)
    found = CliRunner().invoke(
        commands.main, ["validate", "--deep", str(tmp_path)], prog_name="trialbridge"
    )
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.endswith(
        "Error: --deep asks fhirkit-rs, which is not installed: pip install 'trialbridge[deep]'\n"
    )


def test_a_path_that_may_not_be_read_exits_as_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "record.json").write_text(RECORD)
    # Whether it may be read is asked when it is opened, and not by click before, who exits with 2.
    monkeypatch.setattr("os.access", lambda *arguments, **options: False)
    for line in (["convert", "--to", "trial"], ["validate"], ["roundtrip", "--via", "trial"]):
        for name, status in (("record.json", 0), ("none.json", 1)):
            found = CliRunner().invoke(commands.main, [*line, str(tmp_path / name)])
            assert found.exit_code == status


def test_differences_are_coloured_on_a_terminal_that_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.json").write_text(RECORD.replace("}}}", '}}, "derivedSection": {}}'))
    line = ["roundtrip", "--via", "text", str(tmp_path / "a.json")]
    shown = {}
    for coloured in (True, False):
        monkeypatch.setattr(steps, "coloured", lambda coloured=coloured: coloured)
        shown[coloured] = CliRunner().invoke(commands.main, line, color=True).stdout
    assert "\x1b[31m- " in shown[True]
    assert "\x1b" not in shown[False]
    monkeypatch.setattr("sys.stdout", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert options.coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not options.coloured()
