"""The web process: `python -m algo_trading.web`."""

from algo_trading.web.server import serve

if __name__ == "__main__":
    serve()
