#!/usr/bin/env bash
# Installs redis-server by the system's package manager where that is allowed without asking.
set -euo pipefail

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi

if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "synset: installing redis-server (apt-get)"
  "${as_root[@]}" apt-get update -qq
  # Only the program is wanted: the service that the package starts would take the port 6379.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq redis-server
else
  echo "synset: redis-server is missing. Install it:  sudo apt-get install redis-server" >&2
  echo "synset: or name a Redis that is there:        REDIS_URL=redis://127.0.0.1:6379 make run" >&2
  exit 1
fi
