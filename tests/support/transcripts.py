"""Pages of Markdown whose shell sessions are run."""

import os
import re
import subprocess
import sys
from pathlib import Path

UPDATE = "TRIALBRIDGE_UPDATE"
BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def shell(line: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a line in a shell in which the installed commands come first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path}
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env=environment, cwd=folder
    )


def check(page: Path, folder: Path) -> None:
    """Run a page: a block with a file name is that file, in a console block `$` begins a command.

    What a command prints follows it, then its exit status unless that is 0. With
    TRIALBRIDGE_UPDATE=1 the page is written anew instead, to be read as a diff.
    """

    def played(block: "re.Match[str]") -> str:
        language, _, name = block["info"].partition(" ")
        if name:
            (folder / name).write_text(block["body"])
        if language != "console":
            return block[0]
        shown = []
        for line in block["body"].splitlines():
            if line.startswith("$ "):
                done = shell(f"{{ {line[2:]}; }} 2>&1", folder)
                status = f"[exit {done.returncode}]\n" if done.returncode else ""
                shown.append(f"{line}\n{done.stdout}{status}")
        return f"```console\n{''.join(shown)}```"

    written = page.read_text()
    now = BLOCK.sub(played, written)
    if os.environ.get(UPDATE):
        page.write_text(now)
    else:
        assert now == written
