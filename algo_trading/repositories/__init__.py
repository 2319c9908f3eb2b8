"""Protocols of what is stored. Services take these; `bootstrap` chooses the adapters."""
