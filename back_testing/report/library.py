"""Plotly's own script, as it is embedded into a report."""

import base64
import gzip
from functools import cache
from importlib.resources import files


@cache
def compressed_plotly() -> str:
    """plotly.min.js of the installed package, gzip in base64: 2 MB in each report instead of 5."""
    script = files("plotly") / "package_data" / "plotly.min.js"
    return base64.b64encode(gzip.compress(script.read_bytes(), compresslevel=6, mtime=0)).decode("ascii")
