#!/usr/bin/env bash
# How long one compose file takes, beside docker-compose config, dclint and compose-lint, as far as they are installed.
# Needs hyperfine. STACKGEN is the program [target/release/stackgen], FILE the compose file [one of a stack].
set -euo pipefail
cd "$(dirname "$0")/.."

stackgen=${STACKGEN:-target/release/stackgen}
file=${FILE:-stacks/experimento-uno/docker-compose.dev-fast.yml}
judge=${STACKGEN_DOCKER_COMPOSE:-target/docker-compose/docker-compose}

command -v hyperfine >/dev/null || { echo "hyperfine is not installed" >&2; exit 2; }
[[ -x $stackgen ]] || { echo "$stackgen is not there: cargo build --release" >&2; exit 2; }

commands=(--command-name stackgen "$stackgen lint --no-config $file")
add() { commands+=(--command-name "$1" "$2"); }
if [[ -x $judge ]]; then add docker-compose "$judge -f $file config -q"; fi
if command -v compose-lint >/dev/null; then add compose-lint "compose-lint $file"; fi
if command -v dclint >/dev/null; then add dclint "dclint $file"; fi

# Findings and missing variables are no failure of the measurement.
hyperfine --shell=none --ignore-failure --warmup 3 --output null "${commands[@]}"
