"""Checks in processes that can be stopped, and two records compared."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import trialbridge
from trialbridge.cli import commands as cli
from trialbridge.running import workers
from trialbridge.running.workers import Budget, in_turn
from trialbridge.schemas import json_schema
from trialbridge.schemas.problem import Problem
from trialbridge.sources import Source
from trialbridge.validation.check import Checked

TEA = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea"}}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments, prog_name="trialbridge", catch_exceptions=False)


def act(source: Source) -> Checked:
    """Do what the source says. At the top of the module, so that a process finds it."""
    if source.data == b"hang":
        time.sleep(600)
    if source.data == b"die":
        os._exit(7)
    if source.data == b"limit":
        import resource

        return str(resource.getrlimit(resource.RLIMIT_AS)[0]), []
    if source.data == b"slow":
        time.sleep(0.3)
    return (source.data or b"").decode(), []


def stopped(problems: list[Problem]) -> Checked:
    return None, problems


def test_what_hangs_or_dies_is_the_problem_of_its_source_and_the_order_stays() -> None:
    wanted = ["slow", "a", "hang", "b", "die", "c"]
    sources = [Source(name, data=name.encode()) for name in wanted]
    sources.insert(1, Source("none"))
    found = list(in_turn(sources, act, stopped, Budget(jobs=2, seconds=2, memory=1 << 30)))
    assert [source.file for source, _ in found] == ["slow", "none", *wanted[1:]]
    told = {
        s.file: [(p.code, p.message) for p in problems] or name for s, (name, problems) in found
    }
    assert told == {
        "slow": "slow",
        "none": None,
        "a": "a",
        "hang": [("timeout", "not done within 2 seconds: stopped")],
        "b": "b",
        "die": [
            (
                "crashed",
                "the process that worked on it ended with status 7,"
                " perhaps at the limit of 1,024 MiB",
            )
        ],
        "c": "c",
    }


def test_a_source_has_limits_where_none_are_said() -> None:
    assert Budget().here
    seconds, memory = Budget(jobs=4).limited()[1:]
    assert seconds == 1800
    if sys.platform == "linux":
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        assert memory == max(whole // 4, 2 << 30)
    assert Budget(2, 5, 1 << 30).limited() == Budget(2, 5, 1 << 30)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is limited on Linux")
def test_a_process_is_given_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_LEAST_MEMORY", 3 << 40)
    found = list(in_turn([Source("a", data=b"limit")], act, stopped, Budget(jobs=2)))
    assert found[0][1] == (str(3 << 40), [])


def test_skipped_fails_where_that_is_wanted_and_broken_json_is_never_skipped() -> None:
    Path("in").mkdir()
    Path("in/a.json").write_text(json.dumps(TEA))
    Path("in/b.csv").write_text("a,b\n")
    assert run("validate", "in").exit_code == 0
    assert run("validate", "--fail-on-skipped", "in").exit_code == 1
    Path("in/c.json").write_text('{"name": ')
    found = run("validate", "in")
    assert found.exit_code == 1
    assert "in/c.json: failed: 1 fatal\n" in found.stdout


def test_diff_tells_each_leaf_in_any_formats() -> None:
    a = json.dumps(TEA).encode()
    Path("a.json").write_bytes(a)
    Path("b.xml").write_bytes(trialbridge.convert(a, "odm"))
    assert (run("diff", "a.json", "b.xml").stdout, trialbridge.diff(a, Path("b.xml"))) == (
        "no difference\n",
        [],
    )
    other = json.loads(a)
    other["protocolSection"]["identificationModule"]["briefTitle"] = "Coffee"
    other["protocolSection"]["conditionsModule"] = {"conditions": ["Fatigue", "Sleep"]}
    Path("c.json").write_text(json.dumps(other))
    found = run("diff", "b.xml", "c.json")
    assert (found.exit_code, found.stdout) == (
        1,
        "/protocolSection/identificationModule/briefTitle\n"
        '- "Tea"\n+ "Coffee"\n'
        "/protocolSection/conditionsModule/conditions/0\n"
        '- (absent)\n+ "Fatigue"\n'
        "/protocolSection/conditionsModule/conditions/1\n"
        '- (absent)\n+ "Sleep"\n',
    )
    assert run("diff", "-", "-").exit_code == 2


def test_schema_prints_the_schema_of_the_model() -> None:
    path = Path(json_schema.__file__).with_name("trial.schema.json")
    assert run("schema").stdout == path.read_text()
