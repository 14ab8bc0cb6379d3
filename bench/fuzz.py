"""Fuzz the readers and the validators with atheris: nothing but ReadError may come out of them.

    pip install atheris
    python bench/fuzz.py ctgov -runs=50000

The first argument is a format; the rest is libFuzzer's (`-runs=N`, `-max_total_time=SECONDS`,
`-seed=N`, `-jobs=N`; https://llvm.org/docs/LibFuzzer.html#options). It begins with the examples of
the repository, and keeps what it finds new in a folder that goes at the end. Half of what it tries
is bytes changed at random, half a document whose structure was changed, since few of the former
get further than the parser. An input that makes anything else raise is written to `crash-*`, and
the run stops with the traceback.
"""

import random
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import atheris  # type: ignore[import-not-found]

NAME = sys.argv[1] if len(sys.argv) > 1 else ""

with atheris.instrument_imports(include=["trialbridge"]):
    import trialbridge
    from trialbridge.formats import FORMATS, by_name
    from trialbridge.schemas.problem import ReadError

    if NAME not in {known.name for known in FORMATS}:
        sys.exit(f"expected a format: {', '.join(known.name for known in FORMATS)}")
    FORMAT = by_name(NAME)
    # What is loaded at first use would come too late to be instrumented.
    for module in (FORMAT.reader, FORMAT.writer, FORMAT.validator, FORMAT.advice):
        if module is not None:
            import_module(module)

ROOT = Path(__file__).resolve().parent.parent
for folder in ("support", "support/fhir"):
    sys.path.insert(0, str(ROOT / "tests" / folder))

from mutations import documents, mutated  # noqa: E402

LONGEST = 65_536


def main() -> None:
    """Run until the options say that it is enough, or something is raised."""

    def one(data: bytes) -> None:
        if FORMAT.reader is not None:
            with suppress(ReadError):
                trialbridge.read(data, format=NAME)
        for problem in trialbridge.validate(data, format=NAME):
            assert problem.message

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        choice = random.Random(seed)
        if choice.random() < 0.5:
            return bytes(atheris.Mutate(data, most))
        return mutated(data, choice)[:most]

    with tempfile.TemporaryDirectory(prefix="trialbridge-fuzz-") as folder:
        for number, data in enumerate(documents(NAME)):
            Path(folder, f"seed-{number}").write_bytes(data[:LONGEST])
        options = [sys.argv[0], f"-max_len={LONGEST}", *sys.argv[2:], folder]
        atheris.Setup(options, one, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
