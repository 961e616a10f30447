#!/usr/bin/env bash
# Installs Chromium for the tests in a browser; where it cannot, they are skipped.
set -euo pipefail

# Chromium's sandbox needs its own package where users may not make namespaces.
if ! "$(dirname "$0")/apt-install.sh" --no-install-recommends chromium chromium-sandbox fonts-liberation; then
  echo "synset: the tests in a browser are skipped. Install it:  sudo apt-get install chromium" >&2
fi
