#!/bin/sh
# Bring both databases up to date and make what Airflow needs once. Safe to repeat: what is there stays as it is.
set -eu

airflow db migrate
algo-trading db upgrade
airflow pools get market_data > /dev/null 2>&1 ||
    airflow pools set market_data 2 "Tasks asking a source of market data at the same time"
airflow pools get text > /dev/null 2>&1 ||
    airflow pools set text 2 "Tasks asking a source of text at the same time"
airflow pools get backfill > /dev/null 2>&1 ||
    airflow pools set backfill 1 "Days of intraday history worked through at the same time"
airflow users create --role Admin --username admin --password "$AIRFLOW_ADMIN_PASSWORD" \
    --firstname Algo --lastname Trading --email admin@localhost
