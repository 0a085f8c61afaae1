#!/usr/bin/env bash
# Draws the page's pictures with Chromium: regimes from the studies' records; forgetting, sharpness, weights-noise-20 and
# weights-clean from why.csv and weights.csv.
set -euo pipefail
cd "$(dirname "$0")/../../.."
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
for script in regime-pictures why-pictures; do dotnet fsi "notebooks/evidence/regimes/$script.fsx"; done | while read -r name page; do
  height=$(sed -n 's/.*class="dsd-chart".*;height:\([0-9]*\)px.*/\1/p' "$page")
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
    --user-data-dir="$profile" --virtual-time-budget=15000 --window-size="600,$((height + 100))" \
    --screenshot="notebooks/evidence/regimes/$name.png" "file://$PWD/$page" 2> /dev/null
done
