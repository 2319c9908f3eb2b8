"""Interfaces to what is stored and to the outside world. Services take these; `bootstrap` chooses the adapters."""
