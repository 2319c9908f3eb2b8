"""Many settings or many symbols: sweeps and walk-forward optimisation."""
