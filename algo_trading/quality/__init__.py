"""The gate: what comes in is stored or quarantined with a reason."""
