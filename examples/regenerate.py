"""Convert each example record, `*.txt`, to the other formats, beside it.

    python examples/regenerate.py            # rewrites the files
    python examples/regenerate.py --check    # writes nothing, exits 1 if a file is not current

What is read only is in `sources/`, written by hand. `results/` has a record with results, which a
page has not, as ClinicalTrials.gov's JSON by hand, and in FHIR. The command that makes the others
is `convert --to FORMAT NAME.txt -o NAME.FORMAT.json` (`.xml` for ODM), and no other code; that of
the picture `NAME.svg` is `trialbridge draw NAME.txt -o NAME.svg`.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from trialbridge.cli.commands import convert
from trialbridge.cli.drawing import draw

FOLDER = Path(__file__).resolve().parent
ENDINGS = {
    "trial": "trial.json",
    "ctgov": "ctgov.json",
    "fhir-r5": "fhir-r5.json",
    "odm-2.0": "odm-2.0.xml",
    "odm-1.3.2": "odm-1.3.2.xml",
    "usdm": "usdm.json",
    "ctgov-xml": "ctgov-xml.xml",
    "ctgov-csv": "ctgov-csv.csv",
    "prs": "prs.xml",
    "sdtm": "sdtm.zip",
    "fhir-r4b": "fhir-r4b.json",
    "fhir-r4": "fhir-r4.json",
}
# A record with results, and what it is in FHIR.
WITH_RESULTS = FOLDER / "results" / "NCT99900005.ctgov.json"
# What a format must be given.
GIVEN = {"prs": ("-O", "org_name=NorrlandU")}


def main(arguments: Sequence[str] = ()) -> int:
    """Write the files or, with `--check`, name those that are not current; give the exit status."""
    records = sorted(FOLDER.glob("*.txt"))
    now: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as made:
        for record in records:
            for to, ending in ENDINGS.items():
                output = Path(made) / f"{record.stem}.{ending}"
                line = ["--to", to, str(record), "-o", str(output), "--quiet", *GIVEN.get(to, ())]
                convert.main(line, prog_name="convert", standalone_mode=False)
                now[output.name] = output.read_bytes()
            picture = Path(made) / f"{record.stem}.svg"
            draw.main([str(record), "-o", str(picture)], prog_name="draw", standalone_mode=False)
            now[picture.name] = picture.read_bytes()
        for to in ("fhir-r5", "fhir-r4"):
            output = Path(made) / f"NCT99900005.{to}.json"
            line = ["--to", to, str(WITH_RESULTS), "-o", str(output), "--quiet"]
            convert.main(line, prog_name="convert", standalone_mode=False)
            now[f"results/{output.name}"] = output.read_bytes()
    before = {
        str(path.relative_to(FOLDER)): path.read_bytes()
        for pattern in ("*.json", "*.xml", "*.csv", "*.svg", "*.zip", "results/*.fhir-*.json")
        for path in FOLDER.glob(pattern)
    }
    if "--check" not in arguments:
        for name in before.keys() - now.keys():
            (FOLDER / name).unlink()
        for name, content in now.items():
            (FOLDER / name).write_bytes(content)
        return 0
    stale = sorted(name for name in before | now if before.get(name) != now.get(name))
    for name in stale:
        print(f"examples/{name} is not current: python examples/regenerate.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
