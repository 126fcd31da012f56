#!/usr/bin/env bash
# The script of action.yml: shows findings beside the lines of a pull request, and writes a SARIF report.
# STACKGEN is the program; STACKGEN_PATHS and STACKGEN_ARGUMENTS have one item a line; STACKGEN_SARIF is written.
set -euo pipefail

paths=()
while IFS= read -r line; do
  if [[ -n $line ]]; then paths+=("$line"); fi
done <<<"${STACKGEN_PATHS:-}"
arguments=()
while IFS= read -r line; do
  if [[ -n $line ]]; then arguments+=("$line"); fi
done <<<"${STACKGEN_ARGUMENTS:-}"

# Older versions of bash take an empty list for an unset variable.
lint=("$STACKGEN" lint ${arguments[@]+"${arguments[@]}"})

# What fails the run is told by the first; the second only writes it down.
code=0
"${lint[@]}" --format github -- ${paths[@]+"${paths[@]}"} || code=$?
"${lint[@]}" --format sarif --output "$STACKGEN_SARIF" -- ${paths[@]+"${paths[@]}"} || true
if [[ -f $STACKGEN_SARIF ]]; then
  echo "report=true" >>"${GITHUB_OUTPUT:-/dev/null}"
fi
exit "$code"
