#!/usr/bin/env bash
# Draws all pictures of README.md, core/docs/measured.md and the evidence anew with Chromium, or those that are named:
#   core/pictures/draw.sh                      all: runs five scripts in full (some minutes)
#   core/pictures/draw.sh timeline lenet-5     some: timeline, curves, weights, family, growth, figure-2, or a study of the evidence
# Studies are drawn from their committed trials.csv, and growth from the table that the benchmarks printed: nothing is measured anew.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OMP_NUM_THREADS=1 # on one thread every machine of a kind gets the same digits
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
names=("$@")

for name in "${names[@]}"; do
  case "$name" in timeline | curves | weights | family | growth | figure-2) ;; *)
    [ -f "notebooks/evidence/studies/$name.json" ] ||
      { echo "There is no picture '$name'; there are timeline, curves, weights, family, growth, figure-2 and the studies of notebooks/evidence/studies." >&2; exit 2; } ;;
  esac
done

wanted() {
  [ ${#names[@]} -eq 0 ] && return 0
  local name
  for name in "${names[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

# A page, the picture of it, and its width; as high as its chart with title and subtitle.
draw() {
  local height subtitle
  # Below 650 pixels, margins of the page among them, charts have their narrow layout.
  if [ "$3" -lt 650 ]; then
    height=$(grep -o '"narrow":{"below":[0-9]*,"height":[0-9]*' "$1" | grep -o '[0-9]*$')
  else
    height=$(sed -n 's/.*class="dsd-chart".*;height:\([0-9]*\)px.*/\1/p' "$1")
  fi
  subtitle=$(sed -n 's/^<p class="about">\(.*\)<\/p>$/\1/p' "$1" | head -1)
  height=$((height + 105 + 23 * (1 + ${#subtitle} * 8 / ($3 - 30))))
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
    --user-data-dir="$profile" --virtual-time-budget=15000 --window-size="$3,$height" --screenshot="$2" "file://$PWD/$1" 2> /dev/null
}

# A script, the page that it shows, the picture, and its width.
script() {
  wanted "$(basename "$3" .png)" || return 0
  dotnet fsi "scripts/$1.fsx"
  draw "runs/pictures/$1-$2.html" "$3" "$4"
}

dotnet build core/Dsd.FSharp -c Release --nologo -v quiet
script preview-plan plan-over-time core/pictures/timeline.png 560
script first-run learning-curves core/pictures/curves.png 560
script read-run weights-of-fc1-weight core/pictures/weights.png 900
script family sparsity-over-time core/pictures/family.png 900
script figure-2 weights-of-fc1-weight notebooks/evidence/figure-2.png 900

if wanted growth; then
  dotnet run -c Release --project tests/Dsd.Benchmarks -- --measured tests/Dsd.Benchmarks/RESULTS.md --chart runs/pictures/growth.html
  draw runs/pictures/growth.html core/pictures/growth.png 560
fi

dotnet fsi notebooks/evidence/pictures.fsx "${names[@]}" | while read -r name page; do
  draw "$page" "notebooks/evidence/$name/differences.png" 760
done
