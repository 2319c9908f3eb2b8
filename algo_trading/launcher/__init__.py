"""Starts and stops Airflow on this machine and works through sessions with it: what `make run` and `make stop` do."""
