"""Scores of pairs, and the ranks that the newest ones are made of."""

from sqlalchemy import ARRAY, Column, Double, Integer, Table, Text

from algo_trading.adapters.postgres.schema.base import Time, instrument_ref, metadata, written_at

candle_scores = Table(
    "candle_scores",
    metadata,
    instrument_ref(primary_key=True),
    Column("at", Time, primary_key=True, comment="close of the newest candle that had closed"),
    Column("price", Double, nullable=False),
    Column("bull", Integer, nullable=False),
    Column("bear", Integer, nullable=False),
    Column("maximum", Integer, nullable=False, comment="the highest that a score could be"),
    written_at("scored_at"),
    comment="How unusual the candles of a pair were.",
)

candle_ranks = Table(
    "candle_ranks",
    metadata,
    instrument_ref(primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("change", Double, nullable=False, comment="per cent, as the other figures"),
    Column("amplitude", Double, nullable=False),
    Column("max_up", Double, nullable=False),
    Column("max_down", Double, nullable=False),
    Column("rank_change", Double),
    Column("rank_amplitude", Double),
    Column("rank_max_up", Double, comment="null while the change is negative"),
    Column("rank_max_down", Double, comment="null while the change is positive"),
    Column("bull_points", Integer, nullable=False),
    Column("bear_points", Integer, nullable=False),
    Column("closed", Integer, nullable=False, comment="candles that it was ranked among"),
    Column("average_change", Double, comment="of the closed candles, as the other averages"),
    Column("average_amplitude", Double),
    Column("average_max_up", Double),
    Column("average_max_down", Double),
    comment="The ranks of the newest score of each pair.",
)

tuned_thresholds = Table(
    "tuned_thresholds",
    metadata,
    instrument_ref(primary_key=True),
    Column("timeframes", ARRAY(Text), primary_key=True),
    Column("usable_from", Time, primary_key=True, comment="they count from then on, until newer ones do"),
    Column("tuned_at", Time, nullable=False, comment="close of the last candle that it rests on"),
    Column("bull", Integer, comment="null: no bear score ever led to a buy"),
    Column("bear", Integer),
    Column("maximum", Integer, nullable=False),
    Column("trials", Integer, nullable=False, comment="pairs of thresholds tried"),
    Column("gain", Double, nullable=False, comment="out of sample"),
    Column("hold", Double, nullable=False, comment="of the coin in the same time"),
    Column("deflated_sharpe", Double),
    Column("objection", Text, nullable=False, comment="why they are not to be used; empty: they are"),
    comment="Thresholds of scores tuned on history.",
)
