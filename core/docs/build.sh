#!/usr/bin/env bash
# Builds the site, the API and all pages, into core/docs/_site, out of the assemblies of the last build:
#   dotnet build -c Release && dotnet tool restore && core/docs/build.sh
# Fails for a link between pages that leads nowhere, and for a reference in a documentation comment that names nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=core/docs/obj
rm -rf "$work" core/docs/_site

# The assemblies of the packages, each with its documentation comments; programs and packages of files alone have none.
mkdir -p "$work/assemblies" "$work/pages"
for folder in core/Dsd*/; do
  name=$(basename "$folder")
  grep -qE '<OutputType>Exe<|<IncludeBuildOutput>false<' "$folder$name".*proj && continue
  built="${folder}bin/Release/net10.0/$name"
  [ -f "$built.dll" ] && [ -f "$built.xml" ] || { echo "$built.dll or .xml is not there; build first: dotnet build -c Release" >&2; exit 1; }
  cp "$built.dll" "$built.xml" "$work/assemblies/"
done

# docfx takes no page from outside the folder of its configuration, so the repository's files are laid beside a copy of that.
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  if [ -f "$file" ]; then printf '%s\0' "$file"; fi
done | tar --null --files-from=- --create | tar --extract --directory "$work/pages"
cp core/docs/docfx.json "$work/"

# A site has no folders to look into: a link to one leads to its README.md, or is text where it has none.
find "$work/pages" -name '*.md' | while IFS= read -r page; do
  FOLDER=$(dirname "$page") perl -pi -e '
    s{(?<!!)\[([^\]]+)\]\((?!\w+:)([^)#]+)\)}{
      my ($text, $target, $path) = ($1, $2, "$ENV{FOLDER}/$2");
      !-d $path ? "[$text]($target)" : -f "$path/README.md" ? "[$text]($target/README.md)" : $text
    }ge' "$page"
done

# Pages under core/docs need no entry in toc.yml. Each follows the last entry, by the title that is its first heading; those in a
# folder stand in a table of contents of their own, and the folder's README.md stands for them.
entry() {
  local title
  title=$(sed -n 's/^# *//p' "$1" | head -1)
  printf '%s- name: "%s"\n%s  href: %s\n' "$2" "${title//\"/}" "$2" "$3"
}
docs="$work/pages/core/docs"
for page in core/docs/*.md core/docs/*/README.md; do
  if [ -f "$page" ] && [ "$page" != core/docs/index.md ]; then entry "$page" "    " "${page#core/docs/}" >> "$docs/toc.yml"; fi
done
for folder in core/docs/*/README.md; do
  [ -f "$folder" ] || continue
  folder=$(dirname "$folder")
  for page in "$folder"/README.md "$folder"/[!R]*.md; do
    if [ -f "$page" ]; then entry "$page" "" "$(basename "$page")" >> "$docs/$(basename "$folder")/toc.yml"; fi
  done
done

dotnet docfx metadata "$work/docfx.json" --logLevel Warning --warningsAsErrors
dotnet docfx build "$work/docfx.json" --logLevel Warning --warningsAsErrors
echo "core/docs/_site/index.html"
