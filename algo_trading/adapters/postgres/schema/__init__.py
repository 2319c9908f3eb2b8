"""Tables of the market database, a module for each subject.

Changes come with a migration in sql/migrations; a test holds the two together.
"""

from algo_trading.adapters.postgres.schema import (
    audit,
    decisions,
    inbound,
    market,
    notices,
    people,
    quality,
    scores,
    text,
    trading,
)
from algo_trading.adapters.postgres.schema.base import metadata

__all__ = [
    "audit",
    "decisions",
    "inbound",
    "market",
    "metadata",
    "notices",
    "people",
    "quality",
    "scores",
    "text",
    "trading",
]
