#!/usr/bin/env bash
# Brings all notebooks up to date: the code of their scripts, run in full in the kernel under Jupyter (some minutes), and the
# outputs with charts as pictures. With a name or two, such as 02 or 04 05, only those notebooks.
# Needs jupyter-nbconvert and a Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

filter='FullyQualifiedName~Notebook_InTheKernel'
if [ $# -gt 0 ]; then
  names=$(printf '|DisplayName~notebooks/%s' "$@")
  filter="$filter&(${names:1})"
fi

(cd notebooks && dotnet tool restore > /dev/null)
dotnet build core/Dsd.FSharp -c Release -v q -nologo
DSD_UPDATE_NOTEBOOKS=1 dotnet test tests/Dsd.Examples.Tests -c Release -nologo --filter "$filter"
dotnet test tests/Dsd.Examples.Tests -c Release -nologo --no-build --filter "${filter/Notebook_InTheKernel/NotebookTests.File_CanBeRead}"
