"""The report of a backtest: one HTML file that needs no network."""

from back_testing.report.render import render_report, write_report

__all__ = ["render_report", "write_report"]
