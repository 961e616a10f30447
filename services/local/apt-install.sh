#!/usr/bin/env bash
# Installs packages by the system's package manager where that is allowed without asking; fails where it is not.
set -euo pipefail

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi

command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null || exit 1
echo "synset: installing $* (apt-get)"
"${as_root[@]}" apt-get update -qq
# Only the programs are wanted: the service that redis-server starts would take the port 6379.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@"
