#!/usr/bin/env bash
# Draws the pictures of why.csv and weights.csv with Chromium: forgetting, sharpness, weights-noise-20 and weights-clean.
set -euo pipefail
cd "$(dirname "$0")/../../.."
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
dotnet fsi notebooks/evidence/regimes/why-pictures.fsx | while read -r name page; do
  height=$(sed -n 's/.*class="dsd-chart".*;height:\([0-9]*\)px.*/\1/p' "$page")
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
    --user-data-dir="$profile" --virtual-time-budget=15000 --window-size="600,$((height + 100))" \
    --screenshot="notebooks/evidence/regimes/$name.png" "file://$PWD/$page" 2> /dev/null
done
