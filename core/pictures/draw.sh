#!/usr/bin/env bash
# Draws the pictures of README.md anew: runs three scripts in full (some minutes) and the benchmark of growth, for which nothing else
# should run, and takes pictures of their pages with Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OMP_NUM_THREADS=1 # on one thread every machine of a kind gets the same digits
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

for script in preview-plan first-run read-run; do
  dotnet fsi "scripts/$script.fsx"
done

# Speed is measured on all threads.
env -u OMP_NUM_THREADS dotnet run -c Release --project tests/Dsd.Benchmarks -- --filter growth --chart runs/pictures/growth.html

# A page of runs/pictures, the name of the picture, its width and height.
draw() {
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
    --user-data-dir="$profile" --virtual-time-budget=15000 --window-size="$3" \
    --screenshot="core/pictures/$2.png" "file://$PWD/runs/pictures/$1.html"
}

draw read-run-weights-of-fc1-weight weights 900,320
draw preview-plan-plan-over-time timeline 560,430
draw first-run-learning-curves curves 560,530
draw growth growth 560,530
