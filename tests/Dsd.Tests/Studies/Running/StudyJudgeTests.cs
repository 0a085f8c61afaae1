using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

/// <summary>The end of a study: weights are read back, and the test split is measured.</summary>
public sealed class StudyJudgeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_ANetworkWithAMaskOfInfinityAmongItsBuffers_IsJudged()
    {
        var results = Run(new ToyTrials { Furnish = net => net.register_buffer("mask", full(3, 3, float.NegativeInfinity).triu(1)) });
        Assert.All(results.Trials, t => Assert.NotNull(t.Record.Test));
    }

    [Fact]
    public void Run_MeasuringOnTestFailsInLibtorch_SaysWhereInOneLine()
    {
        using var narrow = nn.Linear(2, 3);
        var message = Fault(new ToyTrials { Measuring = (_, split) => (split == DataSplit.Test ? narrow.call(ones(2, 3)) : null)?.Dispose() });
        Assert.Contains("toy: measuring on the test split failed", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Run_NothingIsMeasuredOnTest_SaysSo() =>
        Assert.Contains("toy measured nothing on the test split at step 20", Fault(new ToyTrials { Measured = (metrics, split) => split == DataSplit.Test ? [] : metrics }), StringComparison.Ordinal);

    private string Fault(ToyTrials source) => Assert.ThrowsAny<DsdException>(() => Run(source)).Message;

    private StudyResults Run(ToyTrials source) =>
        ToyTrials.Study([StudyArm.Dsd], [5], variants: [new("only", ToyTrials.Schedule(0.5))]).Run(_folder["study"], source);
}
