"""Options and arguments that several commands have."""

from datetime import date
from typing import Annotated

import typer

from algo_trading.domain.symbol import normal_symbol


def parse_date(text: str) -> date:
    """A date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date; write it like 2013-01-02") from error


DATE = "YYYY-MM-DD"
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Day = Annotated[date, typer.Argument(parser=parse_date, metavar=DATE, help="A session, or the first of a range.")]
To = Annotated[date | None, typer.Option("--to", parser=parse_date, metavar=DATE, help="Last session of a range.")]
First = Annotated[date, typer.Option("--from", parser=parse_date, metavar=DATE, help="First day of the range.")]
Last = Annotated[date, typer.Option("--to", parser=parse_date, metavar=DATE, help="Last day of the range.")]
Since = Annotated[date | None, typer.Option("--from", parser=parse_date, metavar=DATE, help="Not before this date.")]
Until = Annotated[date | None, typer.Option("--to", parser=parse_date, metavar=DATE, help="Not after this date.")]
Newest = Annotated[int, typer.Option(min=1, help="At most this many, the newest.")]
Symbol = Annotated[str | None, typer.Option(parser=normal_symbol, metavar="TEXT", help="Only this symbol.")]
Strategy = Annotated[str | None, typer.Option(help="Only this strategy.")]
Account = Annotated[str | None, typer.Option(help="Only this account.")]
WatchlistName = Annotated[str | None, typer.Option("--watchlist", help="Only this watchlist.")]
Address = Annotated[str, typer.Argument(help="An email address.")]
