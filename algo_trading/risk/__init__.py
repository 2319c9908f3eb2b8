"""From a signal and an account to an order or a refusal with its reason."""
