using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Testing;
using Dsd.Torch;
using Dsd.Training;
using FsCheck.Xunit;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>The laws of core/docs/laws.md as properties over random networks, optimisers, scopes and mask rules.</summary>
public sealed class LawTests
{
    [Property(MaxTest = 40)]
    public void Law1_ZeroSparsity_GivesTheBitsOfAPlainLoop(int seed)
    {
        var c = new ToyCase(seed);
        using var ours = c.Net(dropout: 0.3);
        using (var optimizer = c.Create(ours))
        using (var session = new Session(c.Schedule().AsDenseControl().On(ours, 5, ToyCase.Methods), ours, optimizer))
        {
            manual_seed(c.Seed);
            ToyCase.Drive(session, ours, optimizer, c.Task());
        }

        ToyCase.AssertSameBits(Plain(computed: false), ToyCase.Weights(ours));

        if (c.Optimizer.Kind != OptimizerKind.RmsProp && c.IsPlain)
        {
            // A trainer steps by the settings' own optimiser, which rounds otherwise.
            return;
        }

        using var trained = c.Net(dropout: 0.3);
        Trainer.Run(c.Schedule().AsDenseControl().On(trained, 5, ToyCase.Methods), trained, c.Task(), new TrainerSettings(c.Seed, c.Optimizer, methods: ToyCase.Methods));
        ToyCase.AssertSameBits(Plain(computed: true), ToyCase.Weights(trained));

        // A trainer computes a network by the kernels and in the layout that a Computation chooses.
        Dictionary<string, float[]> Plain(bool computed)
        {
            using var plain = c.Net(dropout: 0.3);
            using var computation = computed ? new Computation(plain) : null;
            using var optimizer = c.Create(plain);
            manual_seed(c.Seed);
            for (var step = 0; step < 13; step++)
            {
                using var scope = NewDisposeScope();
                optimizer.zero_grad();
                _ = computation?.Backward(() => c.Task().Loss(plain, step));
                if (computation is null)
                {
                    c.Task().Loss(plain, step).backward();
                }

                foreach (var group in optimizer.ParamGroups)
                {
                    group.LearningRate = step < 3 ? 0.05 : step < 9 ? 0.02 : 0.01;
                }

                optimizer.step();
            }

            return ToyCase.Weights(plain);
        }
    }

    [Property(MaxTest = 60)]
    [Trait("Tier", "slow")]
    public void Steps_OfAnOptimizerThatMasks_NeedNoMaskedGradients(int seed)
    {
        var c = new ToyCase(seed);
        double? clip = c.Pick(14, 0, 1) == 0 ? 0.2 : null;
        var mayLeave = clip is null && c.Optimizer.Kind != OptimizerKind.RmsProp;
        var (masked, left) = (Train(masksGradients: true), Train(masksGradients: !mayLeave));
        using var trained = c.Net(dropout: 0.3);
        Trainer.Run(c.Schedule().On(trained, 5, ToyCase.Methods), trained, c.Task(), new TrainerSettings(c.Seed, c.Optimizer, gradientClip: clip, methods: ToyCase.Methods));
        ToyCase.AssertSameBits(masked, left);
        ToyCase.AssertSameBits(masked, ToyCase.Weights(trained));

        Dictionary<string, float[]> Train(bool masksGradients)
        {
            using var net = c.Net(dropout: 0.3);
            using var optimizer = c.Optimizer.Create(net.parameters(), 0.05);
            using var computation = new Computation(net);
            using var session = new Session(c.Schedule().On(net, 5, ToyCase.Methods), net, optimizer, methods: ToyCase.Methods, seed: c.Seed);
            manual_seed(c.Seed);
            ToyCase.Drive(session, net, optimizer, c.Task(), beforeOptimizer: Clip, masksGradients: masksGradients, computation: computation);
            return ToyCase.Weights(net);

            void Clip()
            {
                if (clip is { } norm)
                {
                    nn.utils.clip_grad_norm_(net.parameters(), norm);
                }
            }
        }
    }

    /// <summary>Laws 1 to 5, 7 and 9 as the kit states them, over its networks, optimisers and schedules.</summary>
    [Fact]
    public void Laws_OfTheKit_HoldForSessions() => TrainingLaws.CheckSession(new LawOptions(LawCases.Count(60)));

    [Property(MaxTest = 40)]
    public void Law5_GoingOnFromACopyAtAnyStep_GivesTheBitsOfNeverStopping(int seed)
    {
        var c = new ToyCase(seed);
        var settings = new TrainerSettings(c.Seed, c.Optimizer, methods: ToyCase.Methods);
        using var straight = c.Net(dropout: 0.3);
        var plan = c.Schedule().On(straight, 5, ToyCase.Methods);
        var stop = c.Pick(20, 0, (int)plan.TotalSteps);
        var whole = new List<TrainingEvent>();
        using (var run = new TrainingRun(plan, straight, c.Task(), settings, whole.Add, (_, _) => { }))
        {
            run.RunTo(plan.TotalSteps, default);
            run.Complete();
        }

        var parts = new List<TrainingEvent>();
        using var first = c.Net(dropout: 0.3);
        using var early = new TrainingRun(plan, first, c.Task(), settings, parts.Add, (_, _) => { });
        early.RunTo(stop, default);
        using var snapshot = early.Capture();

        manual_seed(12345);
        using var second = new ToyNet(c.Inputs, c.Hidden, c.HasNorm, 0.3, c.HasConvolution);
        using var late = new TrainingRun(plan, second, c.Task(), settings, parts.Add, (_, _) => { });
        late.Restore(snapshot);
        late.RunTo(plan.TotalSteps, default);
        late.Complete();
        ToyCase.AssertSameBits(ToyCase.Weights(straight), ToyCase.Weights(second));
        Assert.Equal(whole.Select(WithoutTime), parts.Select(WithoutTime));
    }

    [Property(MaxTest = 30)]
    public void Law6_FoldOfTheEvents_IsTheRecordAndItsRoundTrip(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net();
        var events = new List<TrainingEvent>();
        var record = Trainer.Run(c.Schedule().On(net, 5, ToyCase.Methods), net, c.Task(), new TrainerSettings(c.Seed, c.Optimizer, logEverySteps: 2, methods: ToyCase.Methods), events.Add);
        Assert.Equal(record, RunRecord.Fold(events));
        Assert.Equal(record, RunRecord.Fold(events.Select(EventLog.ToLine).Select(EventLog.FromLine)));
        Assert.Equal(RunOutcome.Completed, record.End!.Outcome);
        Assert.Equal(3, record.Phases.Count);
        Assert.All(record.Phases, p => Assert.NotNull(p.End));
    }

    private static TrainingEvent WithoutTime(TrainingEvent e) => e switch
    {
        PhaseEnded p => p with { ElapsedSeconds = 0 },
        RunEnded r => r with { ElapsedSeconds = 0 },
        _ => e,
    };
}
