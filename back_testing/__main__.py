"""`python -m back_testing` is the command `backtest`."""

from back_testing.cli import main

if __name__ == "__main__":
    main()
