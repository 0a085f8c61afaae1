using Dsd.Checkpoints;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class GoogLeNetTests
{
    [Fact]
    public void Shape_WithoutTheHeads_HasThePublishedCount()
    {
        var (heads, rest) = (GoogLeNet.Shape().Parameters.Where(IsOfHead).Sum(p => p.Count), GoogLeNet.Shape().Parameters.Where(p => !IsOfHead(p)).Sum(p => p.Count));

        Assert.Equal((6_379_984, 6_624_904), (heads, rest));
    }

    [Fact]
    public void Plan_PrunesTheHeadsToo()
    {
        var plan = Plan.Resolve(Schedule.Dsd(Duration.Steps(1), Duration.Steps(1), Duration.Steps(1), 0.3, 0.1), GoogLeNet.Shape(), 10);

        Assert.Equal(
            ["aux1.conv.conv.weight 65536", "aux1.fc1.weight 2097152", "aux1.fc2.weight 1024000"],
            plan.Phases[1].Layers.Where(l => l.IsPruned && l.Parameter.StartsWith("aux1", StringComparison.Ordinal)).Select(l => $"{l.Parameter} {l.Weights}"));
    }

    [Fact]
    public void ScoresOfAllHeads_GivesTheMainScoresOfForwardAndLeavesNothingElse()
    {
        using var model = new GoogLeNet(3, 7, 0.125);
        using var images = randn(4, 3, 64, 64);
        foreach (var dropout in model.modules().OfType<Dropout>())
        {
            dropout.eval();
        }

        using var scope = NewDisposeScope();
        var (scores, heads) = model.ScoresOfAllHeads(images);

        Assert.Equal(3, scope.DisposablesCount);
        Assert.All(heads, head => Assert.Equal([4L, 7], head.shape));
        Assert.Equal(2, heads.Count);
        Assert.Equal(0.3, model.AuxiliaryWeight);
        Assert.True(scores.equal(model.call(images)).all().item<bool>());
        Assert.False(heads[0].equal(heads[1]).all().item<bool>());
    }

    [Fact]
    public void Forward_InEvaluationOrTraining_DoesNotTouchTheHeads()
    {
        using var scope = NewDisposeScope();
        var model = new GoogLeNet(3, 7, 0.125);
        var mean = model.get_buffer("aux1.conv.bn.running_mean")!.clone();

        model.call(randn(4, 3, 64, 64)).sum().backward();

        Assert.Null(model.get_parameter("aux1.fc2.weight")!.grad);
        Assert.True(mean.equal(model.get_buffer("aux1.conv.bn.running_mean")!).all().item<bool>());
    }

    [Fact]
    public void WeightFile_WithoutHeads_IsRefusedAndSaysWhatIsMissing()
    {
        using var folder = new TempFolder();
        using var model = new GoogLeNet(3, 7, 0.125);
        using var headless = new Headless(model);
        WeightFile.Save(headless, folder["headless.safetensors"]);

        var error = Assert.Throws<DsdException>(() => WeightFile.Load(model, folder["headless.safetensors"]));

        Assert.EndsWith(
            "headless.safetensors: made for another model: the file lacks aux1.conv.bn.bias, aux1.conv.bn.num_batches_tracked, aux1.conv.bn.running_mean, aux1.conv.bn.running_var and 16 more.",
            error.Message,
            StringComparison.Ordinal);
    }

    private static bool IsOfHead(ParameterShape parameter) => parameter.Name.StartsWith("aux", StringComparison.Ordinal);

    /// <summary>The rest of a network, as torchvision has it once it took the heads off.</summary>
    private sealed class Headless : nn.Module
    {
        public Headless(GoogLeNet whole)
            : base("headless")
        {
            foreach (var (name, child) in whole.named_children().Where(c => !c.name.StartsWith("aux", StringComparison.Ordinal)))
            {
                register_module(name, child);
            }
        }
    }
}
