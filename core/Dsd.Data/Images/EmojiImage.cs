namespace Dsd.Data;

/// <summary>A picture of an emoji by one vendor, with its metadata.</summary>
/// <param name="Vendor">The vendor: <c>"google"</c> or <c>"twitter"</c>.</param>
/// <param name="Code">Its code points in hexadecimal, joined by hyphens, e.g. <c>"1F44B-1F3FB"</c>.</param>
/// <param name="Concept">The code of the same emoji without a skin tone, e.g. <c>"1F44B"</c>; the same for all vendors.</param>
/// <param name="Group">The group, e.g. <c>"people-body"</c>.</param>
/// <param name="HasSkinTone">True if it has a skin tone.</param>
/// <param name="Label">The English label, e.g. <c>"waving hand: light skin tone"</c>.</param>
/// <param name="Png">The picture, 64×64, as a PNG file.</param>
internal sealed record EmojiImage(string Vendor, string Code, string Concept, string Group, bool HasSkinTone, string Label, ReadOnlyMemory<byte> Png)
{
    private static readonly string[] s_genders = ["-200D-2640", "-200D-2642"];
    private const string FacingRight = "-200D-27A1";

    /// <summary>The concept without gender and direction; pictures that differ only in these are of one family.</summary>
    /// <remarks>
    /// Man (1F468) and woman (1F469) count as person (1F9D1), the code points for female, male and facing right are removed.
    /// Emoji of one gender with separate code points, such as boy (1F466) or women holding hands (1F46D), are separate families.
    /// Pictures within a family differ little, so a family must not be divided between splits.
    /// </remarks>
    public string Family => s_genders.Append(FacingRight)
        .Aggregate(Concept.Replace("-FE0F", "", StringComparison.Ordinal), (code, part) => code.Replace(part, "", StringComparison.Ordinal))
        .Replace("1F468", "1F9D1", StringComparison.Ordinal)
        .Replace("1F469", "1F9D1", StringComparison.Ordinal);
}
