"""Make the pages of the mappings to FHIR R5, ODM, USDM and legacy XML, with their codes.

python docs/scripts/build_mapping_page.py            # rewrites pages in docs/formats/
python docs/scripts/build_mapping_page.py --check    # writes nothing, exits 1 if one is not current
"""

import sys
from collections.abc import Sequence

from mapping_pages import ctgov, fhir, odm, sdtm, usdm
from mapping_pages.pages import FOLDER, page

from trialbridge.schemas.made import settle

PAGES = (fhir.R5, odm.V2_0, sdtm.SDTM, odm.V1_3_2, usdm.USDM, ctgov.XML)


def main(arguments: Sequence[str] = ()) -> int:
    """Write the pages or, with `--check`, tell whether they are current; give the exit status."""
    made = [(one.path, page(one)) for one in PAGES]
    return max(
        settle(
            path,
            "\n".join(lines).rstrip("\n") + "\n",
            "the tables give",
            check="--check" in arguments,
        )
        for path, lines in [*made, (FOLDER / "registries" / "ctgov-csv.md", ctgov.csv_page())]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
