using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dsd.Tests.Plans;

public class GlobTests
{
    [Theory]
    [InlineData("fc1", "fc1", true)]
    [InlineData("fc1", "fc12", false)]
    [InlineData("fc1", "xfc1", false)]
    [InlineData("fc*", "fc1", true)]
    [InlineData("fc*", "fc", true)]
    [InlineData("fc*", "FC1", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "layer1.0.conv1", true)] // dots too
    [InlineData("layer1.*", "layer1.0.conv1", true)]
    [InlineData("layer1.*", "layer10.0.conv1", false)]
    [InlineData("*.conv1", "layer1.0.conv1", true)]
    [InlineData("*conv*1", "layer1.0.conv1.conv2", false)]
    [InlineData("fc?", "fc1", true)]
    [InlineData("fc?", "fc", false)]
    [InlineData("fc?", "fc12", false)]
    [InlineData("?", "a", true)]
    [InlineData("**", "anything", true)]
    [InlineData("a*b*c", "a1b2b3c", true)]
    [InlineData("a*b*c", "a1b2c3", false)]
    [InlineData("*ab", "aab", true)] // the star must give back
    [InlineData("fc.", "fc1", false)] // a dot is a dot
    [InlineData("fc[12]", "fc1", false)]
    [InlineData("fc[12]", "fc[12]", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    public void IsMatch_ByTable(string pattern, string text, bool expected) => Assert.Equal(expected, Glob.IsMatch(pattern, text));

    [Property(MaxTest = 2000)]
    public Property IsMatch_AnyPattern_AgreesWithARegularExpression() => Prop.ForAll(
        Gen.Elements('a', 'b', '*', '?').ArrayOf().Select(c => new string(c)).ToArbitrary(),
        Gen.Elements('a', 'b', '.').ArrayOf().Select(c => new string(c)).ToArbitrary(),
        (pattern, text) => Glob.IsMatch(pattern, text)
            == Regex.IsMatch(text, $"^{string.Concat(pattern.Select(c => c switch { '*' => ".*", '?' => ".", _ => Regex.Escape($"{c}") }))}$", RegexOptions.Singleline));

    [Fact]
    public void IsMatch_ManyStars_IsQuick()
    {
        var pattern = string.Concat(Enumerable.Repeat("a*", 100)) + "b";

        Assert.False(Glob.IsMatch(pattern, new string('a', 10_000)));
    }
}
