#!/usr/bin/env bash
# Installs Chromium for tests and figures of the page; where it cannot, they are left out.
set -euo pipefail

# Chromium's sandbox needs its own package where users may not make namespaces.
if ! "$(dirname "$0")/apt-install.sh" chromium chromium-sandbox fonts-liberation; then
  echo "synset: what needs Chromium is skipped. Install it:  sudo apt-get install chromium" >&2
fi
