using System.Globalization;

namespace Dsd.Data;

/// <summary>Names that look alike and are not the same: in another Unicode form, in another case, with characters that do not show.</summary>
internal static class NameForm
{
    /// <summary>Whether two different names may be taken for the same.</summary>
    public static bool IsAlike(string a, string b) => a != b && Match(Shown(a), Shown(b), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether two different names are the same text, with letters and their accents as one character here and as several there.</summary>
    public static bool IsSameText(string a, string b) => a != b && (CanNormalize ? a.Normalize() == b.Normalize() : Match(a, b, StringComparison.Ordinal));

    /// <summary>Whether two different names differ by capital and small letters alone.</summary>
    public static bool DifferByCase(string a, string b) => a != b && string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>What names that are alike have in common: how many letters, and which of them are ASCII and stand alone. Of thousands of names few need to be compared then.</summary>
    public static string Skeleton(string name) =>
        string.Concat(Letters(name).Select(l => l.Length == 1 && char.IsAscii(l[0]) ? char.ToLowerInvariant(l[0]) : '\uFFFD'));

    /// <summary>The characters in which two names differ, from the first to the last such, as code points.</summary>
    public static (string First, string Second) Difference(string a, string b)
    {
        int[] first = [.. a.EnumerateRunes().Select(r => r.Value)], second = [.. b.EnumerateRunes().Select(r => r.Value)];
        var most = Math.Min(first.Length, second.Length);
        var start = first.Zip(second).TakeWhile(p => p.First == p.Second).Count();
        var end = first.Reverse().Zip(second.Reverse()).Take(most - start).TakeWhile(p => p.First == p.Second).Count();
        return (Points(first[start..^end]), Points(second[start..^end]));

        static string Points(int[] runes) => runes.Length == 0 ? "nothing" : string.Join(' ', runes.Select(r => $"U+{r:X4}"));
    }

    // Without data on Unicode, as some programs run, Normalize returns what it is given.
    private static bool CanNormalize => "e\u0301".Normalize() == "\u00E9";

    /// <summary>Compares letter by letter; one that is several characters here may be another one there.</summary>
    private static bool Match(string a, string b, StringComparison comparison)
    {
        var (first, second) = (Letters(a), Letters(b));
        return first.Count == second.Count && first.Zip(second).All(p =>
            string.Equals(p.First, p.Second, comparison) || (IsComposed(p.First) && IsSeveral(p.Second)) || (IsSeveral(p.First) && (IsComposed(p.Second) || IsSeveral(p.Second))));
    }

    private static bool IsSeveral(string letter) => letter.EnumerateRunes().Count() > 1;

    private static bool IsComposed(string letter) => !char.IsAscii(letter[0]) && !IsSeveral(letter);

    private static List<string> Letters(string text)
    {
        var letters = new List<string>();
        for (var each = StringInfo.GetTextElementEnumerator(text); each.MoveNext();)
        {
            letters.Add(each.GetTextElement());
        }

        return letters;
    }

    private static string Shown(string name) => string.Concat(name.EnumerateRunes().Where(r => System.Text.Rune.GetUnicodeCategory(r) != UnicodeCategory.Format).Select(r => r.ToString())).Trim();
}
