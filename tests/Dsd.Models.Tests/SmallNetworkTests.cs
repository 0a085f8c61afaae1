using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

/// <summary>Every network of any width, made small: 64×64 images, channels that are no multiples of 16.</summary>
[Trait("Tier", "slow")]
public class SmallNetworkTests
{
    private const int Side = 64;

    public static TheoryData<string, double> Cases()
    {
        var cases = new TheoryData<string, double>();
        foreach (var name in Reference.Names)
        {
            cases.Add(name, 0.125);
            cases.Add(name, 0.2);
        }

        return cases;
    }

    public static TheoryData<string> Names() => [.. Reference.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_DenseSparseDense_HoldsTheCountsOfThePlan(string name, double width)
    {
        manual_seed(1);
        using var model = ModelCatalog.Get(name).Create(3, 2, width);
        var task = new Noise(3, Side, batch: 4);
        var plan = Schedule.Dsd(Duration.Steps(3), Duration.Steps(3), Duration.Steps(3), 0.3, 0.001)
            .On(model, task.StepsPerEpoch);
        var ends = new List<PhaseEnded>();
        Trainer.Run(plan, model, task, new TrainerSettings(seed: 1), happened => ends.AddRange(happened is PhaseEnded end ? [end] : []));

        Assert.Equal(3, ends.Count);
        foreach (var (phase, end) in plan.Phases.Zip(ends))
        {
            Assert.Equal(phase.Layers.Select(l => $"{l.Parameter} {phase.KeptAt(l, 0)}"), end.Layers.Select(l => $"{l.Parameter} {l.Kept}"));
        }

        var sparse = plan.Phases[1];
        Assert.All(ends[1].Layers, l => Assert.True(l.NonZero <= l.Kept && l.NonZero >= 0.9 * l.Kept, $"{l}"));
        Assert.False(sparse.Layers[0].IsPruned, "the first convolution");
        Assert.All(sparse.Layers.Skip(1), l => Assert.True(l.IsPruned, l.Parameter));
        Assert.All(model.parameters(), p => Assert.True(p.isfinite().all().item<bool>()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_OneBatch_ReachesEveryParameter(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var model = ModelCatalog.Get(name).Create(3, 2, 0.25);
        new Noise(3, Side, batch: 8).Loss(model, 0).backward();

        Assert.All(model.named_parameters(), p => Assert.True(p.parameter.grad is { } gradient && gradient.abs().max().item<float>() > 0, p.name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_ManyTimes_LeavesNothingInTheOuterScopeButTheScores(string name)
    {
        using var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create(2, 5, 0.125);
        using var images = rand(2, 2, Side, Side);
        using var before = images.clone();
        using var scope = NewDisposeScope();
        for (var i = 1; i <= 3; i++)
        {
            model.train(i == 1);
            Assert.Equal([2L, 5], model.call(images).shape);
            Assert.Equal(i, scope.DisposablesCount);
        }

        Assert.True(images.equal(before).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_InEvaluation_DropsNothingAndInTrainingDoesWhereThereIsDropout(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create(3, 5, 0.25);
        var images = randn(4, 3, Side, Side);
        bool Repeats() => model.call(images).equal(model.call(images)).all().item<bool>();

        model.eval();
        Assert.True(Repeats());
        model.train();
        Assert.Equal(name.StartsWith("resnet", StringComparison.Ordinal), Repeats());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WeightFile_SavedByOne_LoadsIntoAnother(string name)
    {
        using var folder = new TempFolder();
        var path = folder["weights.safetensors"];
        using var scope = NewDisposeScope();
        var (one, other) = (ModelCatalog.Get(name).Create(3, 5, 0.125), ModelCatalog.Get(name).Create(3, 5, 0.125));
        foreach (var (buffer, tensor) in one.named_buffers().Where(b => b.name.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
        {
            tensor.fill_(buffer.Length);
        }

        WeightFile.Save(one, path);
        WeightFile.Load(other, path);

        var loaded = other.state_dict();
        Assert.All(one.state_dict(), t => Assert.True(t.Value.equal(loaded[t.Key]).all().item<bool>(), t.Key));
    }

    [Fact]
    public void Forward_OtherChannels_SaysSo()
    {
        using var model = new ResNet18(classes: 2, width: 0.125);
        using var images = rand(2, 1, Side, Side);
        using var flat = rand(2, 3);

        var error = Assert.Throws<DsdException>(() => model.call(images));
        Assert.StartsWith("resnet-18 takes images of shape (N, 3, H, W) with H and W at least 1; got (2, 1, 64, 64).", error.Message, StringComparison.Ordinal);
        Assert.Contains("got (2, 3)", Assert.Throws<DsdException>(() => model.call(flat)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lenet-5", "(N, 1, H, W) with H and W from 28 to 31")]
    [InlineData("lenet-300-100", "(N, 1, 28, 28)")]
    public void Forward_LeNetOnAnotherSize_SaysWhichItTakes(string name, string images)
    {
        using var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create();
        using var input = rand(2, 1, 32, 32);

        Assert.StartsWith($"{name} takes images of shape {images}; got (2, 1, 32, 32).", Assert.Throws<DsdException>(() => model.call(input)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Forward_OneValueAChannelInTraining_SaysSo()
    {
        using var model = new ResNet18(classes: 2, width: 0.125);
        using var images = rand(1, 3, 32, 32);
        using var larger = rand(1, 3, 33, 33);

        Assert.Contains("resnet-18: in training mode layer4.0.bn1 normalises", Assert.Throws<DsdException>(() => model.call(images)).Message, StringComparison.Ordinal);
        Assert.True(model.call(larger).isfinite().all().item<bool>());
        model.eval();
        Assert.True(model.call(images).isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.5)]
    [InlineData(4.01)]
    [InlineData(double.NaN)]
    public void Shape_WidthOutOfRange_Throws(double width)
    {
        foreach (var entry in ModelCatalog.All.Where(e => Reference.Names.Contains(e.Name)))
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => entry.Shape(width: width));
            Assert.Throws<ArgumentOutOfRangeException>(() => entry.Create(width: width));
        }
    }

    [Theory]
    [InlineData(64, 1, 64)]
    [InlineData(64, 0.125, 8)]
    [InlineData(16, 0.125, 2)]
    [InlineData(20, 0.125, 2)]
    [InlineData(28, 0.125, 4)]
    [InlineData(4, 0.125, 1)]
    [InlineData(1, 4, 4)]
    public void Scaled_RoundsHalfToEvenAndKeepsOne(int full, double width, int expected) => Assert.Equal(expected, LayerWidth.Scaled(full, width));

    [Fact]
    public void Shape_FullSize_NeedsNoMemoryToSpeakOf()
    {
        _ = Vgg16.Shape();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(138_357_544, Vgg16.Shape().Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Dropout_OfEveryNetwork_IsAsLikelyAsInTorchvision()
    {
        string Of(string name)
        {
            using var model = ModelCatalog.Get(name).Create(3, 2, 0.125);
            return string.Join(", ", model.named_modules().Where(m => m.module is Dropout).OrderBy(m => m.name, StringComparer.Ordinal).Select(m => FormattableString.Invariant($"{m.name} {((Dropout)m.module).p}")));
        }

        Assert.Equal("aux1.dropout 0.7, aux2.dropout 0.7, dropout 0.2", Of("googlenet"));
        Assert.Equal("classifier.2 0.5, classifier.5 0.5", Of("vgg16"));
        Assert.Equal("classifier.2 0.5, classifier.5 0.5", Of("vgg16-bn"));
        Assert.Equal("classifier.0 0.5, classifier.3 0.5", Of("alexnet"));
        Assert.Equal("classifier.0 0.5", Of("squeezenet"));
    }
}
