#!/usr/bin/env bash
# Draws all pictures of README.md, the pages under core/docs and the evidence anew by a Chromium, or those that are named:
#   core/pictures/draw.sh                      all: runs scripts in full (some minutes)
#   core/pictures/draw.sh timeline lenet-5     some: timeline, curves, weights, family, growth, figure-2, guides, or a study of the evidence
# Studies are drawn from their committed trials.csv, and growth from the table that the benchmarks printed: nothing is measured anew.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OMP_NUM_THREADS=1 # on one thread every machine of a kind gets the same digits
names=("$@")

for name in "${names[@]}"; do
  case "$name" in timeline | curves | weights | family | growth | figure-2 | guides) ;; *)
    [ -f "notebooks/evidence/studies/$name.json" ] ||
      { echo "There is no picture '$name'; there are timeline, curves, weights, family, growth, figure-2, guides and the studies of notebooks/evidence/studies." >&2; exit 2; } ;;
  esac
done

wanted() {
  [ ${#names[@]} -eq 0 ] && return 0
  local name
  for name in "${names[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

# A script, the picture that it shows, the file of that, and its width.
script() {
  local file=${3##*/}
  wanted "${file%.*}" || return 0
  DSD_PICTURES="${file##*.}:$4" dotnet fsi "scripts/$1.fsx"
  mv "runs/pictures/$1-$2.${file##*.}" "$3"
}

dotnet build core/Dsd.FSharp -c Release --nologo -v quiet
script preview-plan plan-over-time core/pictures/timeline.svg 560
script first-run learning-curves core/pictures/curves.svg 560
script read-run weights-of-fc1-weight core/pictures/weights.png 900
script family sparsity-over-time core/pictures/family.png 900
script figure-2 weights-of-fc1-weight notebooks/evidence/figure-2.png 900

if wanted growth; then
  dotnet run -c Release --project tests/Dsd.Benchmarks -- --measured tests/Dsd.Benchmarks/RESULTS.md --chart core/pictures/growth.png
fi

if wanted guides; then core/docs/pictures/draw.sh; fi

dotnet fsi notebooks/evidence/pictures.fsx "${names[@]}"
