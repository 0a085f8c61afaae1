using Dsd.Execution;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class SpeechNetworkTests
{
    public static TheoryData<string> Names() => [.. ModelCatalog.All.Where(e => e.Kind == TaskKind.Speech).Select(e => e.Name)];

    [Fact]
    public void Shape_DeepSpeech_HasThePublishedCounts()
    {
        Assert.Equal(8_139_805, DeepSpeech.Shape().Count);
        Assert.Equal(
            "fc1 1814528, fc2 1049600, fc3 1049600, rnn4 3146752, fc5 1049600, fc6 29725",
            Layers(DeepSpeech.Shape()));
    }

    [Fact]
    public void Shape_DeepSpeech2_HasThePublishedCounts()
    {
        // Printed: the same, but 95,054 for the last layer, and so 67,740,718 in all.
        Assert.Equal(67_740_718 - 95_054 + 95_094, DeepSpeech2.Shape().Count);
        Assert.Equal(
            "conv1 14432, conv1_norm 5184, conv2 236544, conv2_norm 2624, rnn1 8504320, rnn1_norm 3520, "
            + string.Concat(Enumerable.Range(2, 6).Select(k => $"rnn{k} 9292800, rnn{k}_norm 3520, "))
            + "fc1 3097600, fc1_norm 3520, fc2 95094",
            Layers(DeepSpeech2.Shape()));
        Assert.Equal(8_507_840, 8_504_320 + 3_520);
        Assert.Equal(9_296_320, 9_292_800 + 3_520);
        Assert.Equal(3_101_120, 3_097_600 + 3_520);
    }

    [Fact]
    public void Plan_DeepSpeech_PrunesAllWeightsAndNoBias()
    {
        var plan = Plan.Resolve(Schedule.Dsd(Duration.Steps(1), Duration.Steps(1), Duration.Steps(1), 0.5, 0.1), DeepSpeech.Shape(), 10);
        Assert.Equal(
            ["fc1.weight", "fc2.weight", "fc3.weight", "rnn4.weight_ih", "rnn4.weight_hh", "rnn4.weight_hh_reverse", "fc5.weight", "fc6.weight"],
            plan.Phases[1].Layers.Where(l => plan.Phases[1].KeptAt(l, 0) < l.Weights).Select(l => l.Parameter));
        Assert.All(ModelInspection.ShapeOf(new DeepSpeech(9, 5, 0.01)).Parameters.Where(p => p.Name.EndsWith("bias", StringComparison.Ordinal)), p => Assert.True(p.IsBias));
    }

    [Theory]
    [InlineData("deep-speech", 0.03)]
    [InlineData("deep-speech-2", 0.05)]
    public void Shape_AnyWidth_IsWhatTheLiveModelLists(string name, double width)
    {
        using var model = ModelCatalog.Get(name).Create(31, 7, width);
        Assert.Equal(ModelInspection.ShapeOf(model), ModelCatalog.Get(name).Shape(31, 7, width));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelCatalog.Get(name).Shape(0, 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelCatalog.Get(name).Shape(31, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelCatalog.Get(name).Create(31, 7, -1));
    }

    [Property(MaxTest = 15)]
    [Trait("Tier", "slow")]
    public Property Forward_Evaluation_AnUtteranceAloneAndInAPaddedBatchGetTheSameScores() => Prop.ForAll(
        Gen.NonEmptyListOf(Gen.Choose(1, 150)).Select(l => l.Take(4).ToArray()).ToArbitrary(),
        Gen.Choose(0, 40).ToArbitrary(),
        (lengths, more) =>
        {
            using var scope = NewDisposeScope();
            using var quiet = no_grad();
            manual_seed(lengths.Sum());
            foreach (var model in new SpeechNetwork[] { new DeepSpeech(9, 5, 0.02, 1), new DeepSpeech(9, 5, 0.02, 3), new DeepSpeech2(9, 5, 0.03) })
            {
                Warm(model);
                var batch = randn(lengths.Length, lengths.Max() + more, 9) * 3;
                for (var n = 0; n < lengths.Length; n++)
                {
                    // Even NaN beyond the end must not be seen.
                    batch[n, lengths[n]..] = float.NaN;
                }

                var scores = model.call(batch, tensor(Array.ConvertAll(lengths, l => (long)l)));
                Assert.Equal([lengths.Length, model.OutputLength(lengths.Max() + more), 5L], scores.shape);
                for (var n = 0; n < lengths.Length; n++)
                {
                    var own = model.OutputLength(lengths[n]);
                    var alone = model.call(batch[n, ..lengths[n]].unsqueeze(0), tensor([(long)lengths[n]]));
                    Assert.Equal([1L, own, 5], alone.shape);
                    Assert.True(scores[n, ..own].allclose(alone[0], rtol: 1e-4, atol: 1e-4));
                    Assert.True(scores[n, own..].eq(0).all().item<bool>());
                }
            }
        });

    [Fact]
    public void Forward_TrainingOfDeepSpeech2_LeavesPaddingOutOfTheStatistics()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var model = new DeepSpeech2(9, 5, 0.03);
        var batch = randn(2, 30, 9);
        batch[1, 11..] = 100;
        var lengths = tensor([30L, 11]);
        var scores = model.call(batch, lengths);
        var mean = model.get_buffer("rnn3_norm.running_mean")!.clone();

        var other = new DeepSpeech2(9, 5, 0.03);
        other.load_state_dict(model.state_dict());
        foreach (var (_, buffer) in other.named_buffers())
        {
            buffer.zero_();
        }

        var longer = cat([batch, full(2, 50, 9, -7f)], 1);
        Assert.True(scores.allclose(other.call(longer, lengths)[.., ..15], rtol: 1e-4, atol: 1e-4));
        Assert.True(mean.allclose(other.get_buffer("rnn3_norm.running_mean")!, rtol: 1e-3, atol: 1e-5));
        Assert.True(mean.abs().max().item<float>() > 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_ManySteps_ReachesEveryParameterAndKeepsNothing(string name)
    {
        var model = (SpeechNetwork)ModelCatalog.Get(name).Create(9, 5, 0.02);
        for (var step = 0; step < 30; step++)
        {
            using var scope = NewDisposeScope();
            model.call(randn(2, 40, 9), tensor([40L, 23])).square().sum().backward();
        }

        Assert.All(model.named_parameters(), p => Assert.True(p.parameter.grad!.abs().max().item<float>() > 0, p.name));
        using var outer = NewDisposeScope();
        using var input = randn(2, 40, 9).DetachFromDisposeScope();
        using var lengths = tensor([40L, 23]).DetachFromDisposeScope();
        model.call(input, lengths);
        Assert.Equal(1, outer.DisposablesCount);
    }

    [Fact]
    public void Forward_WrongArguments_SayWhatIsExpected()
    {
        using var scope = NewDisposeScope();
        var model = new DeepSpeech(9, 5, 0.02);
        Assert.Contains("[2, 7, 8]; expected [N, T, 9]", Assert.Throws<ArgumentException>(() => model.call(randn(2, 7, 8), tensor([7L, 7]))).Message, StringComparison.Ordinal);
        Assert.Contains("expected Int64 and [2]", Assert.Throws<ArgumentException>(() => model.call(randn(2, 7, 9), tensor([7, 7]))).Message, StringComparison.Ordinal);
        Assert.Contains("lengths [7, 8]; the spectrograms have 7", Assert.Throws<ArgumentException>(() => model.call(randn(2, 7, 9), tensor([7L, 8]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.call(randn(2, 7, 9), tensor([7L, 0])));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.OutputLength(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DeepSpeech(frameStride: 0));
    }

    [Fact]
    public void Computation_Bf16_IsCloseToFp32()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var model = new DeepSpeech(20, 5, 0.1, dropout: 0);
        var (input, lengths) = (randn(3, 60, 20), tensor([60L, 33, 21]));
        var right = model.call(input, lengths).detach();
        using var computation = new Computation(model, Precision.Bf16);
        var found = zeros(1);
        computation.Backward(() =>
        {
            found = model.call(input, lengths).to(ScalarType.Float32);
            return found.square().sum();
        });
        Assert.InRange((found - right).norm().item<float>() / right.norm().item<float>(), 0, 0.05);
        Assert.All(model.named_parameters(), p => Assert.Equal(ScalarType.Float32, p.parameter.grad!.dtype));
    }

    private static string Layers(ModelShape shape) =>
        string.Join(", ", shape.Parameters.GroupBy(p => p.Layer).Select(g => $"{g.Key} {g.Sum(p => p.Count)}"));

    /// <summary>Gives norms statistics other than those they start with.</summary>
    private static void Warm(SpeechNetwork model)
    {
        model.call(randn(3, 50, 9) * 2, tensor([50L, 50, 20]));
        model.eval();
    }
}
