using Dsd.Models;


namespace Dsd.Data.Tests;

public class DataCatalogTests
{
    [Fact]
    public void All_ListsFashionMnist()
    {
        var entry = DataCatalog.All[0];
        Assert.Equal(("fashion-mnist", "MIT", "31 MB"), (entry.Name, entry.Licence, entry.Size));
        Assert.Equal((1, 28, 28, 10), (entry.Channels, entry.Height, entry.Width, entry.Classes));
        Assert.Equal((TaskKind.Images, 1, 10), (entry.Kind, entry.Inputs, entry.ClassNames.Count));
        Assert.Equal((55_000, 5_000, 10_000), (entry.TrainExamples, entry.ValidationExamples, entry.TestExamples));
        Assert.Same(entry, DataCatalog.Get("fashion-mnist"));
    }

    [Fact]
    public void All_ListsTheBible()
    {
        var entry = DataCatalog.Get("bible-kjv");
        Assert.Equal((TaskKind.Text, 63, 63, 0, 0), (entry.Kind, entry.Inputs, entry.Classes, entry.Channels, entry.Height));
        Assert.Equal((56_818, 229_100, 267_368), (entry.TrainExamples, entry.ValidationExamples, entry.TestExamples));
        Assert.Empty(entry.ClassNames);
    }

    [Fact]
    public void All_ListsTheEmoji()
    {
        var entry = DataCatalog.Get("emoji");
        Assert.Equal((TaskKind.Images, 3, 8, 64, 64, true), (entry.Kind, entry.Channels, entry.Classes, entry.Height, entry.Width, entry.HasImageSize));
        Assert.Equal(3_272, entry.TrainExamples + entry.ValidationExamples + entry.TestExamples);
    }

    [Fact]
    public void All_ListsTheScenesAsGenerated()
    {
        var entry = DataCatalog.Get("fashion-scenes");
        Assert.Equal((TaskKind.Captions, 2000, 56, 0), (entry.Kind, entry.Inputs, entry.Classes, entry.Channels));
        Assert.Equal((30_000, 1_000, 1_000), (entry.TrainExamples, entry.ValidationExamples, entry.TestExamples));
        Assert.Contains("generated scenes", entry.Description, StringComparison.Ordinal);
        Assert.Contains("scenes and captions are generated", entry.Contents, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mnist")]
    [InlineData("")]
    [InlineData("Fashion-MNIST")]
    public void Get_UnknownName_ThrowsWithTheAllowedOnes(string name)
    {
        var error = Assert.Throws<DsdException>(() => DataCatalog.Get(name));
        Assert.Contains($"'{name}'", error.Message);
        Assert.Contains("fashion-mnist", error.Message);
    }

    [Fact]
    public void All_InAFreshProcess_LoadsNoNativeTorch()
    {
        var (exitCode, output, _) = ChildProcess.Run(
            AppContext.BaseDirectory, TimeSpan.FromMinutes(3), "dotnet", ["exec", typeof(DataCatalogTests).Assembly.Location]);
        Assert.Equal(0, exitCode);
        Assert.Contains("fashion-mnist", output);
        Assert.DoesNotContain("loaded", output);
    }
}
