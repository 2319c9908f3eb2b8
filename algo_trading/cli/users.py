"""The commands of `user`."""

import getpass
from collections.abc import Sequence
from datetime import timedelta

import typer

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.domain.user import ApiToken, Role, Scope
from algo_trading.errors import UnknownNameError, unknown_name


def show_users(*, as_json: bool) -> None:
    """Print all users."""
    with bootstrap() as application:
        users = application.users.all()
    if as_json:
        output.print_json(users)
        return
    rows = [(one.name, one.role, one.address or "-", f"{one.created_at:%Y-%m-%d}") for one in users]
    output.table("Users", ("name", "role", "address", "since"), rows)


def add_user(name: str, role: Role, address: str, password: str | None) -> None:
    """Add a user."""
    with bootstrap() as application:
        generated = application.manage_users().add(getpass.getuser(), name, role, address, password)
    typer.echo(f"{name} is a user, with the role {role}")
    _show_once("password", generated)


def remove_user(name: str) -> None:
    """Remove a user."""
    with bootstrap() as application:
        application.manage_users().remove(getpass.getuser(), name)
    typer.echo(f"{name} is not a user any more")


def change_password(name: str, password: str | None) -> None:
    """Set or generate a password."""
    with bootstrap() as application:
        generated = application.manage_users().set_password(getpass.getuser(), name, password)
    typer.echo(f"{name} has another password, and every session of theirs has ended")
    _show_once("password", generated)


def show_tokens(user: str, *, as_json: bool) -> None:
    """Print a user's tokens.

    Raises:
        UnknownNameError: there is no such user.
    """
    with bootstrap() as application:
        now, known = application.clock.now(), [one.name for one in application.users.all()]
        if user not in known:
            raise UnknownNameError(unknown_name("user", user, known))
        tokens = application.tokens.of(user)
    if as_json:
        output.print_json(
            [{**output.plain(one), "scopes": sorted(one.scopes), "works": one.works(now)} for one in tokens]
        )
        return
    rows = [
        (one.name, " ".join(sorted(one.scopes)), f"{one.created_at:%Y-%m-%d}", _until(one), one.works(now))
        for one in tokens
    ]
    shown = [(*row[:4], "yes" if row[4] else "no") for row in rows]
    output.table(f"Tokens of {user}", ("name", "scopes", "since", "until", "works"), shown)


def add_token(user: str, name: str, scopes: Sequence[Scope], lifetime: timedelta | None) -> None:
    """Make a token."""
    with bootstrap() as application:
        secret = application.manage_users().issue_token(getpass.getuser(), user, name, scopes, lifetime)
    typer.echo(f"{user} has a token {name!r} with the scopes {' '.join(sorted(scopes))}")
    _show_once("token", secret)


def revoke_token(user: str, name: str) -> None:
    """Revoke a token."""
    with bootstrap() as application:
        application.manage_users().revoke_token(getpass.getuser(), user, name)
    typer.echo(f"the token {name!r} of {user} does not work any more")


def _until(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return f"revoked {token.revoked_at:%Y-%m-%d}"
    return f"{token.expires_at:%Y-%m-%d}" if token.expires_at else "-"


def _show_once(what: str, secret: str | None) -> None:
    if secret is not None:
        typer.echo(f"{what}, shown this once: {secret}")


def show_requests(*, as_json: bool) -> None:
    """Print who asks to join."""
    with bootstrap() as application:
        found = application.join_requests.all()
    if as_json:
        output.print_json(found)
        return
    rows = [(one.address, f"{one.asked_at:%Y-%m-%d %H:%M}", "yes" if one.confirmed_at else "no") for one in found]
    output.table("Requests to join", ("address", "asked (UTC)", "confirmed"), rows)


def accept_request(address: str) -> None:
    """Make a user of who asked."""
    with bootstrap() as application:
        user = application.join().accept(getpass.getuser(), address)
    typer.echo(f"{user.name} is a user now, with the address {user.address}")


def refuse_request(address: str) -> None:
    """Forget who asked."""
    with bootstrap() as application:
        application.join().refuse(getpass.getuser(), address)
    typer.echo(f"the request of {address} is forgotten")


def export_user(name: str) -> None:
    """Print what is kept about a user."""
    with bootstrap() as application:
        output.print_json(application.own_data().export(name))


def delete_user(name: str) -> None:
    """Remove a user with what is kept about them."""
    with bootstrap() as application:
        application.own_data().delete(getpass.getuser(), name)
    typer.echo(f"{name} and what was kept about them are removed")
