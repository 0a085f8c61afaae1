using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Tests.Plans;

public class DescribeTests
{
    [Fact]
    public void Describe_LeNet5WithOverrides_IsThisTextInTwoCultures()
    {
        var schedule = Schedule.Start()
            .Dense(epochs: 6, rate: LearningRate.Cosine(0.05))
            .Sparse(epochs: 3, rate: 0.005, sparsity: 0.30, layers => layers.Prune("conv1").Keep("conv2").Set("fc*", 0.50))
            .Dense(epochs: 3, rate: 0.0005)
            .Build();

        Check(schedule, """
            Plan: 3 phases, 5,628 steps, 469 an epoch; 431,080 parameters, 430,500 of them weights.

            | phase   | duration | first step | steps | rate            | sparsity | weights kept | mask                       |
            |---------|----------|-----------:|------:|-----------------|----------|-------------:|----------------------------|
            | dense   | 6ep      |          0 | 2,814 | cosine 0.05 → 0 | 0        |      430,500 | none                       |
            | sparse  | 3ep      |      2,814 | 1,407 | 0.005           | 0.3      |      227,850 | magnitude, per layer, once |
            | redense | 3ep      |      4,221 | 1,407 | 0.0005          | 0        |      430,500 | none                       |

            Layers in 'sparse':

            | layer        | shape     | weights | sparsity |    kept | decided by    |
            |--------------|-----------|--------:|----------|--------:|---------------|
            | conv1.weight | 20×1×5×5  |     500 | 0.3      |     350 | prune conv1   |
            | conv2.weight | 50×20×5×5 |  25,000 | 0        |  25,000 | keep conv2    |
            | fc1.weight   | 500×800   | 400,000 | 0.5      | 200,000 | set fc* = 0.5 |
            | fc2.weight   | 10×500    |   5,000 | 0.5      |   2,500 | set fc* = 0.5 |
            | all          |           | 430,500 | 0.4707   | 227,850 |               |
            """);
    }

    [Fact]
    public void Describe_GlobalSpread_IsThisTextInTwoCultures()
    {
        var schedule = Schedule.Start()
            .Sparse(
                Duration.Epochs(2.5), LearningRate.Linear(0.1, 0.01).WithWarmUp(0.05), SparsityCurve.Constant(0.9), l => l.Set("fc2", 0.25),
                mask: new MaskRule(MaskCriterion.Random(7), SparsityDistribution.Global), regrownWeights: RegrownWeights.Restored, regrownState: RegrownState.Kept)
            .Dense(Duration.Steps(1), LearningRate.Constant(0.01), name: "last | step")
            .Build();

        Check(schedule, """
            Plan: 2 phases, 1,173 steps, 469 an epoch; 431,080 parameters, 430,500 of them weights.

            | phase        | duration | first step | steps | rate                            | sparsity | weights kept | mask                                                             |
            |--------------|----------|-----------:|------:|---------------------------------|----------|-------------:|------------------------------------------------------------------|
            | sparse       | 2.5ep    |          0 | 1,172 | linear 0.1 → 0.01, warm-up 0.05 | 0.9      |       46,750 | random (seed 7), global, once; then weights restored, state kept |
            | last \| step | 1st      |      1,172 |     1 | 0.01                            | 0        |      430,500 | none                                                             |

            Layers in 'sparse':

            | layer        | shape     | weights | sparsity |   kept | decided by                             |
            |--------------|-----------|--------:|----------|-------:|----------------------------------------|
            | conv1.weight | 20×1×5×5  |     500 | 0        |    500 | default: first convolution stays dense |
            | conv2.weight | 50×20×5×5 |  25,000 | pooled   | pooled | default                                |
            | fc1.weight   | 500×800   | 400,000 | pooled   | pooled | default                                |
            | fc2.weight   | 10×500    |   5,000 | 0.25     |  3,750 | set fc2 = 0.25                         |
            | pooled       |           | 425,000 | 0.9      | 42,500 | one ranking for all pooled layers      |
            | all          |           | 430,500 | 0.8914   | 46,750 |                                        |
            """);
    }

    [Fact]
    public void Describe_ThresholdStraightThroughAndReturn_IsThisTextInTwoCultures()
    {
        var schedule = Schedule.Start()
            .Dense(1, 0.1)
            .Sparse(2, 0.01, 0.9, l => l.Keep("conv2")).Masked(rule => rule.WithCriterion(MaskCriterion.ThresholdInDeviations(1.5)))
            .Build();
        var phase = schedule.Phases[1].WithStraightThrough(new StraightThrough(0.0002)).WithRewind(Rewind.ToEndOf("dense"));

        Check(new Schedule([schedule.Phases[0], phase]), """
            Plan: 2 phases, 1,407 steps, 469 an epoch; 431,080 parameters, 430,500 of them weights.

            | phase  | duration | first step | steps | rate | sparsity | weights kept | mask              |
            |--------|----------|-----------:|------:|------|----------|-------------:|-------------------|
            | dense  | 1ep      |          0 |   469 | 0.1  | 0        |      430,500 | none              |
            | sparse | 2ep      |        469 |   938 | 0.01 | ≤ 0.9    |     ≥ 66,000 | threshold 1.5 σ … |

            On entry, weights are rewound to the end of 'dense' in 'sparse'.

            Masks in 'sparse':

            | masks          |                                        |
            |----------------|----------------------------------------|
            | ranked by      | threshold 1.5 σ                        |
            | distribution   | per layer                              |
            | update         | once                                   |
            | pruned weights | trained straight-through, decay 0.0002 |

            Layers in 'sparse':

            | layer        | shape     | weights | sparsity |     kept | decided by                             |
            |--------------|-----------|--------:|----------|---------:|----------------------------------------|
            | conv1.weight | 20×1×5×5  |     500 | 0        |      500 | default: first convolution stays dense |
            | conv2.weight | 50×20×5×5 |  25,000 | 0        |   25,000 | keep conv2                             |
            | fc1.weight   | 500×800   | 400,000 | ≤ 0.9    | ≥ 40,000 | default                                |
            | fc2.weight   | 10×500    |   5,000 | ≤ 0.9    |    ≥ 500 | default                                |
            | all          |           | 430,500 | ≤ 0.8467 | ≥ 66,000 |                                        |
            """);
    }

    [Theory]
    [InlineData("fc1", "fc*", "\nDecide nothing, since later rules take their layers or these stay dense anyway: 'set fc1 = 0.9'.\n")]
    [InlineData("fc*", "fc1", null)]
    public void Describe_RulesThatDecideNothing_AreNamed(string first, string second, string? note)
    {
        var schedule = Schedule.Start().Sparse(3, 0.005, 0.3, l => l.Set(first, 0.9).Set(second, 0.5)).Build();

        var text = Plan.Resolve(schedule, Shapes.LeNet5, 469).Describe();

        Assert.Equal(note is not null, text.Contains("Decide nothing", StringComparison.Ordinal));
        Assert.EndsWith(note ?? "|\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_ARampTwice_IsThisTextInTwoCultures()
    {
        var ramp = new Phase(
            "ramp",
            Duration.Epochs(3),
            LearningRate.Step(0.01, 0.1, 0.5, 0.75),
            SparsityCurve.Cubic(0, 0.9),
            new MaskRule(update: MaskUpdate.Every(100)),
            LayerScope.Default.Set(LayerSelector.Last(), 0.5));

        Check(new Schedule([ramp, ramp.AsDense().WithName("dense"), ramp.WithName("ramp 2").WithRate(LearningRate.Constant(0.001))]), """
            Plan: 3 phases, 4,221 steps, 469 an epoch; 431,080 parameters, 430,500 of them weights.

            | phase  | duration | first step | steps | rate                                        | sparsity        | weights kept | mask                                  |
            |--------|----------|-----------:|------:|---------------------------------------------|-----------------|-------------:|---------------------------------------|
            | ramp   | 3ep      |          0 | 1,407 | step 0.01 → 0.001 → 0.0001 at 1.5ep, 2.25ep | 0 → 0.9 (cubic) |       45,500 | magnitude, per layer, every 100 steps |
            | dense  | 3ep      |      1,407 | 1,407 | step 0.01 → 0.001 → 0.0001 at 1.5ep, 2.25ep | 0               |      430,500 | none                                  |
            | ramp 2 | 3ep      |      2,814 | 1,407 | 0.001                                       | 0 → 0.9 (cubic) |       45,500 | magnitude, per layer, every 100 steps |

            Masks in 'ramp':

            | masks        |                                                    |
            |--------------|----------------------------------------------------|
            | ranked by    | magnitude                                          |
            | distribution | per layer                                          |
            | update       | every 100 steps                                    |
            | times        | 15, every 100 steps from step 0 to 1,400           |
            | sparsity     | 0 → 0.4634 → 0.7875 → 0.879 → 0.9 over these times |

            Masks in 'ramp 2':

            | masks        |                                                    |
            |--------------|----------------------------------------------------|
            | ranked by    | magnitude                                          |
            | distribution | per layer                                          |
            | update       | every 100 steps                                    |
            | times        | 15, every 100 steps from step 2,814 to 4,214       |
            | sparsity     | 0 → 0.4634 → 0.7875 → 0.879 → 0.9 over these times |

            Layers at the end of 'ramp', 'ramp 2':

            | layer        | shape     | weights | sparsity        |   kept | decided by                             |
            |--------------|-----------|--------:|-----------------|-------:|----------------------------------------|
            | conv1.weight | 20×1×5×5  |     500 | 0               |    500 | default: first convolution stays dense |
            | conv2.weight | 50×20×5×5 |  25,000 | 0 → 0.9 (cubic) |  2,500 | default                                |
            | fc1.weight   | 500×800   | 400,000 | 0 → 0.9 (cubic) | 40,000 | default                                |
            | fc2.weight   | 10×500    |   5,000 | 0 → 0.5 (cubic) |  2,500 | set last layer = 0.5                   |
            | all          |           | 430,500 | 0.8943          | 45,500 |                                        |
            """);
    }

    [Fact]
    public void Describe_EveryAxis_IsThisTextInTwoCultures()
    {
        var schedule = Schedule.Start()
            .Dense(1, 0.1)
            .Sparse(2, 0.01, 0.9, l => l.Set("fc2", 0.5)).Masked(rule => rule.WithCriterion(MaskCriterion.WeightTimesGradient).WithDistribution(SparsityDistribution.Erk).WithUpdate(MaskUpdate.SparseEvolution(100)))
            .Sparse(2, 0.01, 0.5, l => l.Keep("conv2"), "2 of 4").Masked(rule => rule.WithPattern(MaskPattern.NOfM(2, 4)))
            .Build();

        Check(schedule, """
            Plan: 3 phases, 2,345 steps, 469 an epoch; 431,080 parameters, 430,500 of them weights.

            | phase  | duration | first step | steps | rate | sparsity | weights kept | mask                                         |
            |--------|----------|-----------:|------:|------|----------|-------------:|----------------------------------------------|
            | dense  | 1ep      |          0 |   469 | 0.1  | 0        |      430,500 | none                                         |
            | sparse | 2ep      |        469 |   938 | 0.01 | 0.9      |       45,500 | weight × gradient …                          |
            | 2 of 4 | 2ep      |      1,407 |   938 | 0.01 | 0.5      |      228,000 | magnitude, per layer, 2:4 along inputs, once |

            Masks in 'sparse':

            | masks        |                                                            |
            |--------------|------------------------------------------------------------|
            | ranked by    | weight × gradient                                          |
            | distribution | ERK                                                        |
            | update       | SET of 0.3 every 100 steps until 0.75 of the phase         |
            | times        | 8, every 100 steps from step 469 to 1,169                  |
            | exchanged    | 0.2853 → 0.1179 → 1.832E-05 of the kept weights of a layer |

            Layers at the end of 'sparse':

            | layer        | shape     | weights | sparsity |   kept | decided by                                             |
            |--------------|-----------|--------:|----------|-------:|--------------------------------------------------------|
            | conv1.weight | 20×1×5×5  |     500 | 0        |    500 | default: first convolution stays dense                 |
            | conv2.weight | 50×20×5×5 |  25,000 | 0.901449 |  2,464 | default                                                |
            | fc1.weight   | 500×800   | 400,000 | 0.899909 | 40,036 | default                                                |
            | fc2.weight   | 10×500    |   5,000 | 0.5      |  2,500 | set fc2 = 0.5                                          |
            | distributed  |           | 425,000 | 0.9      | 42,500 | ERK: the levels of all layers without one of their own |
            | all          |           | 430,500 | 0.8943   | 45,500 |                                                        |

            Layers in '2 of 4':

            | layer        | shape     | weights | sparsity |    kept | decided by                             |
            |--------------|-----------|--------:|----------|--------:|----------------------------------------|
            | conv1.weight | 20×1×5×5  |     500 | 0        |     500 | default: first convolution stays dense |
            | conv2.weight | 50×20×5×5 |  25,000 | 0        |  25,000 | keep conv2                             |
            | fc1.weight   | 500×800   | 400,000 | 0.5      | 200,000 | default                                |
            | fc2.weight   | 10×500    |   5,000 | 0.5      |   2,500 | default                                |
            | all          |           | 430,500 | 0.4704   | 228,000 |                                        |
            """);
    }

    [Fact]
    public void Describe_DensePhasesOnly_HasNoLayerTable()
    {
        var text = Plan.Resolve(Schedule.Start().Dense(1, 0.1).Build(), Shapes.LeNet5, 1).Describe();
        Assert.StartsWith("Plan: 1 phase, 1 step, 1 an epoch; 431,080 parameters, 430,500 of them weights.\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Layers in", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_IsDescribe()
    {
        var plan = Plan.Resolve(Schedule.Start().Dense(1, 0.1).Build(), Shapes.LeNet5, 1);
        Assert.Equal(plan.Describe(), plan.ToString());
    }

    private static void Check(Schedule schedule, string expected)
    {
        var plan = Plan.Resolve(schedule, Shapes.LeNet5, 469);
        Assert.Equal(expected, Cultures.In("", plan.Describe).TrimEnd('\n'));
        Assert.Equal(expected, Cultures.In(Cultures.Comma, plan.Describe).TrimEnd('\n'));
    }
}
