# The first start makes the cluster and runs the scripts of /docker-entrypoint-initdb.d on the socket alone.
set -eu
export PGDATA=/var/lib/postgresql/18/docker PGHOST=/run/postgresql PGUSER=postgres
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
    initdb --encoding=UTF8 --locale=C.UTF-8 --username=postgres --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256
    rm /tmp/password
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl --wait start --options="-c listen_addresses= -c unix_socket_directories=$PGHOST"
    for script in /docker-entrypoint-initdb.d/*.sql; do
        psql --quiet --set=ON_ERROR_STOP=1 --file="$script"
    done
    pg_ctl --wait --mode=fast stop
fi
exec postgres -c "listen_addresses=*" -c "unix_socket_directories=$PGHOST"
