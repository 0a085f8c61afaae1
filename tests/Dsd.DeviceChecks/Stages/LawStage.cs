using Dsd.Masks;
using Dsd.Schedules;
using Dsd.Testing;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>The laws of Dsd.Testing, with models and tensors on the device.</summary>
/// <remarks>Where a law compares with a plain loop, that loop runs on the same device.</remarks>
internal sealed class LawStage : IStage
{
    // On a GPU a small training takes as long as its kernels need to be started.
    private const int Trainings = 5;
    private const int QuickTrainings = 3;
    private const int Tensors = 40;

    // For the same reason a broken law is made smaller only a little.
    private const int MostAttempts = 15;

    public string Name => "laws";

    public string Summary => "the laws of core/docs/laws.md as properties over random cases";

    public int LimitSeconds => 150;

    public void Run(StageContext context)
    {
        context.ComputeAlike();

        var checks = Checks().ToList();
        foreach (var check in checks)
        {
            if (context.HasTime)
            {
                Run(context, check, seed: 1);
            }
            else
            {
                context.Say(check.Name, "left out for lack of time");
            }
        }

        TrainerLaws.Check(context);

        // Round after round with new cases, until the time is over.
        for (var round = 2; context is { Cases: null, IsQuick: false, HasTime: true }; round++)
        {
            foreach (var check in checks.TakeWhile(_ => context.HasTime))
            {
                Run(context, check, round);
            }
        }
    }

    private static void Run(StageContext context, Check check, int seed)
    {
        var options = new LawOptions(context.Cases ?? (check.IsOfTrainings ? context.Pick(Trainings, QuickTrainings) : Tensors), seed, device: context.DeviceName) { MostAttempts = MostAttempts };
        try
        {
            var report = check.Laws(options);
            context.Require(check.Name, true, $"{report.Laws.Count(l => l.Cases > 0)} laws on {options.Cases} cases of seed {seed}");
        }
        catch (LawException e)
        {
            context.Require(check.Name, false, e.Message);
        }
    }

    private static IEnumerable<Check> Checks()
    {
        yield return new("training: sessions", o => TrainingLaws.CheckSession(o), IsOfTrainings: true);
        yield return new("score: magnitude", o => MaskLaws.CheckScore(layer => layer.Weight.to(float64).abs(), options: o));
        yield return new("choice: by count", o => MaskLaws.CheckChoice((layer, keep) => layer.Top(layer.Weight.to(float64).abs(), keep), layer => layer.Weight.to(float64).abs(), options: o));
        yield return new("choice: by sparsity", o => MaskLaws.CheckSparsity((layer, sparsity) => MaskSet.Choose(layer, sparsity), layer => layer.Weight.to(float64).abs(), options: o));
        yield return new("update: drop and grow by gradients", o => MaskLaws.CheckUpdate(new GradientGrowth(), growsBy: layer => layer.Gradient!.abs(), options: o));
        MaskRule[] rules =
        [
            MaskRule.Default,
            new(MaskCriterion.Random()),
            new(MaskCriterion.Gradient, SparsityDistribution.Global),
            new(MaskCriterion.Movement, update: MaskUpdate.Every(2)),
            new(distribution: SparsityDistribution.Erk, update: MaskUpdate.Rigl(2, 0.4)),
            new(update: MaskUpdate.SparseEvolution(2, 0.4, 1, Annealing.Cosine)),
            new(pattern: MaskPattern.NOfM(1, 2)),
            new(update: MaskUpdate.Every(2, mayRegrow: true)),
        ];
        foreach (var rule in rules)
        {
            yield return new($"rule: {rule}", o => MaskLaws.Check(rule, options: o), IsOfTrainings: true);
        }

        MaskPattern[] patterns = [MaskPattern.NOfM(1, 2), MaskPattern.NOfM(2, 4), MaskPattern.NOfM(3, 4, 0), MaskPattern.Row(UnitNorm.L1), MaskPattern.Column(), MaskPattern.Channel(UnitNorm.LInfinity), MaskPattern.Block(2, 2, pad: true)];
        foreach (var pattern in patterns)
        {
            yield return new($"pattern: {pattern}", o => PatternLaws.Check(pattern, o));
        }

        foreach (var distribution in new[] { SparsityDistribution.Uniform, SparsityDistribution.Erk, SparsityDistribution.Er })
        {
            yield return new($"distribution: {distribution}", o => DistributionLaws.Check(distribution, options: o));
        }
    }

    /// <summary>Some laws of one method.</summary>
    private sealed record Check(string Name, Func<LawOptions, LawReport> Laws, bool IsOfTrainings = false);

    /// <summary>Grows the weights with the largest gradients.</summary>
    private sealed class GradientGrowth : DropAndGrow
    {
        protected override Tensor Grow(MaskContext context) => context.Gradient!.abs();
    }
}
