"""Great Expectations' data docs: pages on which a person sees what the gate found."""

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from algo_trading.quality.expectations import expectations
from algo_trading.repositories.objects import ObjectStore

FOLDER = "quality/docs"
SITE = "command"
MEDIA_TYPES = {".html": "text/html", ".css": "text/css"}  # fonts, logos and animations are 4 MB a site: left out


@dataclass(frozen=True, eq=False)
class Page:
    """One validation result: of which batch, by which suite, and when it was judged."""

    batch: str
    suite: str
    judged_at: datetime
    result: Any


def publish(pages: Iterable[Page], objects: ObjectStore, label: str) -> str:
    """Build the site of these results under quality/docs/`label` and return the key of its index page.

    The docs grow slow with each result a context holds, so the results are put in, shown and taken out again.
    """
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
            for number, page in enumerate(pages, start=1):
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
                key = f"{prefix}/{path.relative_to(folder).as_posix()}"
                objects.put(key, path.read_bytes(), MEDIA_TYPES[path.suffix])
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
