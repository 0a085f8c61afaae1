#!/usr/bin/env bash
# Runs the studies of the regimes, or those that are named, and writes their records here.
#   notebooks/evidence/regimes/run.sh               all: about a day on two cores; stopped, it goes on where it was
#   notebooks/evidence/regimes/run.sh noise-20      one: one to three hours
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
dsd() { dotnet run -c Release --no-build --project core/Dsd.Cli -- "$@"; }
dotnet build core/Dsd.Cli -c Release --nologo -v quiet

names=("$@")
[ ${#names[@]} -gt 0 ] || names=($(cd "$here/studies" && ls -- *.json | sed 's/\.json$//'))
for name in "${names[@]}"; do
  dsd study run "$here/studies/$name.json" --out "runs/evidence/$name" > /dev/null
  dsd study report "runs/evidence/$name" --out "$here/$name" > /dev/null
  rm "$here/$name/report.html"
  gzip -9nf "$here/$name/trials.csv"
done
