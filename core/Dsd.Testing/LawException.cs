namespace Dsd.Testing;

/// <summary>A law does not hold: its name, what was expected and got, and the smallest counter-example found, as code that reproduces it.</summary>
public sealed class LawException : Exception
{
    internal LawException(string law, string expected, string got, long seed, int @case, string code, string codeFSharp, Exception? inner)
        : base(FormattableString.Invariant(
            $"The law '{law}' does not hold: expected {expected}; got {got}.\nFound by seed {seed}, case {@case}; the smallest case that breaks it, in C#:\n\n{Indented(code)}\n\nIn F#:\n\n{Indented(codeFSharp)}\n"), inner)
    {
        Law = law;
        Expected = expected;
        Got = got;
        Seed = seed;
        Code = code;
        CodeFSharp = codeFSharp;
    }

    /// <summary>The name of the law, e.g. <c>"exact count"</c>.</summary>
    public string Law { get; }

    /// <summary>The expected outcome.</summary>
    public string Expected { get; }

    /// <summary>The outcome of the counter-example.</summary>
    public string Got { get; }

    /// <summary>The seed of the cases.</summary>
    public long Seed { get; }

    /// <summary>The counter-example as C#: the check of this case alone.</summary>
    public string Code { get; }

    /// <summary>The counter-example as F#.</summary>
    public string CodeFSharp { get; }

    private static string Indented(string code) => string.Join('\n', code.Split('\n').Select(line => $"    {line}"));
}
