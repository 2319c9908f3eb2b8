"""What is read, for programs: the same from the command line and the API."""

from math import isfinite
from typing import Any

from algo_trading.domain.instrument import Series
from algo_trading.domain.scores import PairScore
from algo_trading.domain.signal import Signal
from algo_trading.queries.approvals import ApprovalLine
from algo_trading.queries.orders import OrderLine
from algo_trading.queries.plain import plain
from algo_trading.queries.posts import PostLine

POST = ("feed", "kind", "author", "published_at", "title", "body", "url")


def signal_json(signal: Signal) -> dict[str, Any]:
    """A signal for programs; `session` is the key of its period."""
    found = plain(signal)
    return {
        "strategy": found["strategy"],
        **_series_json(signal.series),
        "session": signal.period,
        **{key: value for key, value in found.items() if key not in {"strategy", "series", "opened_at"}},
    }


def order_json(line: OrderLine) -> dict[str, Any]:
    """An order for programs; `decided_session` is the key of the period it was decided for."""
    order = plain(line.order)
    return {
        "client_order_id": order["client_order_id"],
        "account": order["account"],
        "strategy": order["strategy"],
        **_series_json(line.order.series),
        "decided_session": line.order.period,
        **{key: value for key, value in order.items() if key not in {"series", "opened_at"}},
        "fill": plain(line.fill),
    }


def approval_json(line: ApprovalLine) -> dict[str, Any]:
    """A question about an order for programs, with the order; `sentence` says how it stands."""
    return {**plain(line.approval), "sentence": line.approval.sentence, "order": order_json(OrderLine(line.order))}


def post_json(line: PostLine) -> dict[str, Any]:
    """A post for programs with what it mentions; `sentiment` and `topic` are null until somebody has read it."""
    return {
        "id": str(line.post.key),
        **{name: plain(getattr(line.post, name)) for name in POST},
        "sentiment": line.sentiment,
        "topic": plain(line.topic),
        "mentions": [
            {
                "symbol": one.instrument.symbol,
                "venue": one.instrument.venue,
                "confidence": one.confidence,
                "sentiment": one.sentiment,
                "topic": str(one.topic),
                "impact": one.impact,
            }
            for one in line.mentions
        ],
    }


def _series_json(series: Series) -> dict[str, Any]:
    return {"instrument": plain(series.instrument), "interval": str(series.interval)}


def score_json(score: PairScore) -> dict[str, Any]:
    """A pair's scores for programs; a figure that there is none of is null."""
    return {
        "pair": score.instrument.symbol,
        "at": plain(score.at),
        "price": score.price,
        "bull": score.bull,
        "bear": score.bear,
        "maximum": score.maximum,
        "timeframes": {
            str(interval): {name: number(value) for name, value in plain(rank).items()}
            for interval, rank in score.timeframes.items()
        },
    }


def number(value: float | None) -> float | None:
    """A number of JSON, which has neither NaN nor infinity."""
    return value if value is not None and isfinite(value) else None
