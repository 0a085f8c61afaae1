namespace Dsd.Records;

/// <summary>Makes names of files and folders from any text.</summary>
internal static class FileName
{
    /// <summary>Replaces all characters but letters, digits, <c>-</c>, <c>_</c> and <c>.</c> by a hyphen.</summary>
    public static string Of(string text) => string.Concat(text.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
}
