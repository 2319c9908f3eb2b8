"""The embedded server's guard: whatever ends it, it is started again."""

import time

import typer

from algo_trading.bootstrap import embedded_postgres
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.settings import load_settings


def keep(every: float) -> None:
    """Look at the server every so many seconds, for ever.

    Raises:
        ConfigError: the market database is not the embedded one.
    """
    settings = load_settings()
    if settings.database_url.get_secret_value():
        raise ConfigError("the market database is another server's (ALGO_DATABASE_URL); keep that one running there")
    server = embedded_postgres(settings)
    while True:
        if not server.is_up():
            typer.echo("PostgreSQL is gone; starting it again")
            try:
                server.start()
            except ServiceUnavailableError as error:
                typer.echo(f"{error}; trying again", err=True)
            else:
                typer.echo("PostgreSQL is up")
        time.sleep(every)
