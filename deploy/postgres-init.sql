-- One database for Airflow and one for the market, each with its own user. Run once, when the volume is empty.
\getenv airflow_password AIRFLOW_DB_PASSWORD
\getenv market_password MARKET_DB_PASSWORD

CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE DATABASE airflow OWNER airflow;
REVOKE ALL ON DATABASE airflow FROM PUBLIC;

CREATE ROLE algo LOGIN PASSWORD :'market_password';
CREATE DATABASE algo_trading OWNER algo;
REVOKE ALL ON DATABASE algo_trading FROM PUBLIC;
