namespace Dsd.Tests.Torch;

public class NearestNamesTests
{
    private static readonly string[] s_layers = ["conv1", "conv2", "fc1", "fc2", "bn1"];

    [Theory]
    [InlineData("cnov2", "conv2 conv1 fc2")]
    [InlineData("fc3", "fc1 fc2 bn1")]
    [InlineData("FC2", "fc2 fc1 bn1")]
    [InlineData("conv", "conv1 conv2 bn1")]
    [InlineData("", "fc1 fc2 bn1")]
    public void Of_AMistypedName_GivesTheNearestFirst(string name, string expected) =>
        Assert.Equal(expected.Split(' '), NearestNames.Of(name, s_layers));

    [Fact]
    public void Of_EquallyFar_KeepsTheGivenOrder() => Assert.Equal(["b", "a", "c"], NearestNames.Of("x", ["b", "a", "c", "d"]));

    [Fact]
    public void Of_RepeatedCandidates_GivesEachOnce() => Assert.Equal(["fc1", "fc2"], NearestNames.Of("fc", ["fc1", "fc1", "fc2"]));

    [Fact]
    public void Of_NoCandidates_GivesNone() => Assert.Empty(NearestNames.Of("fc", []));

    [Fact]
    public void Of_Count_IsTheMost() => Assert.Equal(["fc1"], NearestNames.Of("fc", s_layers, count: 1));

    [Theory]
    [InlineData("mnist", "fashion-mnist")]
    [InlineData("Flickr", "flickr8k")]
    [InlineData("bible", "bible-kjv")]
    [InlineData("emoji", "emoji")]
    [InlineData("mnist-fashion", "fashion-mnist")]
    [InlineData("fashionmnist", "fashion-mnist")]
    public void Likely_APartOrTheWordsOfAName_FindsIt(string name, string expected) =>
        Assert.Equal(expected, NearestNames.Likely(name, ["emoji", "fashion-mnist", "bible-kjv", "emoji-captions", "flickr8k", "wsj"])[0]);

    [Theory]
    [InlineData("coco")]
    [InlineData("")]
    [InlineData("-")]
    public void Likely_NothingAlike_GivesNone(string name) => Assert.Empty(NearestNames.Likely(name, ["fashion-mnist", "bible-kjv", "emoji-captions"]));

    [Fact]
    public void Sentence_SaysOneOrSeveralOrNothing()
    {
        Assert.Equal("The nearest names are conv2, conv1, fc2.", NearestNames.Sentence("cnov2", s_layers));
        Assert.Equal("The nearest name is a.", NearestNames.Sentence("b", ["a"]));
        Assert.Equal("", NearestNames.Sentence("b", []));
    }
}
