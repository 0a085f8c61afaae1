#!/usr/bin/env bash
# Runs the studies of the evidence, or those that are named, and writes their records here.
#   notebooks/evidence/run.sh                      all: some hours on two cores; stopped, it goes on where it was
#   notebooks/evidence/run.sh sweep-rounds         one
# Then it trains the first phases of three seeds again, for the table of regimes: dotnet fsi notebooks/evidence/regime.fsx --seeds 3
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
for project in core/Dsd.FSharp core/Dsd.Cli; do
  dotnet build "$project" -c Release --nologo -v quiet
done

names=("$@")
[ ${#names[@]} -gt 0 ] || names=($(cd "$here/studies" && ls -- *.json | sed 's/\.json$//'))
for name in "${names[@]}"; do
  "$here/study.sh" "$here" "$name"
  core/pictures/draw.sh "$name"
done
dotnet fsi "$here/regime.fsx" --seeds 3 "${names[@]}"
DSD_UPDATE_EVIDENCE=1 dotnet test tests/Dsd.Examples.Tests -c Release --filter EvidenceTests
