#!/usr/bin/env bash
# Runs one study, or goes on with it, and writes its record beside the folder of its file; Dsd.Cli is built in Release already.
#   notebooks/evidence/study.sh notebooks/evidence sweep-rounds
set -euo pipefail
folder=$(cd "$1" && pwd)
name=$2
cd "$(dirname "$0")/../.."
dsd() { dotnet run -c Release --no-build --project core/Dsd.Cli -- "$@"; }
dsd study run "$folder/studies/$name.json" --out "runs/evidence/$name" > /dev/null
dsd study report "runs/evidence/$name" --out "$folder/$name" > /dev/null
rm "$folder/$name/report.html"
