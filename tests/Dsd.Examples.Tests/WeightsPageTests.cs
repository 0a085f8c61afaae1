using Dsd.Checkpoints;

namespace Dsd.Examples.Tests;

/// <summary>core/docs/weights.md says what the library says.</summary>
public class WeightsPageTests
{
    [Fact]
    public void Converter_OnThePage_IsTheOneOfTheErrorMessage() =>
        Assert.Equal(PickleFile.Converter("model.pth").ReplaceLineEndings("\n").Trim(), Repository.Blocks(Repository.Read("core/docs/weights.md"), "python")[0].ReplaceLineEndings("\n").Trim());
}
