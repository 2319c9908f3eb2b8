"""Protocols of the outside world: sources of data, brokers, channels and the clock."""
