"""Which instruments a text names, where, and with what confidence."""
