using Dsd.Execution;
using Dsd.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests.Layers;

/// <summary>The law of a stack: several networks computed at once are each the network alone, within rounding.</summary>
public class StackedPassTests
{
    private const double Rounding = 1e-9;

    private static readonly string[] s_small = ["lenet-300-100", "lenet-5", "resnet-20"];
    private static readonly string[] s_large = [.. ModelCatalog.All.Where(e => e.Kind == TaskKind.Images && e.HasWidth).Select(e => e.Name).Except(s_small)];

    /// <summary>Cases: a network, its width, images, networks, their batch, and the mode.</summary>
    public static TheoryData<string, int, bool> Cases()
    {
        var cases = new TheoryData<string, int, bool>();
        for (var seed = 0; seed < LawCases.Count(3); seed++)
        {
            foreach (var name in s_small.Concat(s_large))
            {
                cases.Add(name, seed, false);
                if (ModelCatalog.Get(name) is var entry && Create(entry, channels: 1, classes: 2) is IStackable { StackingObstacle: null })
                {
                    cases.Add(name, seed, true);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void StackedForward_OfNetworksWithTheirOwnWeightsAndBatches_IsEachAlone(string name, int seed, bool training)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, $"stack of {name}");
        int Pick(int which, int least, int most) => least + random.Below(which, most - least + 1);
        var (entry, channels, classes, count, batch) = (ModelCatalog.Get(name), Pick(0, 1, 3), Pick(1, 2, 4), Pick(2, 1, 4), Pick(3, 2, 4));
        var side = s_small.Contains(name) ? 28 : Pick(4, 63, 66);

        // In 64 bits, where rounding is far below any mistake.
        manual_seed(seed);
        var networks = Enumerable.Range(0, count).Select(_ => Create(entry, channels, classes)).ToList();
        networks.ForEach(n => Perturb(n, training));
        var images = randn([count, batch, channels, side, side], dtype: float64);
        var targets = randint(classes, [count, batch], dtype: int64);
        var tensors = Stack(networks);

        var scores = ((IStackable)networks[0]).StackedForward(tensors, images);
        nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), reduction: nn.Reduction.Sum).div((double)batch).backward();

        Assert.Equal([count, batch, classes], scores.shape);
        for (var i = 0; i < count; i++)
        {
            var alone = networks[i].call(images[i]);
            nn.functional.cross_entropy(alone, targets[i]).backward();
            Same("scores", alone, scores[i]);
            foreach (var (parameter, value) in networks[i].named_parameters().Where(p => p.parameter.grad is not null))
            {
                Same($"the gradient of {parameter}", value.grad!, tensors[parameter].grad![i]);
            }

            foreach (var (buffer, value) in networks[i].named_buffers())
            {
                Same(buffer, value, tensors[buffer][i]);
            }
        }
    }

    [Fact]
    public void StackedForward_OfFlatImages_IsThatOfImages()
    {
        using var scope = NewDisposeScope();
        var networks = new[] { new LeNet300100(), new LeNet300100() };
        var images = rand([2, 3, 1, 28, 28]);
        IStackable stackable = networks[0];
        var tensors = Stack(networks);

        Assert.True(stackable.StackedForward(tensors, images).equal(stackable.StackedForward(tensors, images.flatten(2))).all().item<bool>());
    }

    [Theory]
    [InlineData("vgg16", "dropout 'classifier.2'")]
    [InlineData("squeezenet", "dropout 'classifier.0'")]
    [InlineData("googlenet", "auxiliary heads")]
    [InlineData("lenet-300-100-spectral", "layer 'fc1' is a SpectralLinear")]
    public void StackingObstacle_OfANetworkThatCannotBeTrainedInAStack_NamesTheLayer(string name, string expected)
    {
        using var scope = NewDisposeScope();
        var network = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create(1, 2, ModelCatalog.Get(name).HasWidth ? 0.05 : 1);

        var obstacle = ((IStackable)network).StackingObstacle;
        Assert.Contains(expected, obstacle, StringComparison.Ordinal);
        Assert.Contains(obstacle!, Assert.Throws<DsdException>(() => ((IStackable)network).StackedForward(Stack([network]), rand([1, 2, 1, 64, 64]))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lenet-300-100")]
    [InlineData("resnet-50")]
    public void StackingObstacle_OfANetworkWithoutRandomNumbers_IsNone(string name) =>
        Assert.Null(Assert.IsAssignableFrom<IStackable>(Create(ModelCatalog.Get(name), 1, 2)).StackingObstacle);

    [Fact]
    public void StackedForward_OfImagesThatDoNotFit_SaysWhichDo()
    {
        using var scope = NewDisposeScope();
        var network = new LeNet5();

        Assert.Contains("(N, 1, H, W)", Assert.Throws<DsdException>(() => ((IStackable)network).StackedForward(Stack([network]), rand([1, 2, 3, 28, 28]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StackedForward_OfOneValuePerChannelInTraining_NamesTheNorm()
    {
        using var scope = NewDisposeScope();
        var network = (nn.Module<Tensor, Tensor>)ModelCatalog.Get("resnet-20").Create();

        Assert.Contains("normalises each channel over the batch", Assert.Throws<DsdException>(() => ((IStackable)network).StackedForward(Stack([network, network]), rand([2, 1, 1, 1, 1]))).Message, StringComparison.Ordinal);
    }

    private static nn.Module<Tensor, Tensor> Create(ModelEntry entry, int channels, int classes) =>
        (nn.Module<Tensor, Tensor>)entry.Create(channels, classes, entry.HasWidth ? 0.05 : 1).to(float64);

    /// <summary>Gives norms scales, shifts and statistics of their own, so that none can stand in for another.</summary>
    private static void Perturb(nn.Module network, bool training)
    {
        using var guard = no_grad();
        network.train(training);
        foreach (var (_, tensor) in network.state_dict())
        {
            if (tensor.is_floating_point() && tensor.dim() == 1)
            {
                tensor.add_(rand_like(tensor).mul(0.3));
            }
            else if (tensor.dim() == 0)
            {
                tensor.add_(randint(5, [1], dtype: int64)[0]);
            }
        }
    }

    private static Dictionary<string, Tensor> Stack(IReadOnlyList<nn.Module> networks)
    {
        var trained = networks[0].named_parameters().Select(p => p.name).ToHashSet();
        var all = networks.Select(n => n.state_dict()).ToList();
        return all[0].Keys.ToDictionary(name => name, name => stack([.. all.Select(n => n[name].detach())]).requires_grad_(trained.Contains(name)));
    }

    private static void Same(string what, Tensor expected, Tensor actual)
    {
        var (a, b) = (expected.detach().to(float64), actual.detach().to(float64));
        var difference = (a - b).norm().item<double>();
        Assert.True(difference <= Rounding * (1e-3 + a.norm().item<double>()), $"{what}: a difference of {difference}");
    }
}
