"""The container is of the wheel, for a user who is not root, and of an extra that there is."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_container_file_installs_the_wheel_with_the_extra_and_is_not_root() -> None:
    lines = (ROOT / "Containerfile").read_text().splitlines()
    instructions = [line.split(maxsplit=1) for line in lines if line[:1].isupper()]
    told = dict(each for each in instructions)
    assert told["COPY"] == "dist/*.whl /tmp/"
    assert told["ARG"] == "BASE=docker.io/library/python:3.12-slim"
    assert told["FROM"] == "${BASE}"
    assert told["USER"] == "10001"
    assert told["ENTRYPOINT"].startswith('["trialbridge", "serve", "--host", "0.0.0.0"')
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "${wheel}[serve]" in "".join(lines)
    extras = project["optional-dependencies"]
    assert set(extras["serve"]) <= set(extras["test"])
    assert not {"httptools", "starlette", "uvicorn", "uvloop"} & {
        each.partition(">")[0] for each in project["dependencies"]
    }
