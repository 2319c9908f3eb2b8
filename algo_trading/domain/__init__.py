"""The language of the project: frozen records and rules, on the standard library and numpy alone."""
