using FsCheck.Xunit;

namespace Dsd.Tests;

public class PrintableTests
{
    [Theory]
    [InlineData("a question? Ü 漢 → 👍🏽\n\ta", "a question? Ü 漢 → 👍🏽\n\ta")]
    [InlineData("\u001b[31mred\u001b[0m", "\\u001b[31mred\\u001b[0m")]
    [InlineData("\u009b31m\u0007\u007f\0\b", "\\u009b31m\\u0007\\u007f\\u0000\\u0008")]
    [InlineData("txt.\u202egnp", "txt.\\u202egnp")]
    [InlineData("100 %\roverwritten", "100 %\\u000doverwritten")]
    [InlineData("two\r\nlines", "two\r\nlines")]
    public void Of_Text_WritesOutWhatControlsATerminal(string text, string expected) => Assert.Equal(expected, Printable.Of(text));

    [Property]
    public void Of_AnyText_HasNoControlAndIsItsOwn(string? text)
    {
        var plain = Printable.Of(text ?? "");
        Assert.DoesNotContain(plain, c => char.IsControl(c) && c is not ('\n' or '\t' or '\r'));
        Assert.DoesNotContain('\r', plain.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.Equal(plain, Printable.Of(plain));
    }

    [Fact]
    public void TextTable_CellWithEscapeCodes_ShowsThem()
    {
        var table = new TextTable("name");
        table.Row("\u001b]0;title\u0007");
        Assert.DoesNotContain('\u001b', table.ToString());
        Assert.Contains("u001b]0;title", table.ToString(), StringComparison.Ordinal);
    }
}
