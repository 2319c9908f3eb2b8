"""A practice exchange on this machine: it speaks Binance Spot's REST, streams and websocket API with play money.

Prices are made up from a seed, or replayed from recorded candles. Everything but `server` is free of I/O and gives the
same answers for the same seed, the same clock and the same requests.
"""
