"""How the services are made that bring bars, figures and texts in and compute what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algo_trading.bootstrap.parts import Rules

if TYPE_CHECKING:
    from algo_trading.services.accept_bars import AcceptBars
    from algo_trading.services.accept_posts import AcceptPosts
    from algo_trading.services.annotate_posts import AnnotatePosts
    from algo_trading.services.collect import CollectPosts
    from algo_trading.services.compute import ComputeIndicators
    from algo_trading.services.current_scores import ReadCurrentScores
    from algo_trading.services.export import ExportBars
    from algo_trading.services.fundamentals import FetchFundamentals
    from algo_trading.services.import_bars import ImportBars
    from algo_trading.services.import_fundamentals import ImportFundamentals
    from algo_trading.services.ingest import IngestBars
    from algo_trading.services.list_coins import ListCoins
    from algo_trading.services.load_history import LoadHistory
    from algo_trading.services.pairs_of_coins import PairsOfCoins
    from algo_trading.services.record_scores import RecordScores
    from algo_trading.services.refresh_rules import RefreshRules
    from algo_trading.services.release_held import ReleaseHeld
    from algo_trading.services.rename import RenameInstruments
    from algo_trading.services.score_candles import ScoreCandles
    from algo_trading.services.score_history import DrawScores, ReadScoreHistory
    from algo_trading.services.tell_actions import TellActions


class Intake(Rules):
    """A method for each of these services, as in `Services`."""

    # Bars

    def accept_bars(self) -> AcceptBars:
        from algo_trading.services.accept_bars import AcceptBars

        return AcceptBars(
            gate=self.gate,
            bars=self.bars,
            actions=self.actions,
            batches=self.batches,
            quarantine=self.quarantine,
            calendars=self.calendars,
            clock=self.clock,
        )

    def ingest_bars(self) -> IngestBars:
        from algo_trading.services.ingest import IngestBars

        return IngestBars(
            accept=self.accept_bars(),
            bars=self.bars,
            objects=self.objects,
            names=self.names,
            calendars=self.calendars,
            clock=self.clock,
        )

    def export_bars(self) -> ExportBars:
        from algo_trading.services.export import ExportBars

        return ExportBars(self.bars, self.objects, self.locks)

    def load_history(self) -> LoadHistory:
        from algo_trading.services.load_history import LoadHistory

        return LoadHistory(self.ingest_bars(), self.export_bars(), self.pages, self.objects)

    def import_bars(self) -> ImportBars:
        from algo_trading.services.import_bars import ImportBars

        return ImportBars(
            read_bar_files=self.read_bar_files,
            accept=self.accept_bars(),
            pages=self.pages,
            quality=self.quality,
            imports=self.imports,
            names=self.names,
            objects=self.objects,
            export=self.export_bars(),
            calendars=self.calendars,
            clock=self.clock,
        )

    def release_held(self) -> ReleaseHeld:
        from algo_trading.services.release_held import ReleaseHeld

        return ReleaseHeld(self.accept_bars(), self.quarantine, self.export_bars())

    def tell_actions(self) -> TellActions:
        from algo_trading.services.tell_actions import TellActions

        return TellActions(self.actions, self.release_held(), self.rename_instruments())

    def rename_instruments(self) -> RenameInstruments:
        from algo_trading.services.rename import RenameInstruments

        return RenameInstruments(self.names, self.bars, self.export_bars(), self.locks, self.clock)

    def compute_indicators(self) -> ComputeIndicators:
        from algo_trading.services.compute import ComputeIndicators

        return ComputeIndicators(self.bars, self.actions, self.indicators)

    # Scores of pairs

    def score_candles(self) -> ScoreCandles:
        from algo_trading.services.score_candles import ScoreCandles

        return ScoreCandles(self.bars, self.calendars, self.points)

    def current_scores(self) -> ReadCurrentScores:
        from algo_trading.services.current_scores import ReadCurrentScores

        return ReadCurrentScores(self.score_candles(), self.scores, self.bars, self.clock)

    def record_scores(self) -> RecordScores:
        from algo_trading.services.record_scores import RecordScores

        return RecordScores(self.score_candles(), self.score_alerts, self.thresholds)

    def read_score_history(self) -> ReadScoreHistory:
        from algo_trading.services.score_history import ReadScoreHistory

        return ReadScoreHistory(self.bars)

    def draw_scores(self) -> DrawScores:
        from algo_trading.services.score_history import DrawScores

        return DrawScores(self.read_score_history(), self.calendars, self.points)

    # Figures and names

    def fetch_fundamentals(self) -> FetchFundamentals:
        from algo_trading.services.fundamentals import FetchFundamentals

        return FetchFundamentals(self.fundamentals_source, self.fundamentals, self.objects, self.clock)

    def import_fundamentals(self) -> ImportFundamentals:
        from algo_trading.services.import_fundamentals import ImportFundamentals

        return ImportFundamentals(self.fundamentals, self.bars, self.clock)

    def list_coins(self) -> ListCoins:
        from algo_trading.services.list_coins import ListCoins

        return ListCoins(self.coin_source, self.listings, self.objects, self.clock)

    def refresh_rules(self) -> RefreshRules:
        from algo_trading.services.refresh_rules import RefreshRules

        return RefreshRules(self.rules_sources, self.trading_rules, self.objects, self.clock)

    # Text

    def accept_posts(self) -> AcceptPosts:
        from algo_trading.services.accept_posts import AcceptPosts

        return AcceptPosts(self.post_gate, self.posts, self.quarantine, self.batches)

    def collect_posts(self) -> CollectPosts:
        from algo_trading.services.collect import CollectPosts

        return CollectPosts(
            feeds=self.feeds,
            accept=self.accept_posts(),
            feed_states=self.feed_states,
            objects=self.objects,
            clock=self.clock,
        )

    def pairs_of_coins(self) -> PairsOfCoins:
        from algo_trading.sentiment.mentions.names import COINS_VENUE
        from algo_trading.services.pairs_of_coins import PairsOfCoins

        return PairsOfCoins(self.watchlists, self.trading_rules, COINS_VENUE)

    def annotate_posts(self) -> AnnotatePosts:
        from algo_trading.services.annotate_posts import AnnotatePosts

        return AnnotatePosts(
            posts=self.posts,
            mentions=self.mentions,
            finder=lambda: self.finder,
            scorer=self.scorer,
            events=self.events,
            impact_weights=self.impact_weights,
            influencers=self.influencers,
            pairs=self.pairs_of_coins(),
        )
