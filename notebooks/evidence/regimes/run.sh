#!/usr/bin/env bash
# Runs the studies of the regimes, or those that are named, and writes their records here.
#   notebooks/evidence/regimes/run.sh               all: about a day on two cores; stopped, it goes on where it was
#   notebooks/evidence/regimes/run.sh noise-20      one: half an hour to two and a half
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
dotnet build core/Dsd.Cli -c Release --nologo -v quiet

names=("$@")
[ ${#names[@]} -gt 0 ] || names=($(cd "$here/studies" && ls -- *.json | sed 's/\.json$//'))
for name in "${names[@]}"; do
  "$here/../study.sh" "$here" "$name"
  gzip -9nf "$here/$name/trials.csv"
done
