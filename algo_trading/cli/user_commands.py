"""Commands about people who may log in."""

from datetime import timedelta
from typing import Annotated

import typer

from algo_trading.cli.options import Address, Json
from algo_trading.domain.user import Role, Scope

app = typer.Typer(help="People who may log in, and the tokens of their programs.", no_args_is_help=True)
token = typer.Typer(help="Tokens for the API.", no_args_is_help=True)
app.add_typer(token, name="token")

Name = Annotated[str, typer.Argument(help="A user's name.")]
TokenName = Annotated[str, typer.Argument(help="What the token is for, such as the name of a program.")]
Ask = Annotated[bool, typer.Option("--ask", help="Type the password instead of having one generated.")]
Scopes = Annotated[list[Scope] | None, typer.Option("--scope", help="What it may do; repeat it for several.")]
Days = Annotated[int | None, typer.Option(min=1, max=3650, help="After how many days it ends; without: never.")]


@app.command("list")
def list_users(json: Json = False) -> None:
    """List users."""
    from algo_trading.cli.users import show_users

    show_users(as_json=json)


@app.command("add")
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="An owner steers everything, a member sees the market and their own.")] = (
        Role.MEMBER
    ),
    address: Annotated[str, typer.Option(help="Email address for notices; also works for logging in.")] = "",
    ask: Ask = False,
) -> None:
    """Add a user and print the generated password, which is shown once.

    Example: algo-trading user add ann --address ann@example.com
    """
    from algo_trading.cli.users import add_user

    add_user(name, role, address, _typed() if ask else None)


@app.command("remove")
def remove(name: Name) -> None:
    """Remove a user with sessions and tokens. Accounts and subscriptions stay."""
    from algo_trading.cli.users import remove_user

    remove_user(name)


@app.command("password")
def password(name: Name, ask: Ask = False) -> None:
    """Give a user another password, end their sessions, and print the password, which is shown once."""
    from algo_trading.cli.users import change_password

    change_password(name, _typed() if ask else None)


@app.command("requests")
def requests(json: Json = False) -> None:
    """List who asks to join, and whether the address is confirmed."""
    from algo_trading.cli.users import show_requests

    show_requests(as_json=json)


@app.command("accept")
def accept(address: Address) -> None:
    """Make a user of who asked to join; a mail says how to choose a password."""
    from algo_trading.cli.users import accept_request

    accept_request(address)


@app.command("refuse")
def refuse(address: Address) -> None:
    """Forget who asked to join."""
    from algo_trading.cli.users import refuse_request

    refuse_request(address)


@app.command("export")
def export(name: Name) -> None:
    """Print everything that is kept about a user, as JSON."""
    from algo_trading.cli.users import export_user

    export_user(name)


@app.command("delete")
def delete(name: Name) -> None:
    """Remove a user with everything that is kept about them: subscriptions, mails, tokens. The audit log stays."""
    from algo_trading.cli.users import delete_user

    delete_user(name)


@token.command("list")
def token_list(user: Name, json: Json = False) -> None:
    """List a user's tokens."""
    from algo_trading.cli.users import show_tokens

    show_tokens(user, as_json=json)


@token.command("add")
def token_add(user: Name, name: TokenName, scope: Scopes = None, days: Days = None) -> None:
    """Make a token for a user's program and print it, which is shown once.

    Example: algo-trading user token add ann collector --scope posts --days 365
    """
    from algo_trading.cli.users import add_token

    add_token(user, name, scope or [Scope.READ], timedelta(days=days) if days else None)


@token.command("revoke")
def token_revoke(user: Name, name: TokenName) -> None:
    """Make a token useless at once."""
    from algo_trading.cli.users import revoke_token

    revoke_token(user, name)


def _typed() -> str:
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed
