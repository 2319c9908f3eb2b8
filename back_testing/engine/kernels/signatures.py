"""The types of `params` as numba compiles them."""

from numba import types

from algo_trading.indicators.compiling import FLAG_TABLE, FLAGS, SERIES, TABLE
from back_testing.engine.kernels.params import FullyInvestedParams, Orders, Params, Prices

PARAMS = types.NamedUniTuple(types.float64, len(Params._fields), Params)
FULLY_INVESTED = types.NamedTuple((types.float64, types.float64, types.boolean), FullyInvestedParams)
PRICES = types.NamedTuple((SERIES, SERIES, SERIES, SERIES, FLAGS), Prices)
PRICE_TABLES = types.NamedTuple((TABLE, TABLE, TABLE, TABLE, FLAG_TABLE), Prices)
ORDERS = types.NamedTuple((FLAG_TABLE, FLAG_TABLE, TABLE, TABLE), Orders)
