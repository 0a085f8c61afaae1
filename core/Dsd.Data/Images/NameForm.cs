using System.Globalization;

namespace Dsd.Data;

/// <summary>The detection of names that look alike but differ: in Unicode form, in case, or in invisible characters.</summary>
internal static class NameForm
{
    /// <summary>True if two different names may be mistaken for each other.</summary>
    public static bool IsAlike(string a, string b) => a != b && Match(Shown(a), Shown(b), StringComparison.OrdinalIgnoreCase);

    /// <summary>True if two different names are the same text in different Unicode forms: accented letters as one character or as several.</summary>
    public static bool IsSameText(string a, string b) => a != b && (CanNormalize ? a.Normalize() == b.Normalize() : Match(a, b, StringComparison.Ordinal));

    /// <summary>True if two different names differ only by case.</summary>
    public static bool DifferByCase(string a, string b) => a != b && string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>Computes a key that similar names share: the number of letters, and those that are unaccented ASCII. Few of thousands of names need to be compared then.</summary>
    public static string Skeleton(string name) =>
        string.Concat(Letters(name).Select(l => l.Length == 1 && char.IsAscii(l[0]) ? char.ToLowerInvariant(l[0]) : '\uFFFD'));

    /// <summary>Finds the characters in which two names differ, from the first to the last, as code points.</summary>
    public static (string First, string Second) Difference(string a, string b)
    {
        int[] first = [.. a.EnumerateRunes().Select(r => r.Value)], second = [.. b.EnumerateRunes().Select(r => r.Value)];
        var most = Math.Min(first.Length, second.Length);
        var start = first.Zip(second).TakeWhile(p => p.First == p.Second).Count();
        var end = first.Reverse().Zip(second.Reverse()).Take(most - start).TakeWhile(p => p.First == p.Second).Count();
        return (Points(first[start..^end]), Points(second[start..^end]));

        static string Points(int[] runes) => runes.Length == 0 ? "nothing" : string.Join(' ', runes.Select(r => $"U+{r:X4}"));
    }

    // In programs without Unicode data, Normalize returns its input.
    private static bool CanNormalize => "e\u0301".Normalize() == "\u00E9";

    /// <summary>Compares letter by letter; a letter may consist of several characters.</summary>
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
