"""Great Expectations' data docs: pages on which a person sees what the gate held back, and by which rule."""

import re
import tempfile
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.quality.expectations import expectations
from algo_trading.quality.rules import Columns, Suite, is_none
from algo_trading.repositories.objects import ObjectStore

FOLDER = "quality/docs"
SITE = "command"
MEDIA_TYPES = {".html": "text/html", ".css": "text/css"}  # fonts, logos and animations are 4 MB a site: left out
SHOWN = 1_000  # rows held back of a batch that a page is about; a validation needs more memory than the import itself
PAGES = 200  # newest validation results kept; a batch makes up to two


@dataclass(frozen=True, eq=False)
class Page:
    """One validation result: of which batch, by which suite, and when it was judged."""

    batch: str
    suite: str
    judged_at: datetime
    result: Any


class DataDocs:
    """Implements FaultPages with Great Expectations."""

    def __init__(self) -> None:
        self._pages: deque[Page] = deque(maxlen=PAGES)

    def add(
        self, batch: str, suite: Suite, columns: Columns, reasons: NDArray[np.object_], judged_at: datetime
    ) -> None:
        """Validate a batch of which something was held back for `reasons`.

        Where that is more than SHOWN rows, the batch is validated up to the last of these, and the page's name says so.

        Raises:
            RuntimeError: Great Expectations finds other faults than the gate did.
        """
        held_back = np.flatnonzero(~is_none(reasons))
        if len(held_back) > SHOWN:
            end = int(held_back[SHOWN - 1]) + 1
            batch = f"{batch} first {end} of {len(reasons)} rows"
            columns, reasons = {name: values[:end] for name, values in columns.items()}, reasons[:end]
        result, found = expectations().validate(suite, columns)
        if not np.array_equal(found, reasons):
            row = int(np.flatnonzero(found != reasons)[0])
            raise RuntimeError(
                f"the gate and Great Expectations disagree on row {row + 1} of {batch} by {suite.name}: "
                f"{reasons[row]} and {found[row]}"
            )
        self._pages.append(Page(batch, suite.name, judged_at, result))

    def publish(self, objects: ObjectStore, label: str) -> str | None:
        """Store the pages added since the last time; the key of their index, None without any.

        The docs grow slow with each result a context holds, so the results are put in, shown and taken out again.
        """
        if not self._pages:
            return None
        from great_expectations.core.run_identifier import RunIdentifier
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        context = expectations().context
        prefix = f"{FOLDER}/{_safe(label)}"
        keys = []
        with tempfile.TemporaryDirectory() as folder:
            context.add_data_docs_site(SITE, _site(folder))
            try:
                for number, page in enumerate(self._pages, start=1):
                    batch = _safe(page.batch)
                    run = RunIdentifier(run_name=f"{number:04}-{batch}", run_time=page.judged_at.astimezone(UTC))
                    page.result.meta["run_id"] = run
                    key = ValidationResultIdentifier(ExpectationSuiteIdentifier(page.suite), run, batch)
                    context.validation_results_store.set(key, page.result)
                    keys.append(key)
                context.build_data_docs(site_names=[SITE])
            finally:
                for key in keys:
                    context.validation_results_store.remove_key(key)
                context.delete_data_docs_site(SITE)
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file() and path.suffix in MEDIA_TYPES:
                    stored = f"{prefix}/{path.relative_to(folder).as_posix()}"
                    objects.put(stored, path.read_bytes(), MEDIA_TYPES[path.suffix])
        self._pages.clear()
        return f"{prefix}/index.html"


def _site(folder: str) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": folder},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _safe(text: str) -> str:
    """`text` as one part of a key or file name; of a long one the end, where the file's name is."""
    return re.sub(r"[^A-Za-z0-9._=-]+", "-", text).strip("-.")[-120:] or "batch"
