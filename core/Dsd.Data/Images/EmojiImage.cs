namespace Dsd.Data;

/// <summary>A picture of an emoji by one of its vendors, with what is known of it.</summary>
/// <param name="Vendor">Who drew it: <c>"google"</c> or <c>"twitter"</c>.</param>
/// <param name="Code">Its code points in hexadecimal, joined by hyphens, e.g. <c>"1F44B-1F3FB"</c>.</param>
/// <param name="Concept">The code of the same emoji without a skin tone, e.g. <c>"1F44B"</c>; the same for all vendors.</param>
/// <param name="Group">The group that it belongs to, e.g. <c>"people-body"</c>.</param>
/// <param name="HasSkinTone">Whether a skin tone was chosen for it.</param>
/// <param name="Label">What it shows, in English, e.g. <c>"waving hand: light skin tone"</c>.</param>
/// <param name="Png">The picture, 64×64, as a PNG file.</param>
public sealed record EmojiImage(string Vendor, string Code, string Concept, string Group, bool HasSkinTone, string Label, ReadOnlyMemory<byte> Png)
{
    private static readonly string[] s_genders = ["-200D-2640", "-200D-2642"];
    private const string FacingRight = "-200D-27A1";

    /// <summary>The concept without gender and direction: what shows the same but for these is of one family.</summary>
    /// <remarks>
    /// Man (1F468) and woman (1F469) count as person (1F9D1), the signs for female and male and for facing right are left out.
    /// Emoji of one gender with code points of their own, such as boy (1F466) or women holding hands (1F46D), are families of their own.
    /// Pictures within a family differ by little, so that a split must not divide one.
    /// </remarks>
    public string Family => s_genders.Append(FacingRight)
        .Aggregate(Concept.Replace("-FE0F", "", StringComparison.Ordinal), (code, part) => code.Replace(part, "", StringComparison.Ordinal))
        .Replace("1F468", "1F9D1", StringComparison.Ordinal)
        .Replace("1F469", "1F9D1", StringComparison.Ordinal);
}
