#!/usr/bin/env bash
# Trains each of the paper's networks at small scale, with its fair control, and writes the records here, in paper/.
#   notebooks/evidence/paper.sh                 all, one after the other: an hour or two on two cores
#   notebooks/evidence/paper.sh vgg16           one
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
dsd() { dotnet run -c Release --no-build --project core/Dsd.Cli -- "$@"; }
dotnet build core/Dsd.Cli -c Release --nologo -v quiet

names=("$@")
[ ${#names[@]} -gt 0 ] || names=(squeezenet resnet-18 googlenet resnet-50 alexnet vgg16 vgg16-bn neural-talk deep-speech deep-speech-2)
mkdir -p "$here/paper" runs/paper
for name in "${names[@]}"; do
  dsd train --model "$name" --preset paper --scale small --seed 1 --threads 2 --out "runs/paper/$name" --force --quiet --json > "runs/paper-$name.json"
  mv "runs/paper-$name.json" "$here/paper/$name.json"
  cp "runs/paper/$name/summary.txt" "$here/paper/$name.txt"
done
DSD_UPDATE_EVIDENCE=1 dotnet test tests/Dsd.Examples.Tests -c Release --filter PaperPageTests
