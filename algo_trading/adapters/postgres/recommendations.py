"""Recommendations in PostgreSQL."""

from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import ensure_instruments
from algo_trading.adapters.postgres.schema.decisions import backtests, recommendations
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.recommendation import Candidate, Recommendation
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval

_SERIES = (instruments.c.venue.collate("C"), instruments.c.symbol.collate("C"), recommendations.c.interval)


class PostgresRecommendations:
    """Implements RecommendationRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def store(self, recommendation: Recommendation) -> None:
        chosen = recommendation.strategy
        outcome = {
            "strategy": chosen.name if chosen else None,
            "params": chosen.params if chosen else None,
            "reason": recommendation.reason,
            "trials": recommendation.trials,
            "data_hash": recommendation.data_hash,
            "report": recommendation.report,
        }
        with self._engine.begin() as connection:
            ids = ensure_instruments(connection, [recommendation.instrument])
            key = {
                "instrument_id": ids[recommendation.instrument],
                "interval": str(recommendation.series.interval),
                "session": recommendation.session,
            }
            statement = insert(recommendations).values({**key, **outcome})
            statement = statement.on_conflict_do_update(index_elements=list(key), set_=outcome)
            own = connection.execute(statement.returning(recommendations.c.id)).scalar_one()
            connection.execute(delete(backtests).where(backtests.c.recommendation_id == own))
            rows = [
                {
                    "recommendation_id": own,
                    "rank": rank,
                    "strategy": candidate.strategy.name,
                    "params": candidate.strategy.params,
                    "first_session": candidate.first,
                    "last_session": candidate.last,
                    "statistics": dict(candidate.statistics),
                    "deflated_sharpe": candidate.deflated_sharpe,
                    "objection": candidate.objection,
                }
                for rank, candidate in enumerate(recommendation.candidates)
            ]
            if rows:
                connection.execute(insert(backtests), rows)

    def newest(self) -> list[Recommendation]:
        chosen = (
            select(recommendations, instruments.c.symbol, instruments.c.venue)
            .join(instruments)
            .ext(distinct_on(*_SERIES))
            .order_by(*_SERIES, recommendations.c.session.desc())
        )
        with self._engine.connect() as connection:
            rows = connection.execute(chosen).all()
            candidates: dict[int, list[Candidate]] = {row.id: [] for row in rows}
            query = select(backtests).where(backtests.c.recommendation_id.in_(candidates)).order_by(backtests.c.rank)
            for row in connection.execute(query):
                candidates[row.recommendation_id].append(_candidate(row))
        found = [
            Recommendation(
                series=Series(Instrument(row.symbol, row.venue), Interval(row.interval)),
                session=row.session,
                strategy=None if row.strategy is None else StrategyId(row.strategy, row.params),
                reason=row.reason,
                trials=row.trials,
                data_hash=row.data_hash,
                candidates=tuple(candidates[row.id]),
                report=row.report,
            )
            for row in rows
        ]
        return sorted(found, key=lambda recommendation: recommendation.series)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        strategy=StrategyId(row.strategy, row.params),
        first=row.first_session,
        last=row.last_session,
        statistics=row.statistics,
        deflated_sharpe=row.deflated_sharpe,
        objection=row.objection,
    )
