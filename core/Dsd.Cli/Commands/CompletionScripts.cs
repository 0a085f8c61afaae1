namespace Dsd.Cli;

/// <summary>The shell scripts that ask the command for completions, and complete files if there are none.</summary>
internal static class CompletionScripts
{
    /// <summary>The scripts by shell name.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["bash"] = Bash,
        ["zsh"] = Zsh,
        ["fish"] = Fish,
        ["pwsh"] = PowerShell,
    };

    // Bash breaks words at '=' and ':'; the part before the break is cut off the candidates.
    private const string Bash = """
        _dsd() {
            local line=${COMP_LINE:0:COMP_POINT} word=$2 whole candidate
            local program=${1/#\~/$HOME}
            [[ $word == [=:] ]] && word=
            whole=${line##* }
            COMPREPLY=()
            while IFS= read -r candidate; do
                COMPREPLY+=("${candidate#"${whole%"$word"}"}")
                [[ $candidate == *= ]] && compopt -o nospace
            done < <("$program" "[suggest:${#line}]" "$line" 2> /dev/null)
        }
        complete -o bashdefault -o default -F _dsd dsd

        """;

    private const string Zsh = """
        _dsd() {
            local line="${(j: :)words[1,CURRENT]}"
            local -a candidates open
            candidates=("${(@f)$("${(Q)words[1]/#\~/$HOME}" "[suggest:${#line}]" "$line" 2> /dev/null)}")
            candidates=(${candidates:#})
            if (( ! $#candidates )); then
                _files
                return
            fi
            open=(${(M)candidates:#*=})
            compadd -S '' -a open
            candidates=(${candidates:#*=})
            compadd -a candidates
        }
        compdef _dsd dsd

        """;

    private const string Fish = """
        function __dsd_complete
            set -l line (commandline --current-process --cut-at-cursor)
            set -l program (commandline --current-process --tokenize)[1]
            $program "[suggest:"(string length -- "$line")"]" "$line" 2> /dev/null
        end
        complete --command dsd --arguments '(__dsd_complete)'

        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName dsd -ScriptBlock {
            param($word, $ast, $cursor)
            $end = $cursor - $ast.Extent.StartOffset
            $line = $ast.ToString().PadRight($end).Substring(0, $end)
            $program = $ast.CommandElements[0].Value
            & $program "[suggest:$end]" $line 2> $null | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }

        """;
}
