using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
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

    [Property(MaxTest = 60)]
    public void Law2_EverySparseStep_MaskedWeightsAreZeroAndCountsAreThePlans(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net();
        using (no_grad())
        {
            // Few distinct values: ties everywhere.
            foreach (var p in net.parameters())
            {
                p.copy_(p.mul(4).round().div(4));
            }
        }

        using var optimizer = c.Create(net);
        var plan = c.Schedule().On(net, 5, ToyCase.Methods);
        using var session = new Session(plan, net, optimizer, methods: ToyCase.Methods);
        var sparseSteps = 0;
        ToyCase.Drive(session, net, optimizer, c.Task(), step =>
        {
            var phase = plan.PhaseAt(step);
            if (phase.IsDense)
            {
                Assert.Empty(session.Masks.Masks);
                return;
            }

            sparseSteps++;
            var update = phase.UpdateAt(step - phase.FirstStep);
            Assert.Equal(phase.Layers.Where(l => l.IsPruned).Select(l => l.Parameter), session.Masks.Masks.Keys);
            Assert.Equal(phase.GlobalKeptAt(update), phase.Layers.Where(l => l.IsGlobal).Sum(l => session.Masks.Masks[l.Parameter].Kept));
            foreach (var layer in phase.Layers.Where(l => l.IsPruned))
            {
                var mask = session.Masks.Masks[layer.Parameter];
                Assert.Equal(phase.KeptAt(layer, update) ?? mask.Kept, mask.Kept);
                Assert.True(mask.Kept >= 1);
                var values = ToyCase.Values(net.get_parameter(layer.Parameter)!);
                for (var i = 0; i < values.Length; i++)
                {
                    Assert.True(mask[i] || BitConverter.SingleToUInt32Bits(values[i]) == 0, $"{layer.Parameter}[{i}] = {values[i]} at step {step}");
                }
            }
        });
        Assert.Equal(6, sparseSteps);
    }

    [Property(MaxTest = 60)]
    public void Law3_OnReDense_RegrownWeightsStartAsNamedAndMove(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net();
        using var optimizer = (TorchSharp.Modules.OptimizerHelper)c.Create(net);
        var plan = c.Schedule().On(net, 5, ToyCase.Methods);
        Dictionary<string, float[]> last = [], masked = [], start = [], pruned = [];
        Dictionary<string, bool[]> kept = [];
        Dictionary<string, List<(string Field, float[] Values)>> state = [];
        Session? session = null;
        session = new Session(plan, net, optimizer, e =>
        {
            if (e is MaskComputed)
            {
                FollowMasks(c, net, session!, last, pruned, kept);
            }
            else if (e is PhaseEnded { Phase: 1 })
            {
                masked = ToyCase.Weights(net);
                state = States(net, optimizer);
            }
            else if (e is PhaseStarted { Phase: 2 })
            {
                CheckRegrown(c, net, masked, pruned, kept);
                CheckState(c, kept, state, States(net, optimizer));
                start = ToyCase.Weights(net);
            }
        }, ToyCase.Methods);
        ToyCase.Drive(session, net, optimizer, c.Task(), _ => last = ToyCase.Weights(net));
        session.Dispose();
        var end = ToyCase.Weights(net);
        Assert.NotEmpty(kept);
        var reborn = kept.SelectMany(k => k.Value.Select((isKept, i) => (k.Key, i, isKept))).Where(x => !x.isKept).ToList();
        Assert.True(reborn.Count == 0 || reborn.Any(x => end[x.Key][x.i] != start[x.Key][x.i]), "no reborn weight moved");
    }

    [Property(MaxTest = 40)]
    public void Law4_ChoosingMasks_TouchesNothingThatItKeeps(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net();
        using var optimizer = c.Create(net);
        var plan = c.Schedule(dense: 2).On(net, 5, ToyCase.Methods);
        Dictionary<string, float[]> before = [];
        var seen = false;
        Session? session = null;
        session = new Session(plan, net, optimizer, e =>
        {
            if (e is PhaseEnded { Phase: 0 })
            {
                before = ToyCase.Weights(net);
            }
            else if (e is MaskComputed { Step: 2 })
            {
                seen = true;
                foreach (var (name, values) in ToyCase.Weights(net))
                {
                    var mask = session!.Masks.Masks.GetValueOrDefault(name);
                    Assert.True(mask is null || name.EndsWith("fc1.weight") || name.EndsWith("fc2.weight") || name.EndsWith("fc3.weight"), $"{name} has a mask");
                    for (var i = 0; i < values.Length; i++)
                    {
                        Assert.Equal(mask is null || mask[i] ? before[name][i] : 0f, values[i]);
                    }
                }
            }
        }, ToyCase.Methods);
        ToyCase.Drive(session, net, optimizer, c.Task());
        session.Dispose();
        Assert.True(seen);
    }

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

    [Property(MaxTest = 30)]
    public void Law7_Parameters_AreTheSameObjectsNamesAndShapesThroughout(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net();
        string[] Look() => [.. net.named_parameters().Select(p => $"{p.name} {p.parameter.Handle} {string.Join('x', p.parameter.shape)} {p.parameter.dtype} {p.parameter.requires_grad}")];
        var before = Look();
        using var optimizer = c.Create(net);
        using var session = new Session(c.Schedule().On(net, 5, ToyCase.Methods), net, optimizer, methods: ToyCase.Methods);
        ToyCase.Drive(session, net, optimizer, c.Task(), _ => Assert.Equal(before, Look()));
        Assert.Equal(before, Look());
        Assert.DoesNotContain(net.state_dict().Keys, k => k.Contains("mask", StringComparison.Ordinal));
    }

    /// <summary>At every update a pattern's mask satisfies the pattern, a distribution's levels meet the total, and drop-and-grow keeps every layer's count.</summary>
    [Property(MaxTest = 100)]
    public void Law9_EveryUpdate_ObeysPatternDistributionAndCounts(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net();
        using var optimizer = c.Create(net);
        var phase = c.Schedule().On(net, 5, ToyCase.Methods).Phases[1];
        Dictionary<string, BitMask> before = [];
        var updates = 0;
        Session? session = null;
        session = new Session(c.Schedule().On(net, 5, ToyCase.Methods), net, optimizer, e =>
        {
            if (e is MaskComputed)
            {
                CheckLaw9(c, net, phase, updates++, before, session!.Masks.Masks);
                before = new(session.Masks.Masks);
            }
        }, ToyCase.Methods, seed: c.Seed);
        ToyCase.Drive(session, net, optimizer, c.Task());
        session.Dispose();
        Assert.Equal(phase.Updates, updates);
    }

    private static void CheckLaw9(ToyCase c, ToyNet net, PlannedPhase phase, long update, Dictionary<string, BitMask> before, IReadOnlyDictionary<string, BitMask> masks)
    {
        var distributed = phase.Layers.Where(l => l.IsDistributed).ToList();
        var asked = distributed.Sum(l => l.Weights) * (1 - phase.Phase.Sparsity.At(update, phase.Updates).Value);
        Assert.InRange(distributed.Sum(l => masks.GetValueOrDefault(l.Parameter)?.Kept ?? l.Weights), asked - distributed.Count, asked + distributed.Count);
        foreach (var (name, mask) in masks)
        {
            var rows = (int)net.get_parameter(name)!.shape[0];
            var length = (int)mask.Count / rows;
            var bits = Enumerable.Range(0, rows).Select(r => Enumerable.Range(0, length).Select(i => mask[(r * length) + i]).ToArray()).ToList();
            if (phase.Phase.Mask.Pattern == MaskPattern.NOfM(1, 2))
            {
                Assert.All(bits, row => Assert.All(row.Chunk(2), pair => Assert.Single(pair, kept => kept)));
            }
            else if (phase.Phase.Mask.Pattern.Name is null)
            {
                Assert.True(mask.Satisfies(phase.Phase.Mask.Pattern, net.get_parameter(name)!.shape));
            }
            else
            {
                Assert.Single(bits.Select(row => row.Count(kept => kept)).Distinct());
            }

            if (c.Update.Policy is not null && before.TryGetValue(name, out var held) && phase.Phase.Sparsity.Shape == CurveShape.Constant)
            {
                Assert.Equal(held.Kept, mask.Kept);
            }
        }
    }

    private static TrainingEvent WithoutTime(TrainingEvent e) => e switch
    {
        PhaseEnded p => p with { ElapsedSeconds = 0 },
        RunEnded r => r with { ElapsedSeconds = 0 },
        _ => e,
    };

    /// <summary>Notes the values that weights had when they were pruned, and checks those that come back while the mask holds.</summary>
    private static void FollowMasks(
        ToyCase c,
        ToyNet net,
        Session session,
        Dictionary<string, float[]> last,
        Dictionary<string, float[]> pruned,
        Dictionary<string, bool[]> kept)
    {
        var now = ToyCase.Weights(net);
        foreach (var (name, mask) in session.Masks.Masks)
        {
            var before = kept.GetValueOrDefault(name) ?? [.. Enumerable.Repeat(true, (int)mask.Count)];
            var values = pruned.TryGetValue(name, out var known) ? known : pruned[name] = new float[mask.Count];
            for (var i = 0; i < before.Length; i++)
            {
                if (before[i] && !mask[i])
                {
                    values[i] = last[name][i];
                }
                else if (!before[i] && mask[i])
                {
                    CheckRegrown(c, net, name, i, values[i], now[name][i]);
                }
            }

            kept[name] = [.. Enumerable.Range(0, before.Length).Select(i => mask[i])];
        }
    }

    private static void CheckRegrown(ToyCase c, ToyNet net, Dictionary<string, float[]> masked, Dictionary<string, float[]> pruned, Dictionary<string, bool[]> kept)
    {
        var now = ToyCase.Weights(net);
        foreach (var (name, mask) in kept)
        {
            for (var i = 0; i < mask.Length; i++)
            {
                if (mask[i])
                {
                    Assert.Equal(masked[name][i], now[name][i]);
                }
                else
                {
                    CheckRegrown(c, net, name, i, pruned[name][i], now[name][i]);
                }
            }
        }
    }

    private static void CheckRegrown(ToyCase c, ToyNet net, string name, int i, float pruned, float now)
    {
        var bound = 1 / Math.Sqrt(net.get_parameter(name)!.shape.Skip(1).Aggregate((a, b) => a * b));
        switch (c.RegrownWeights)
        {
            case RegrownWeights.Zero:
                Assert.True(now == 0, $"{name}[{i}] comes back as {now}");
                break;
            case RegrownWeights.Restored:
                Assert.True(now == pruned, $"{name}[{i}] was pruned as {pruned} and comes back as {now}");
                break;
            default:
                Assert.InRange(Math.Abs(now), 0, bound);
                break;
        }
    }

    private static void CheckState(ToyCase c, Dictionary<string, bool[]> kept, Dictionary<string, List<(string Field, float[] Values)>> before, Dictionary<string, List<(string Field, float[] Values)>> now)
    {
        foreach (var (name, mask) in kept)
        {
            if (c.RegrownState == RegrownState.Reset)
            {
                // An optimiser that is new may have no state at all yet.
                Assert.All(now[name], f => Assert.All(f.Values, v => Assert.Equal(0f, v)));
                continue;
            }

            Assert.Equal(before[name].Select(f => f.Field), now[name].Select(f => f.Field));
            foreach (var (was, (field, values)) in before[name].Zip(now[name]))
            {
                Assert.All(Enumerable.Range(0, mask.Length), i => Assert.True(
                    values[i] == (mask[i] || c.RegrownState == RegrownState.Kept ? was.Values[i] : 0),
                    $"{name} {field}[{i}] was {was.Values[i]} and is {values[i]} with state {c.RegrownState}"));
            }
        }
    }

    /// <summary>What an optimiser keeps for each weight, by parameter.</summary>
    private static Dictionary<string, List<(string Field, float[] Values)>> States(ToyNet net, TorchSharp.Modules.OptimizerHelper optimizer)
    {
        var states = optimizer.state_dict().State;
        return net.named_parameters().Select((p, index) => (p.name, State: states[index])).ToDictionary(
            p => p.name,
            p => p.State.GetType().GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public)
                .Where(f => f.FieldType == typeof(Tensor)).Select(f => (f.Name, Tensor: f.GetValue(p.State) as Tensor)).Where(f => f.Tensor is not null)
                .Select(f => (f.Name, ToyCase.Values(f.Tensor!))).ToList());
    }
}
