namespace Dsd;

/// <summary>The matching of names against patterns: <c>*</c> for any characters, <c>?</c> for one.</summary>
internal static class Glob
{
    /// <summary>True if the whole text matches; takes linear time in practice, at most pattern × text.</summary>
    public static bool IsMatch(string pattern, string text)
    {
        var (p, t, star, resume) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, t);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                // Let the last star match one more character and try again.
                (p, t) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }
}
