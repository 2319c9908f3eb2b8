"""The commands `action`: splits, dividends and the ends of instruments."""

import getpass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.cli import output
from algo_trading.cli.options import DATE, Json, parse_date
from algo_trading.domain.symbol import normal_symbol

if TYPE_CHECKING:
    from algo_trading.domain.corporate_actions import ActionKind

app = typer.Typer(
    help="Splits, dividends, delistings, mergers and new names: list them, and tell what no source does.",
    no_args_is_help=True,
)
TIMES = ("seen", "withdrawn")
Symbol = Annotated[str, typer.Argument(parser=normal_symbol, metavar="SYMBOL", help="Whose action it is.")]


def _kind(text: str) -> "ActionKind":
    from algo_trading.domain.corporate_actions import ActionKind

    try:
        return ActionKind(text.lower())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(ActionKind)}") from None


Kind = Annotated[
    Any,  # an ActionKind; its module imports numpy, which the help must not wait for
    typer.Argument(parser=_kind, metavar="KIND", help="split, dividend, delisted, merged or renamed."),
]
ExDate = Annotated[date, typer.Argument(parser=parse_date, metavar=DATE, help="The first date on which it counts.")]
Venue = Annotated[str, typer.Option("--venue", "--calendar", help="Where the symbol is traded.")]


@app.command("list")
def list_actions(
    symbol: Annotated[
        list[str] | None, typer.Argument(parser=normal_symbol, metavar="SYMBOL", help="Only of these symbols.")
    ] = None,
    venue: Venue = "XNYS",
    json: Json = False,
) -> None:
    """List corporate actions with who told them when, and versions that were withdrawn or changed since."""
    from algo_trading.bootstrap import bootstrap
    from algo_trading.domain.corporate_actions import PERSON, ActionKind
    from algo_trading.domain.instrument import Instrument

    with bootstrap() as application:
        names, wanted = application.names.all(), None
        if symbol:
            asked = {Instrument(one, venue) for one in symbol}
            names = [one for one in names if {one.instrument, one.now} & asked]
            wanted = sorted(asked | {one.now for one in names})
        versions = application.actions.versions(wanted)
    renamed = [
        {
            "symbol": one.instrument.symbol,
            "venue": one.instrument.venue,
            "date": one.until,
            "kind": str(ActionKind.RENAMED),
            "value": 1.0,
            "target": one.now.symbol,
            "source": PERSON,
            "seen": None,
            "withdrawn": None,
        }
        for one in names
    ]
    found = renamed + [
        {
            "symbol": version.action.instrument.symbol,
            "venue": version.action.instrument.venue,
            "date": version.action.ex_date,
            "kind": str(version.action.kind),
            "value": version.action.value,
            "target": version.action.target,
            "source": version.source,
            "seen": version.seen_at,
            "withdrawn": version.withdrawn_at,
        }
        for version in versions
    ]
    if json:
        output.print_json(found)
        return
    rows = [
        [f"{value:%Y-%m-%d %H:%M}" if key in TIMES and value else value or "" for key, value in one.items()]
        for one in found
    ]
    columns = ("symbol", "venue", "date", "kind", "value", "into", "source", "seen (UTC)", "withdrawn (UTC)")
    output.table("Corporate actions", columns, rows)


@app.command("add")
def add(
    symbol: Symbol,
    kind: Kind,
    day: ExDate,
    value: Annotated[
        str,
        typer.Argument(
            help="New shares for old of a split or merger (2, 3:2, 1:10), money per share of a dividend or delisting."
        ),
    ] = "",
    *,
    into: Annotated[str, typer.Option(help="The symbol that takes its place, of a merger or a new name.")] = "",
    venue: Venue = "XNYS",
) -> None:
    """Tell an action that no source tells, or tells wrong; sources do not overrule it.

    Bars that were held back as a likely untold split are judged again: a split by its ratio lets them in, and a split
    by 1 says that there was none and the move was real. Accounts are corrected by the next pass.
    A new name moves everything that is stored under the old one, accounts included, and imports of files know it.
    Examples: algo-trading action add AAPL split 2014-06-09 7; algo-trading action add LEH delisted 2008-09-18 0.05;
    algo-trading action add FB renamed 2022-06-09 --into META
    """
    from algo_trading.bootstrap import bootstrap
    from algo_trading.domain.instrument import Instrument
    from algo_trading.domain.venue import venue_of
    from algo_trading.repositories.audit import AuditEntry
    from algo_trading.services.tell_actions import told_action

    action = told_action(Instrument(symbol, venue_of(venue).code), day, kind, value, into)
    with bootstrap() as application:
        told = application.tell_actions()([action])
        detail = {"action": str(action), "released": told.released}
        entry = AuditEntry(application.clock.now(), getpass.getuser(), "action.add", symbol, detail)
        application.audit.add(entry)
    known = "" if told.told else ", which is known already"
    typer.echo(f"{action}{known}; {told.released} rows that were held back are stored now")


@app.command("withdraw")
def withdraw(symbol: Symbol, kind: Kind, day: ExDate, venue: Venue = "XNYS") -> None:
    """Withdraw an action that never was. Accounts are corrected by the next pass."""
    from algo_trading.bootstrap import bootstrap
    from algo_trading.domain.instrument import Instrument
    from algo_trading.repositories.audit import AuditEntry

    with bootstrap() as application:
        application.tell_actions().withdraw(Instrument(symbol, venue), day, kind)
        detail = {"action": f"{kind.noun} on {day}"}
        application.audit.add(AuditEntry(application.clock.now(), getpass.getuser(), "action.withdraw", symbol, detail))
    typer.echo(f"the {kind.noun} of {symbol} on {day} is withdrawn")


@app.command("import")
def import_actions(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file with a header, in UTF-8.")],
    venue: Venue = "XNYS",
) -> None:
    """Tell the actions of a file: symbol, date, kind, value, target. A wrong row stores nothing."""
    from algo_trading.bootstrap import bootstrap
    from algo_trading.domain.venue import venue_of
    from algo_trading.errors import ConfigError
    from algo_trading.repositories.audit import AuditEntry
    from algo_trading.services.tell_actions import actions_of_file

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read as a text in UTF-8: {error}") from error
    actions = actions_of_file(lines, file.name, venue_of(venue).code)
    with bootstrap() as application:
        told = application.tell_actions()(actions)
        detail = {"rows": len(actions), "told": told.told}
        application.audit.add(
            AuditEntry(application.clock.now(), getpass.getuser(), "action.import", file.name, detail)
        )
    typer.echo(f"{len(actions)} rows: {told.told} new or changed; {told.released} rows that were held back are stored")
