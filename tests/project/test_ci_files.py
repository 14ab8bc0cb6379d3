"""The hook for pre-commit and the action for GitHub: what they name exists, what they run runs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from transcripts import BLOCK, shell

from trialbridge.cli import validate as cli_validate

yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")

ROOT = Path(__file__).resolve().parents[2]
WRONG = '{"protocolSection": {"statusModule": {"startDateStruct": {"date": "2024-13"}}}}'


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("right.json").write_text('{"hasResults": false}')
    Path("wrong.json").write_text(WRONG)
    Path("package.json").write_text("{}")
    return tmp_path


def options() -> set[str]:
    return {name for each in cli_validate.validate.params for name in each.opts}


def test_the_hook_runs_its_entry_on_the_files_that_were_changed() -> None:
    (hook,) = load(".pre-commit-hooks.yaml")
    assert hook["id"] == "trialbridge-validate"
    assert hook["language"] == "python"
    assert {"name", "entry", "files"} <= set(hook)
    right = shell(f"{hook['entry']} right.json package.json")
    assert (right.returncode, right.stdout, right.stderr) == (0, "", "")
    assert shell(f"{hook['entry']} package.json").returncode == 0
    wrong = shell(f"{hook['entry']} right.json package.json wrong.json")
    assert wrong.returncode == 1
    assert wrong.stdout.startswith("wrong.json: failed (ctgov): 1 error\n")


def step(name: str) -> Any:
    return next(each for each in load("action.yml")["runs"]["steps"] if each["id"] == name)


def play(folder: Path, name: str, **inputs: str) -> "subprocess.CompletedProcess[str]":
    """Run a step of the action as GitHub does, with inputs given or their defaults."""
    action = load("action.yml")
    values = {key: each.get("default", "") for key, each in action["inputs"].items()}
    values |= {key.replace("_", "-"): value for key, value in inputs.items()}
    environment = {
        variable: values[text.removeprefix("${{ inputs.").removesuffix(" }}")]
        for variable, text in step(name)["env"].items()
    }
    own = {
        "RUNNER_TEMP": str(folder / "temp"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_ACTION_PATH": str(ROOT),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step(name)["run"]],
        env=os.environ | environment | own,
        capture_output=True,
        text=True,
        cwd=folder,
    )


@pytest.fixture(params=["bin", "Scripts"])
def installed(folder: Path, request: pytest.FixtureRequest) -> None:
    """The command where the first step puts it, on Windows in a folder of another name."""
    place = folder / "temp" / "trialbridge" / request.param
    place.mkdir(parents=True)
    command = shutil.which("trialbridge", path=str(Path(sys.executable).parent))
    assert command
    (place / "trialbridge").symlink_to(command)


@pytest.mark.usefixtures("installed")
def test_the_action_writes_the_report_and_fails_as_the_command_does(folder: Path) -> None:
    done = play(folder, "validate", paths="right.json\n\nwrong.json\n")
    assert done.returncode == 1, done.stderr
    assert done.stderr == "2 sources: 1 failed (1 error)\n"
    log = json.loads((folder / "trialbridge.sarif").read_text())
    assert len(log["runs"][0]["results"]) == 1
    assert (folder / "output").read_text() == "report=trialbridge.sarif\n"
    assert load("action.yml")["outputs"]["report"]["value"].endswith("outputs.report }}")
    assert play(folder, "validate", paths="wrong.json", fail_on="never").returncode == 0


@pytest.mark.usefixtures("installed")
def test_the_action_takes_a_baseline_and_names_with_blanks(folder: Path) -> None:
    (folder / "a b.json").write_text(WRONG)
    shell("trialbridge validate --write-baseline 'known problems.json' 'a b.json'")
    inputs = {"paths": "a b.json", "baseline": "known problems.json", "output": "out put"}
    assert play(folder, "validate", report="json", **inputs).returncode == 0
    assert json.loads((folder / "out put").read_text())["summary"]["known"] == 1


@pytest.mark.usefixtures("installed")
def test_no_input_of_the_action_is_taken_for_shell_or_for_an_option(folder: Path) -> None:
    done = play(folder, "validate", paths="$(touch owned)\n`touch owned`\n--help")
    assert done.returncode == 1
    assert done.stderr == "3 sources: 3 failed (3 fatal)\n"
    assert not (folder / "owned").exists()


@pytest.mark.parametrize(("version", "wanted"), [("", str(ROOT)), ("0.1.0", "trialbridge==0.1.0")])
def test_the_action_installs_itself_or_a_version(
    folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, wanted: str
) -> None:
    """With a python3 that makes a pip which says what it was given: no network in tests."""
    made = '#!/bin/sh\nmkdir -p "$3/bin"\nprintf \'#!/bin/sh\\necho "$@"\\n\' > "$3/bin/pip"\n'
    (folder / "fake").mkdir()
    (folder / "fake" / "python3").write_text(made + 'chmod +x "$3/bin/pip"\n')
    (folder / "fake" / "python3").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'fake'}{os.pathsep}{os.environ['PATH']}")
    done = play(folder, "install", version=version)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"install --quiet {wanted}\n"


def test_the_steps_of_the_action_need_no_more_than_the_bash_of_macos() -> None:
    """It is 3.2: https://www.gnu.org/software/bash/, NEWS of 4.0 has these."""
    steps = load("action.yml")["runs"]["steps"]
    for each in steps:
        for later in ("mapfile", "readarray", "declare -A", ",,}", "^^}", "&>>", "|&", "coproc"):
            assert later not in each["run"]
        # An empty array is unset to it, so there are none.
        assert "[@]" not in each["run"]


def test_no_tag_is_named_that_there_is_not() -> None:
    for page in ("README.md", "docs/howto/ci-usage.md"):
        text = (ROOT / page).read_text()
        assert re.findall(r"uses: trialbridge/trialbridge@(\S+)", text) == ["main"]
        assert re.findall(r'rev: "([^"]*)"', text) == [""]


def test_every_option_that_the_hook_and_the_action_use_exists() -> None:
    lines = step("validate")["run"] + load(".pre-commit-hooks.yaml")[0]["entry"]
    used = set(re.findall(r"(?<![\w-])--[a-z-]+", lines))
    assert used == {
        "--report",
        "--output",
        "--severity",
        "--fail-on",
        "--baseline",
        "--skip-unknown",
        "--quiet",
    }
    assert used <= options()


def test_the_inputs_of_the_action_have_the_commands_own_defaults() -> None:
    inputs = load("action.yml")["inputs"]
    defaults = {each.name: each.default for each in cli_validate.validate.params}
    assert inputs["severity"]["default"] == defaults["severity"]
    assert inputs["fail-on"]["default"] == defaults["fail_on"]
    assert inputs["report"]["default"] in cli_validate.REPORT_NAMES


def test_the_page_shows_the_hook_and_the_action_as_they_are() -> None:
    page = (ROOT / "docs" / "howto" / "ci-usage.md").read_text()
    shown = [
        yaml.safe_load(block["body"]) for block in BLOCK.finditer(page) if block["info"] == "yaml"
    ]
    action, hooks = shown[0], shown[1]
    uses = next(
        each for each in action["jobs"]["records"]["steps"] if "trialbridge" in each["uses"]
    )
    assert set(uses["with"]) <= set(load("action.yml")["inputs"])
    assert hooks["repos"][0]["hooks"][0]["id"] == load(".pre-commit-hooks.yaml")[0]["id"]
    for name in load("action.yml")["inputs"]:
        assert f"`{name}`" in page
    for name in options() - {"-h", "--help"}:
        assert not name.startswith("--") or f"`{name}" in page
