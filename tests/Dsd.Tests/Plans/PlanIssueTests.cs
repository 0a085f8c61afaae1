using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Tests.Training;

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
        {
            Masked(0.5, rule => rule.WithDistribution(SparsityDistribution.Custom("mine"))),
            "DSD009: phase 1 'sparse': its masks have the distribution 'mine', but none was given. Pass it to the plan under that name, in MaskMethods."
        },
        {
            Masked(0.5, rule => rule.WithPattern(MaskPattern.Custom("mine"))),
            "DSD010: phase 1 'sparse': its masks have the pattern 'mine', but none was given. Pass it to the plan under that name, in MaskMethods."
        },
        {
            Masked(0.5, rule => rule.WithPattern(MaskPattern.NOfM(2, 4)), l => l.Keep("conv2").Set("fc1", 0.6)),
            "DSD012: phase 1 'sparse': fc1.weight has a sparsity of 0.6, but 2:4 along inputs is one of 0.5 and no other. Write 0.5."
        },
        {
            Masked(0.5, rule => rule.WithPattern(MaskPattern.NOfM(2, 4, axis: 0)), l => l.Prune("fc2").Keep("fc1").Keep("conv2")),
            "DSD012: phase 1 'sparse': fc2.weight is 10 long on axis 0, which is no multiple of 4, as 2:4 along outputs needs. Keep it dense, give the layer a width that is, or pad the last group with MaskPattern.NOfM(2, 4, 0, pad: true), in JSON \"pad\": true."
        },
        {
            Masked(0.5, rule => rule.WithPattern(MaskPattern.NOfM(2, 4, axis: 2)), l => l.Keep("conv2").Keep("fc1")),
            "DSD012: phase 1 'sparse': fc2.weight has 2 dimensions, so that there is no axis 2 for 2:4 along axis 2. Keep it dense."
        },
        {
            Masked(0.5, rule => rule.WithPattern(MaskPattern.NOfM(2, 4)).WithDistribution(SparsityDistribution.Global)),
            "DSD013: phase 1 'sparse': one global ranking leaves open what each layer keeps, and the pattern 2:4 along inputs says that of every group. Choose per layer, or the pattern of single elements."
        },
        {
            Masked(0.5, rule => rule.WithPattern(MaskPattern.NOfM(2, 4)).WithDistribution(SparsityDistribution.Erk)),
            "DSD013: phase 1 'sparse': the pattern 2:4 along inputs has one sparsity for every layer, and the distribution ERK gives each its own. Choose per layer, or the pattern of single elements."
        },
        {
            Masked(0.5, rule => rule.WithPattern(MaskPattern.NOfM(2, 4)).WithUpdate(MaskUpdate.SparseEvolution(10))),
            "DSD013: phase 1 'sparse': the update SET of 0.3 every 10 steps until 0.75 of the phase exchanges single weights, which would break the pattern 2:4 along inputs. Choose the pattern of single elements, or an update by the criterion."
        },
        {
            Masked(0.5, rule => rule.WithCriterion(MaskCriterion.Movement)),
            "DSD014: phase 1 'sparse': weights are ranked by their movement in the phase, and before its first step nothing has moved. Start the sparsity at 0, such as SparsityCurve.Cubic(0, 0.5), with masks chosen at intervals."
        },
        {
            Masked(0.5, rule => rule.WithCriterion(MaskCriterion.Given(GivenMasks.Named("ticket")))),
            "DSD015: phase 1 'sparse': it has the masks 'ticket', but none was given. Pass them under that name: --masks NAME=FILE on the command line, MaskMethods.WithMasks in a program."
        },
        {
            Masked(0.5, rule => rule.WithWithin(GivenMasks.PreviousPhase)),
            "DSD016: phase 1 'sparse': it has the masks of the sparse phase before, but there is none. Leave them out, or put a sparse phase before it."
        },
        {
            new Schedule([Masked(0.5, rule => rule).Phases[0], Masked(0.5, _ => new(MaskCriterion.Given(GivenMasks.PreviousPhase), within: GivenMasks.PreviousPhase)).Phases[0].WithName("again")]),
            "DSD013: phase 2 'again': the previous masks are used exactly as given, so they cannot also be limited to the previous masks. Leave one or the other out, or give both as one, combined by GivenMasks.And."
        },
        {
            new Schedule([Masked(0.5, rule => rule).Phases[0].WithRewind(Rewind.ToEndOf("warm-up"))]),
            "DSD017: phase 1 'sparse': it is rewound to the end of 'warm-up', but no phase precedes it. Rewind to the start, or leave that out."
        },
        {
            new Schedule([Masked(0.5, rule => rule.WithCriterion(MaskCriterion.ThresholdInDeviations(1)).WithUpdate(MaskUpdate.Every(10))).Phases[0].WithRewind(Rewind.ToStart)]),
            "DSD013: phase 1 'sparse': its threshold 1 σ is computed from the weights before they are rewound to the start, but later updates (every 10 steps) would apply it to those afterwards. Update once, or give the threshold as a number."
        },
        {
            Rewound(Rewind.ToStart.WithLayers(LayerSelector.Named("fc*"), LayerSelector.Named("cnov1"))),
            "DSD002: phase 1 'sparse': the return of 'cnov1' to earlier weights matches no layer. The nearest names are conv1, conv2, fc1."
        },
        {
            Rewound(Rewind.ToStart.WithLayers(LayerSelector.OfKind(LayerKind.Norm))),
            "DSD002: phase 1 'sparse': the return of 'norm layers' to earlier weights matches no layer. The network has layers of these kinds: convolution, linear."
        },
        {
            Rewound(Rewind.Redrawn.WithLayers(LayerSelector.Named("conv1"))),
            "DSD013: phase 1 'sparse': the weights of pruned layers are to be redrawn in conv1 only, of which it prunes none. Select a layer that it prunes, or rewind to the start."
        },
        {
            Rewound(Rewind.ToEndOf("warm-up").WithLayers(LayerSelector.First())),
            "DSD017: phase 1 'sparse': it is rewound to the end of 'warm-up' (only first layer), but no phase precedes it. Rewind to the start, or leave that out."
        },
        {
            Masked(0.5, rule => rule.WithCriterion(MaskCriterion.RandomOfEqualNorm(1)).WithDistribution(SparsityDistribution.Global)),
            "DSD013: phase 1 'sparse': the criterion random of equal norm (seed 1) decides how many weights each layer keeps, and a global ranking does too. Choose one of them."
        },
        {
            Masked(0.5, rule => rule.WithCriterion(MaskCriterion.RandomOfEqualNorm()).WithPattern(MaskPattern.NOfM(2, 4))),
            "DSD013: phase 1 'sparse': the criterion random of equal norm (seed of the run) decides how many weights each layer keeps, and the pattern 2:4 along inputs does too. Choose one of them."
        },
        {
            Masked(0.5, rule => rule.WithCriterion(MaskCriterion.Threshold(0.1)).WithDistribution(SparsityDistribution.Global)),
            "DSD013: phase 1 'sparse': the criterion threshold 0.1 decides how many weights each layer keeps, and a global ranking does too. Choose one of them."
        },
        {
            Ramp(SparsityCurve.Linear(0, 0.5), 100, MaskUpdate.Every(60).WithUntil(0.5)),
            "DSD005: phase 1 'sparse': its sparsity is a ramp, but masks are chosen only once in its 100 steps (every 60 steps until 0.5 of the phase). Choose them more often, such as every 10 steps."
        },
        {
            Ramp(SparsityCurve.Constant(0.5), 100, MaskUpdate.Every(60).WithUntil(0.5)),
            "DSD006: phase 1 'sparse': masks are to be chosen every 60 steps, but only within its first 50 of 100. Use a shorter interval, or 'once'."
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
        Assert.Equal(["DSD001", "DSD002", "DSD003", "DSD004", "DSD005", "DSD006", "DSD007", "DSD008", "DSD009", "DSD010", "DSD012", "DSD013", "DSD014", "DSD015", "DSD016", "DSD017"], codes);
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

    [Fact]
    public void Check_AGlobalRampUnderAPolicy_IsRefused()
    {
        var schedule = Schedule.Start().Sparse(Duration.Steps(100), s_rate, SparsityCurve.Linear(0, 0.5), mask: new MaskRule(null, SparsityDistribution.Global, null, MaskUpdate.SparseEvolution(10))).Build();
        Assert.Equal(["DSD013"], Plan.Check(schedule, Shapes.LeNet5, 469).Select(i => i.Code));
    }

    [Fact]
    public void Check_ANestedRampUnderAPattern_IsRefusedAndOneThatRegrowsNot()
    {
        IEnumerable<string> Codes(bool mayRegrow) => Plan.Check(
            Schedule.Start().Sparse(Duration.Steps(100), s_rate, SparsityCurve.Linear(0, 0.5), mask: new MaskRule(pattern: MaskPattern.Custom("rows"), update: MaskUpdate.Every(10, mayRegrow))).Build(),
            Shapes.LeNet5, 469, MaskMethods.None.WithPattern("rows", ToyCase.Rows)).Select(i => i.Code);
        Assert.Equal(["DSD013"], Codes(mayRegrow: false));
        Assert.Empty(Codes(mayRegrow: true));
    }

    [Fact]
    public void Check_GradientsInAnyPhase_AreAllowed()
    {
        var sparse = Masked(0.5, rule => rule.WithCriterion(MaskCriterion.WeightTimesGradient)).Phases[0];
        Assert.Empty(Plan.Check(Schedule.Start().Dense(Duration.Steps(1), s_rate).Then(sparse).Build(), Shapes.LeNet5, 469));
        Assert.Empty(Plan.Check(Schedule.Start().Sparse(Duration.Steps(1), s_rate, SparsityCurve.Constant(0.5)).Then(sparse).Build(), Shapes.LeNet5, 469));
        Assert.Empty(Plan.Check(new Schedule([sparse, sparse]), Shapes.LeNet5, 469));

        // A phase that is dense by its sparsity ranks nothing, whatever its rule.
        Assert.Empty(Plan.Check(new Schedule([sparse.AsDense()]), Shapes.LeNet5, 469));
    }

    public static TheoryData<Func<IReadOnlyList<ParameterShape>, Sparsity, IReadOnlyList<double>>, string> BadLevels => new()
    {
        { (layers, _) => [0.5], "gave 1 levels for 3 layers" },
        { (layers, _) => null!, "gave 0 levels for 3 layers" },
        { (layers, _) => [0.5, 1, 0.5], "gave fc1.weight the level 1" },
        { (layers, _) => [0.5, double.NaN, 0.5], "gave fc1.weight the level NaN" },
        { (layers, _) => [0.5, 0.4, 0.5], "keeps 255,000 weights at a sparsity of 0.5, but 215,000 are requested" },
    };

    [Theory]
    [MemberData(nameof(BadLevels))]
    public void Check_ADistributionThatMissesItsTotal_IsRefused(Func<IReadOnlyList<ParameterShape>, Sparsity, IReadOnlyList<double>> levels, string problem)
    {
        var issue = Assert.Single(Plan.Check(Masked(0.5, rule => rule.WithDistribution(SparsityDistribution.Custom("mine"))), Shapes.LeNet5, 469, MaskMethods.None.WithDistribution("mine", levels)));
        Assert.Equal("DSD011", issue.Code);
        Assert.Contains($"the distribution custom 'mine' {problem}", issue.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_EveryLayerThatAPatternDoesNotFit_IsNamedAtOnce() => Assert.Equal(
        ["conv2.weight", "fc1.weight", "fc2.weight"],
        Plan.Check(Masked(0.4, rule => rule.WithPattern(MaskPattern.NOfM(2, 4))), Shapes.LeNet5, 469).Select(i => i.Problem.Split(' ')[0]));

    private static Schedule Rewound(Rewind rewind) => new([Masked(0.5, rule => rule).Phases[0].WithRewind(rewind)]);

    private static Schedule Masked(double sparsity, Func<MaskRule, MaskRule> change, Func<LayerScope, LayerScope>? layers = null) =>
        Schedule.Start().Sparse(Duration.Steps(100), s_rate, SparsityCurve.Constant(sparsity), layers).Masked(change).Build();

    private static Schedule Ramp(SparsityCurve curve, long steps, MaskUpdate update, Func<LayerScope, LayerScope>? layers = null) =>
        Schedule.Start().Sparse(Duration.Steps(steps), s_rate, curve, layers, mask: new MaskRule(update: update)).Build();

    [Theory]
    [InlineData(0.4, false)]
    [InlineData(0.5, true)]
    public void Check_StraightThroughOfFewerWeightsThanMasksKeep_IsRefused(double trained, bool fits)
    {
        var schedule = new Schedule([new Phase("sparse", Duration.Epochs(1), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), straightThrough: new StraightThrough(0, trained))]);
        var issues = Plan.Check(schedule, Shapes.LeNet5, 10);
        Assert.Equal(fits ? [] : ["DSD013: phase 1 'sparse': at most 0.4 of its weights are to be trained, but its masks keep more. Raise the trained fraction, or the sparsity."], issues.Select(i => i.ToString()));
    }
}
