using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Tests.Plans;

public class PlanIssueTests
{
    private static readonly LearningRate s_rate = LearningRate.Constant(0.1);

    public static TheoryData<Schedule, string> Problems => new()
    {
        {
            Schedule.Start().Dense(0.001, 0.1).Build(),
            "DSD001: phase 1 'dense': 0.001ep is less than one step at 469 steps per epoch. Make it longer, or give it in steps, such as 1st."
        },
        {
            Sparse(0.3, l => l.Keep("cnov1")),
            "DSD002: phase 2 'sparse': the rule 'keep cnov1' matches no layer. The nearest names are conv1, conv2, fc1."
        },
        {
            Sparse(0.3, l => l.Set("fc1.wieght", 0.5)),
            "DSD002: phase 2 'sparse': the rule 'set fc1.wieght = 0.5' matches no layer. The nearest names are fc1.weight, fc2.weight, fc1."
        },
        {
            Sparse(0.3, l => l.Prune(LayerSelector.OfKind(LayerKind.Recurrent))),
            "DSD002: phase 2 'sparse': the rule 'prune recurrent layers' matches no layer. The network has layers of these kinds: convolution, linear."
        },
        {
            Sparse(0.3, l => l.Prune(LayerSelector.Last(LayerKind.Recurrent))),
            "DSD002: phase 2 'sparse': the rule 'prune last recurrent' matches no layer. The network has layers of these kinds: convolution, linear."
        },
        {
            Sparse(0.3, l => l.Prune("*.bias")),
            "DSD003: phase 2 'sparse': the rule 'prune *.bias' matches only parameters that stay dense anyway: biases, norms, embeddings, scalars and empty tensors are never pruned. Remove the rule."
        },
        {
            Sparse(0.3, l => l.Keep("*")),
            "DSD004: phase 2 'sparse': it has a sparsity, but no layer is left to prune. Add a prune or set rule for some layer, or make the phase dense."
        },
        {
            Sparse(0.0000001),
            "DSD008: phase 2 'sparse': its sparsity, 1E-07, is so small for these layers that it rounds to no weight at all. Raise it, or make the phase dense."
        },
        {
            Ramp(SparsityCurve.Linear(0, 0.5), 100, MaskUpdate.Once),
            "DSD005: phase 1 'sparse': its sparsity is a ramp, but masks are chosen only once in its 100 steps (once). Choose them more often, such as every 10 steps."
        },
        {
            Ramp(SparsityCurve.Linear(0, 0.5), 100, MaskUpdate.Every(100)),
            "DSD005: phase 1 'sparse': its sparsity is a ramp, but masks are chosen only once in its 100 steps (every 100 steps). Choose them more often, such as every 10 steps."
        },
        {
            Ramp(SparsityCurve.Linear(0, 0.5), 5, MaskUpdate.Every(7)),
            "DSD005: phase 1 'sparse': its sparsity is a ramp, but masks are chosen only once in its 5 steps (every 7 steps). Choose them more often, such as every step."
        },
        {
            Ramp(SparsityCurve.Linear(0, 0.5), 1, MaskUpdate.Every(1)),
            "DSD005: phase 1 'sparse': its sparsity is a ramp, but masks are chosen only once in its single step (every step). Make it longer."
        },
        {
            Ramp(SparsityCurve.Constant(0.5), 100, MaskUpdate.Every(100)),
            "DSD006: phase 1 'sparse': masks are to be chosen every 100 steps, but it ends after 100. Use a shorter interval, or 'once'."
        },
        {
            Ramp(SparsityCurve.Linear(0.3, 0.9), 100, MaskUpdate.Every(10), l => l.Set("fc*", 0.1)),
            "DSD007: phase 1 'sparse': the ramp 0.3 → 0.9 (linear) would turn round for fc1.weight, which 'set fc* = 0.1' sends to 0.1. Give it a level on the same side of 0.3, or a phase of its own."
        },
    };

    [Theory]
    [MemberData(nameof(Problems))]
    public void Check_AProblem_IsToldInOneLine(Schedule schedule, string issue)
    {
        foreach (var culture in new[] { "", Cultures.Comma })
        {
            Assert.Equal(issue, Cultures.In(culture, () => Assert.Single(Plan.Check(schedule, Shapes.LeNet5, 469)).ToString()));
            Assert.Equal($"The schedule does not fit the network. {issue}", Cultures.In(culture, () => Assert.Throws<PlanException>(() => Plan.Resolve(schedule, Shapes.LeNet5, 469)).Message));
        }
    }

    [Fact]
    public void Problems_TheTable_HasEveryCode()
    {
        var codes = Problems.Select(p => ((string)((object[])p)[1])[..6]).Distinct().Order();
        Assert.Equal(["DSD001", "DSD002", "DSD003", "DSD004", "DSD005", "DSD006", "DSD007", "DSD008"], codes);
    }

    [Fact]
    public void Resolve_FourProblems_AreReportedAtOnce()
    {
        var schedule = Schedule.Start()
            .Dense(0.0001, 0.1)
            .Sparse(3, 0.1, 0.3, l => l.Keep("conv9").Set("bn*", 0.5))
            .Then(Ramp(SparsityCurve.Cubic(0, 0.9), 50, MaskUpdate.Once).Phases[0].WithName("ramp"))
            .Build();

        var error = Assert.Throws<PlanException>(() => Plan.Resolve(schedule, Shapes.LeNet5, 469));

        Assert.Equal(["DSD001", "DSD002", "DSD002", "DSD005"], error.Issues.Select(i => i.Code));
        Assert.Equal(["phase 1 'dense'", "phase 2 'sparse'", "phase 2 'sparse'", "phase 3 'ramp'"], error.Issues.Select(i => i.Where));
        Assert.Equal(
            """
            The schedule does not fit the network, for 4 reasons:
              DSD001: phase 1 'dense': 0.0001ep is less than one step at 469 steps per epoch. Make it longer, or give it in steps, such as 1st.
              DSD002: phase 2 'sparse': the rule 'keep conv9' matches no layer. The nearest names are conv1, conv2, fc1.
              DSD002: phase 2 'sparse': the rule 'set bn* = 0.5' matches no layer. The nearest names are fc1, fc2, conv1.
              DSD005: phase 3 'ramp': its sparsity is a ramp, but masks are chosen only once in its 50 steps (once). Choose them more often, such as every 5 steps.
            """,
            error.Message);
    }

    [Fact]
    public void Check_AGroupOfLayersByItsName_SuggestsAStar()
    {
        var shape = ModelShape.Empty.Convolution("layer1.0.conv1", 3, 4, 3).Convolution("layer1.0.conv2", 4, 4, 3);

        Assert.Contains("'layer1.0' holds further layers: write 'layer1.0.*' for all of them.", Assert.Single(Plan.Check(Sparse(0.3, l => l.Set("layer1.0", 0.5)), shape, 10)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ANetworkOfOneLayer_NamesIt() => Assert.Contains(
        "The nearest names are fc, fc.weight.",
        Assert.Single(Plan.Check(Sparse(0.3, l => l.Set("fd", 0.5)), ModelShape.Empty.Linear("fc", 2, 2), 10)).Problem,
        StringComparison.Ordinal);

    [Fact]
    public void Check_ANetworkWithoutWeights_SaysSo()
    {
        var issues = Plan.Check(Sparse(0.3, l => l.Set("fc", 0.5)), ModelShape.Empty, 10);

        Assert.Equal(["DSD002", "DSD004"], issues.Select(i => i.Code));
        Assert.EndsWith("The network has no weights.", issues[0].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_RulesOfADensePhase_AreCheckedToo() => Assert.Equal(
        "DSD002",
        Assert.Single(Plan.Check(new Schedule([new Phase("p", Duration.Epochs(1), s_rate, layers: LayerScope.Default.Keep("nothing"))]), Shapes.LeNet5, 10)).Code);

    [Fact]
    public void Check_KeepingWhatStaysDenseAnyway_IsNoProblem() => Assert.Empty(Plan.Check(Sparse(0.3, l => l.Keep("*.bias")), Shapes.LeNet5, 10));

    [Fact]
    public void Check_AnEmbeddingOnlyNetwork_HasNothingToPrune()
    {
        var shape = ModelShape.Empty.With(new ParameterShape("emb.weight", LayerKind.Embedding, false, [10, 4]));

        Assert.Equal("DSD004", Assert.Single(Plan.Check(Sparse(0.3), shape, 10)).Code);
        Assert.Equal(["DSD003", "DSD004"], Plan.Check(Sparse(0.3, l => l.Set("emb", 0.5)), shape, 10).Select(i => i.Code));
    }

    [Theory]
    [InlineData(0.3, 0.9, 0.5)] // up, and up
    [InlineData(0.3, 0.9, 0.3)] // stays
    [InlineData(0.9, 0.3, 0.1)] // down, and further down
    [InlineData(0.0, 0.9, 0.0)] // stays dense
    public void Check_ALevelOnTheSameSideOfARamp_IsAllowed(double from, double to, double level) => Assert.Empty(
        Plan.Check(Ramp(SparsityCurve.Linear(from, to), 100, MaskUpdate.Every(10), l => l.Set("fc*", level)), Shapes.LeNet5, 469));

    [Fact]
    public void Check_TheShortestIntervalThatUpdatesTwice_IsAllowed() => Assert.Empty(
        Plan.Check(Ramp(SparsityCurve.Linear(0, 0.5), 100, MaskUpdate.Every(99)), Shapes.LeNet5, 469));

    private static Schedule Sparse(double sparsity, Func<LayerScope, LayerScope>? layers = null) =>
        Schedule.Start().Dense(1, 0.1).Sparse(1, 0.1, sparsity, layers).Build();

    private static Schedule Ramp(SparsityCurve curve, long steps, MaskUpdate update, Func<LayerScope, LayerScope>? layers = null) =>
        Schedule.Start().Sparse(Duration.Steps(steps), s_rate, curve, layers, mask: new MaskRule(update: update)).Build();
}
