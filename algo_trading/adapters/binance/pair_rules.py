"""The trading rules of pairs: those that are stored, and the exchange's own where these are missing or too old."""

from algo_trading.adapters.binance.client import BinanceRest, read_json
from algo_trading.adapters.binance.rules import rules_of
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.errors import ServiceUnavailableError, SourceError, UnknownSymbolError
from algo_trading.repositories.trading_rules import TradingRulesRepository


class PairRules:
    """Keeps the rules of each pair that was asked for."""

    def __init__(self, rest: BinanceRest, stored: TradingRulesRepository) -> None:
        self._rest, self._stored = rest, stored
        self._known: dict[Instrument, TradingRules] = {}

    def of(self, instrument: Instrument) -> TradingRules | None:
        """The rules of a pair, None where the exchange does not list it.

        Of a pair that did not trade when its rules were stored the exchange is asked again.

        Raises:
            ServiceUnavailableError: the exchange must be asked and does not answer.
        """
        known = self._known.get(instrument)
        if known is None:
            known = next((one for one in self._stored.all(instrument.venue) if one.instrument == instrument), None)
        if known is None or not known.trading:
            return self.refresh(instrument)
        self._known[instrument] = known
        return known

    def refresh(self, instrument: Instrument) -> TradingRules | None:
        """Ask the exchange for the rules of a pair, and store them."""
        try:
            reply = self._rest.exchange_info(instrument.symbol)
            (found,) = rules_of(read_json(reply.content, self._rest.name), instrument.venue, self._rest.name)
        except UnknownSymbolError:
            return None
        except SourceError as error:
            raise ServiceUnavailableError(str(error)) from None
        self._stored.upsert([found])
        self._known[instrument] = found
        return found
