"""Trading decisions over bars: rules, market, compiled loops and what comes out."""
