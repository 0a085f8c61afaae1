using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Tests.Training;
using Dsd.Training;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks;

/// <summary>The mask of one tensor, chosen without a session.</summary>
public sealed class MaskSetChooseTests
{
    [Property]
    [Trait("Tier", "slow")]
    public Property Choose_ByMagnitudeOrScore_IsWhatASessionChooses() => Prop.ForAll(
        Gen.Choose(1, 60).Zip(Gen.Choose(1, 99)).Zip(Gen.Elements(true, false)).ToArbitrary(), drawn =>
        {
            var ((inputs, percent), custom) = drawn;
            using var scope = NewDisposeScope();
            manual_seed(inputs);
            var layer = nn.Linear(inputs, 5);
            var sparsity = new Sparsity(percent / 100.0);
            Func<MaskContext, Tensor>? score = custom ? w => w.Weight.neg() : null;
            var rule = new MaskRule(custom ? MaskCriterion.Custom("own") : null);
            var schedule = new Schedule([new Phase("sparse", Duration.Steps(1), LearningRate.Constant(0.1), SparsityCurve.Constant(sparsity.Value), rule)]);
            var expected = MaskSet.Choose(new MaskContext("weight", layer.weight!), sparsity, score);
            if (Plan.Check(schedule, ModelInspection.ShapeOf(layer), 1).Count > 0)
            {
                return expected.Kept == expected.Count;
            }

            using var optimizer = optim.SGD(layer.parameters(), 0.1);
            using var session = new Session(
                schedule.On(layer, 1), layer, optimizer, methods: score is null ? null : MaskMethods.None.WithCriterion("own", score));
            return session.BeginStep() && session.Masks.Masks["weight"].Equals(expected) && expected.Kept == sparsity.Kept(expected.Count);
        });

    [Fact]
    public void Choose_WhatCannotBeRanked_IsRefusedAndNothingIsChanged()
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(tensor([1f, float.NaN, 3f]));
        Assert.Contains("NaN", Assert.ThrowsAny<DsdException>(() => MaskSet.Choose(new MaskContext("w", weight), new Sparsity(0.5))).Message, StringComparison.Ordinal);
        var sound = new Parameter(tensor([1f, -2f, 3f]));
        Assert.Contains("shape (3)", Assert.Throws<DsdException>(() => MaskSet.Choose(new MaskContext("w", sound), new Sparsity(0.5), _ => ones(2))).Message, StringComparison.Ordinal);
        Assert.Equal([false, false, true], Bits(MaskSet.Choose(new MaskContext("w", sound), new Sparsity(0.6))));
        Assert.Equal([1f, -2f, 3f], sound.data<float>().ToArray());
    }

    private static IEnumerable<bool> Bits(BitMask mask)
    {
        for (var i = 0L; i < mask.Count; i++)
        {
            yield return mask[i];
        }
    }
}
