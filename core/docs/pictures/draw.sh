#!/usr/bin/env bash
# Draws the pictures of the guides, from a run of half a minute, by a Chromium: core/docs/pictures/draw.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dsd() { dotnet run -c Release --project core/Dsd.Cli -- "$@"; }
dsd train --model lenet-300-100 --sparsity 0.5 --train-limit 12800 --seed 1 --threads 1 --device cpu --quiet --out "$work/run"
dsd report "$work/run" --pictures svg
for name in 01-arms 02-learning-curves 03-plan-over-time; do
  cp "$work/run/pictures/$name.svg" "core/docs/pictures/${name#*-}.svg"
done
