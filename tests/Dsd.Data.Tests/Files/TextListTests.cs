namespace Dsd.Data.Tests;

/// <summary>Lists of names in messages.</summary>
public sealed class TextListTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "1")]
    [InlineData(5, "1, 2, 3, 4, 5")]
    [InlineData(6, "1, 2, 3, 4, 5 and 1 more")]
    [InlineData(1006, "1, 2, 3, 4, 5 and 1,001 more")]
    public void FirstFew_OfNames_SaysHowManyMoreThereAre(int count, string text) => Assert.Equal(text, TextList.FirstFew(Names(count)));

    [Fact]
    public void FirstFew_OfOtherPunctuation_HasItBeforeTheRestToo() => Assert.Equal("1; 2; 3; 4; 5; and 2 more endings", TextList.FirstFew(Names(7), "; ", "more endings"));

    private static List<string> Names(int count) => [.. Enumerable.Range(1, count).Select(i => $"{i}")];
}
