"""Mails that come in, as far as they can be understood by reading them."""
