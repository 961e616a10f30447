#!/usr/bin/env bash
# Installs redis-server, or says what to do.
set -euo pipefail

if ! "$(dirname "$0")/apt-install.sh" redis-server; then
  echo "synset: redis-server is missing. Install it:  sudo apt-get install redis-server" >&2
  echo "synset: or name a Redis that is there:        REDIS_URL=redis://127.0.0.1:6379 make run" >&2
  exit 1
fi
