"""Serves the pages and the API on this machine."""

import logging
import sys

from algo_trading.bootstrap import bootstrap
from algo_trading.errors import ConfigError
from algo_trading.settings import load_settings
from algo_trading.web.address import HOST, choose_port, free_port, remembered_port

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def serve(port: int | None = None, *, next_free: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C, on the given port, else the one that this installation remembers.

    With `next_free` that one, or the next that nobody uses, is remembered.

    Raises:
        ConfigError: the port is in use.
    """
    import uvicorn

    from algo_trading.web.app import create_app

    settings = load_settings()
    chosen = port or (choose_port(settings) if next_free else remembered_port(settings))
    if free_port(chosen, tries=1) is None:
        raise ConfigError(f"port {chosen} is in use; choose another one: algo-trading web --port {chosen + 1}")
    logging.basicConfig(format=LOG_FORMAT, level=logging.INFO, stream=sys.stderr)
    with bootstrap(settings) as application:
        uvicorn.run(
            create_app(application),
            host=HOST,
            port=chosen,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
            limit_concurrency=1_500,  # streams included,
            log_config=None,
        )
