#!/usr/bin/env bash
# Holds the storage to its contracts on Debian's PostgreSQL, on a server that is made for it and removed afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
if [ -z "$bin" ]; then
  echo "skipped: Debian's PostgreSQL is not here (apt-get install postgresql)"
  exit 0
fi
"$bin/postgres" --version
home=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
# PostgreSQL refuses to run as root.
as_user=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$home"
  as_user=(runuser -u postgres --)
fi
stop() {
  "${as_user[@]}" "$bin/pg_ctl" -D "$home/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$home"
}
trap stop EXIT
"${as_user[@]}" "$bin/initdb" -D "$home/data" -A trust -U postgres -E UTF8 >/dev/null
"${as_user[@]}" "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w start \
  -o "-p $port -k $home -c listen_addresses=127.0.0.1 -c fsync=off" >/dev/null
TASKER_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres" \
  node scripts/run-tests.ts --test-concurrency=2 --test-timeout=120000 'test/contracts/postgres*.test.ts' "$@"
