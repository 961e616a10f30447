#!/usr/bin/env bash
# `make up`: builds, brings the model, starts all, and ends when the service answers. Where it runs
# already, workers and API instances are replaced one by one, without a failed request.
set -euo pipefail
cd "$(dirname "$0")/.."

HEALTHY_DEADLINE_S=180
READY_DEADLINE_S=120

say() { echo "synset: $*"; }
fail() { echo "synset: $*" >&2; exit 1; }
compose() { compose/compose.sh "$@"; }

# Containers of service $1 that run.
running() { compose ps -q "$1" | xargs -r docker inspect -f '{{if .State.Running}}{{.Id}}{{end}}' | grep . || true; }

# Containers of service $1 that do not run: Compose counts them when it scales, and would start them as they
# were, for what is to be new.
remove_stopped() {
  local id
  for id in $(compose ps -aq "$1"); do
    [ "$(docker inspect -f '{{.State.Status}}' "$id")" = running ] || docker rm -f "$id" >/dev/null
  done
}

# Of service $1, those with another image or other settings than they would have now.
outdated() {
  local id image hash
  hash=$(compose config --hash "$1" | awk '{ print $2 }')
  for id in $(running "$1"); do
    image=$(docker inspect -f '{{.Config.Image}}' "$id")
    [ "$(docker inspect -f '{{.Image}}' "$id")" = "$(docker image inspect -f '{{.Id}}' "$image")" ] &&
      [ "$(docker inspect -f '{{index .Config.Labels "com.docker.compose.config-hash"}}' "$id")" = "$hash" ] ||
      echo "$id"
  done
}

# Not by `compose run`: a container of its own that is outdated would have the workers made anew by Compose v2.
prepare_model() {
  local id
  compose up -d model
  id=$(compose ps -aq model)
  docker logs -f --since "$(docker inspect -f '{{.State.StartedAt}}' "$id")" "$id"
  [ "$(docker wait "$id")" = 0 ]
}

# What container $1 of the API answers at /readyz: whether it can serve photos.
says_ready() {
  docker exec "$1" node -e \
    "process.exit((await fetch('http://127.0.0.1:3000/readyz')).ok ? 0 : 1)" 2>/dev/null
}

# Container $1 may take the place of container $2: a healthy one; of the API also one that is ready, where the
# other one is.
until_fit() {
  until_healthy "$1" || return 1
  [ "$3" = api ] && says_ready "$2" || return 0
  local deadline=$((SECONDS + READY_DEADLINE_S))
  until says_ready "$1"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.5
  done
}

until_healthy() {
  local deadline=$((SECONDS + HEALTHY_DEADLINE_S))
  until [ "$(docker inspect -f '{{.State.Health.Status}}' "$1")" = healthy ]; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    # A bad setting ends it at once, again and again.
    [ "$(docker inspect -f '{{.State.Status}} {{.RestartCount}}' "$1")" = "running 0" ] || return 1
    sleep 0.5
  done
}

# Replaces the outdated containers of service $1: first a new one beside them, then one of them less.
# Not with --no-deps: Compose v2 would take what was made so for outdated the next time.
roll() {
  local service=$1 old before
  remove_stopped "$service"
  for old in $(outdated "$service"); do
    before=$(running "$service")
    compose up -d --no-recreate --scale "$service=$(($(wc -l <<<"$before") + 1))" "$service"
    new=$(compose ps -aq "$service" | grep -vxF "$before")
    if ! until_fit "$new" "$old" "$service"; then
      docker logs --tail 5 "$new" >&2
      fail "the new $service does not start; the old ones go on"
    fi
    new=
    # Longer than stop_grace_period: it ends by itself.
    docker stop -t 40 "$old" >/dev/null
    docker rm "$old" >/dev/null
    say "replaced one $service"
  done
}

# Asks, from within, what a client outside would be told.
is_ready() {
  docker exec "$(running api | head -n 1)" node -e \
    "process.exit((await fetch('http://proxy:3000/readyz')).ok ? 0 : 1)" 2>/dev/null
}

until_ready() {
  local deadline=$((SECONDS + READY_DEADLINE_S))
  until is_ready; do
    [ "$SECONDS" -lt "$deadline" ] || fail "the service is not ready after $READY_DEADLINE_S s: see compose/compose.sh logs"
    sleep 1
  done
}

warn_of_test_card() {
  [[ $(compose config) == *'MODEL: testcard'* ]] || return 0
  cat <<'TEXT'

  WARNING: this is the test card, not a trained model. It tells the colour of a photo,
  not what is on it. For trained weights see README, "The model".
TEXT
}

# $1: where the port is published.
warn_of_strangers() {
  [ "$1" = 127.0.0.1 ] || [ "$1" = localhost ] && return 0
  compose config | grep -Eq '^ +API_KEYS(_FILE)?: .*[^ "'"'"']' && return 0
  cat <<'TEXT'

  WARNING: other machines can reach the service, and it asks for no key. See SECURITY.md.
TEXT
}

welcome() {
  local address host
  address=$(compose port proxy 3000)
  host=${address%:*}
  warn_of_strangers "$host"
  [ "$host" != 0.0.0.0 ] && [ "$host" != 127.0.0.1 ] || host=localhost
  cat <<TEXT

  page   http://$host:${address##*:}/
  curl   curl -F file=@photo.jpg http://$host:${address##*:}/predict
  stop   make down

TEXT
}

# A container that has not shown yet that it can serve; it goes when this ends before.
new=
trap '[ -z "$new" ] || docker rm -f "$new" >/dev/null' EXIT
trap 'exit 130' INT TERM

docker info >/dev/null 2>&1 || fail "Docker does not answer: is it running, and may you use it?"
say "building the images (some minutes when it is the first time)"
compose build >/dev/null
say "preparing the model"
prepare_model || fail "there is no model to serve. Without the internet bring the file by hand or a mirror (compose/README.md says how), or try the system without trained weights: make up MODEL=testcard"
roll worker
roll api
say "starting"
compose up -d
until_ready
warn_of_test_card
welcome
