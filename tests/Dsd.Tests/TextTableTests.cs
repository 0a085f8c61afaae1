using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests;

public class TextTableTests
{
    [Fact]
    public void ToString_BothAlignments_LineUp()
    {
        var table = new TextTable("name", ">n");
        table.Row("a → b", "1");
        table.Row("50×20", "1,000");

        Assert.Equal(
            """
            | name  |     n |
            |-------|------:|
            | a → b |     1 |
            | 50×20 | 1,000 |

            """.ReplaceLineEndings("\n"),
            table.ToString());
    }

    [Fact]
    public void ToString_BarsAndLineBreaks_CannotEndACell()
    {
        var table = new TextTable("name", "x");
        table.Row("a|b\nc", "1");

        Assert.Equal(
            """
            | name   | x   |
            |--------|-----|
            | a\|b c | 1   |

            """.ReplaceLineEndings("\n"),
            table.ToString());
    }

    [Theory]
    [InlineData("fc*", "fc*")]
    [InlineData("a & b", "a & b")]
    [InlineData("<b>", "\\<b>")]
    [InlineData("\\<b>", "\\\\\\<b>")]
    [InlineData("\\|", "\\\\\\|")]
    [InlineData("`x`", "\\`x\\`")]
    [InlineData("[x](y)", "[x]\\(y)")]
    [InlineData("&lt; &#60; &;", "\\&lt; \\&#60; &;")]
    [InlineData("a\r\nb\u2028c", "a b c")]
    public void Escape_WhatMarkdownWouldRead_IsText(string text, string expected) => Assert.Equal(expected, TextTable.Escape(text));

    [Fact]
    public void ToString_CombiningMarks_CountAsOneColumn()
    {
        var table = new TextTable("name");
        table.Row("e\u0301te\u0301s");

        Assert.Contains("| e\u0301te\u0301s |", table.ToString(), StringComparison.Ordinal);
        Assert.Contains("|------|", table.ToString(), StringComparison.Ordinal);
    }

    [Property]
    public bool ToString_AnyAsciiCells_HaveLinesOfOneLength(NonEmptyArray<string> cells)
    {
        var table = new TextTable("first", ">second");
        foreach (var cell in cells.Get)
        {
            var ascii = new string([.. (cell ?? "").Where(char.IsAscii).Where(c => c is >= ' ' or '\n' or '\r')]);
            table.Row(ascii, ascii);
        }

        var lines = table.ToString().TrimEnd('\n').Split('\n');
        return lines.Length == cells.Get.Length + 2 && lines.Select(l => l.Length).Distinct().Count() == 1;
    }
}
