"""The use cases, one verb each: frozen dataclasses of what they need, filled by name in `bootstrap`."""
