#!/usr/bin/env bash
# Checks Dsd on the GPU of this machine with the libtorch of its PyTorch; needs neither .NET nor a network. Ends within ten minutes.
#   ./run.sh [--stages laws,resume] [--minutes N] …      further arguments go to Dsd.DeviceChecks; --help lists them
#   ./run.sh dsd train --device cuda …                   runs the command dsd instead
# Variables: PYTHON, the Python that has PyTorch (python3); LIBTORCH, a folder with libtorch_cpu.so, instead of PyTorch's; OUT, the folder
# of the results (results beside this file); DSD_DATA, the folder of data sets (data beside this file).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
app=$here/app

# Has the program load a libtorch that is installed here: its parts are linked beside the program, and what they need is found by name.
use_libtorch() {
  local folder=$1 packages part
  for part in c10 torch_cpu torch c10_cuda torch_cuda; do
    # Renamed into place, since several of these scripts may start at once.
    if [ -f "$folder/lib$part.so" ]; then ln -s "$folder/lib$part.so" "$app/lib$part.so.$$" && mv -fT "$app/lib$part.so.$$" "$app/lib$part.so"; else rm -f "$app/lib$part.so"; fi
  done
  packages=$(dirname "$(dirname "$folder")")
  export LD_LIBRARY_PATH="$folder$(printf ':%s' "$packages"/nvidia/*/lib)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

if [ -z "${LIBTORCH:-}" ]; then
  python=${PYTHON:-python3}
  export DSD_PYTHON=$python
  LIBTORCH=$("$python" -c 'import importlib.util, os; print(os.path.join(os.path.dirname(importlib.util.find_spec("torch").origin), "lib"))' 2> /dev/null) ||
    { echo "run.sh: $python has no PyTorch. Set PYTHON to one that has, or LIBTORCH to a folder with libtorch_cpu.so." >&2; exit 2; }
fi
[ -f "$LIBTORCH/libtorch_cpu.so" ] || { echo "run.sh: there is no libtorch_cpu.so in $LIBTORCH." >&2; exit 2; }
use_libtorch "$(cd "$LIBTORCH" && pwd)"
echo "libtorch: $LIBTORCH"

export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0
if [ -z "${DSD_DATA:-}" ] && [ -d "$here/data" ]; then export DSD_DATA=$here/data; fi
if [ "${1:-}" = dsd ]; then shift; exec "$app/dsd" "$@"; fi
given=" $* "
case $given in *' --device '* | *' --device='*) ;; *) set -- --device cuda "$@" ;; esac
# A little less than the ten minutes after which many a queue ends a job, so that the table is still printed.
case $given in *' --minutes '* | *' --minutes='*) ;; *) set -- --minutes 9 "$@" ;; esac
case $given in *' --out '* | *' --out='*) ;; *) set -- --out "${OUT:-$here/results}" "$@" ;; esac
exec "$app/Dsd.DeviceChecks" "$@"
