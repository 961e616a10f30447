#!/usr/bin/env bash
# Passes its arguments to `docker compose`, or to docker-compose where that is what there is.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${COMPOSE:-}" ]; then
  # One that was asked for by name, such as COMPOSE="docker compose".
  read -ra compose <<<"$COMPOSE"
elif docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif command -v docker-compose >/dev/null; then
  compose=(docker-compose)
else
  echo "synset: neither 'docker compose' nor docker-compose is installed" >&2
  exit 1
fi
exec "${compose[@]}" "$@"
