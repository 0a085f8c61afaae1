using Dsd.Execution;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

/// <summary>The networks beside torchvision's, whose outputs and gradients are committed.</summary>
[Trait("Tier", "slow")]
public class TorchvisionTests
{
    /// <summary>Of the size of what is compared: 32-bit floats go astray by a third of it.</summary>
    private const double OfOutputs = 2e-4;

    /// <summary>The same of gradients, where a rectifier's input near 0 falls to the other side now and then.</summary>
    private const double OfGradients = 1e-2;

    public static TheoryData<string> Names() => [.. Reference.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Shape_FullSize_ListsTorchvisionsParametersInItsOrder(string name)
    {
        var reference = Reference.Of(name);
        var shape = ModelCatalog.Get(name).Shape(3, 1000);

        Assert.Equal(reference.Parameters, shape.Count);
        Assert.Contains(FormattableString.Invariant($"{shape.Count:N0} parameters"), ModelCatalog.Get(name).Description, StringComparison.Ordinal);
        Assert.Equal(
            reference.State.Where(line => !line.Contains(".running_", StringComparison.Ordinal) && !line.EndsWith("num_batches_tracked", StringComparison.Ordinal)),
            shape.Parameters.Select(p => $"{p.Name} {string.Join('x', p.Dims)}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Model_FilledLikeTorchvisions_ComputesTheSame(string name)
    {
        using var scope = NewDisposeScope();
        var reference = Reference.Of(name);
        var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create(3, 1000);
        var state = model.state_dict();
        Assert.Equal(reference.State.Order(), state.Select(t => $"{t.Key} {string.Join('x', t.Value.shape)}".Trim()).Order());
        Assert.All(state, t => Assert.Equal(t.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? ScalarType.Int64 : ScalarType.Float32, t.Value.dtype));
        Assert.Equal(ModelInspection.ShapeOf(model), ModelCatalog.Get(name).Shape(3, 1000));

        Formula.Fill(model, reference.Places);
        foreach (var run in reference.Runs)
        {
            Compare(model, run);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_SmallestImage_IsTorchvisionsAndASmallerOneIsRefused(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var smallest = Reference.Of(name).Smallest;
        var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create(3, 7, width: 0.125);
        model.eval();

        Assert.Equal([2L, 7], model.call(rand(2, 3, smallest, smallest + 1)).shape);
        if (smallest > 1)
        {
            var error = Assert.Throws<DsdException>(() => model.call(rand(2, 3, smallest + 1, smallest - 1)));
            Assert.Contains($"{name} takes images of shape (N, 3, H, W) with H and W at least {smallest}; got (2, 3, {smallest + 1}, {smallest - 1}).", error.Message, StringComparison.Ordinal);
        }
    }

    private static void Compare(nn.Module<Tensor, Tensor> model, Reference.Run run)
    {
        using var scope = NewDisposeScope();
        using var gradients = set_grad_enabled(run.Training);
        model.train(run.Training);
        foreach (var dropout in model.modules().OfType<Dropout>())
        {
            dropout.eval();
        }

        var images = Formula.Images(run.Side);
        List<Tensor> heads;
        if (run.Training && model is IAuxiliaryScores all)
        {
            var (scores, auxiliary) = all.ScoresOfAllHeads(images);
            heads = [scores, .. auxiliary];
        }
        else
        {
            heads = [model.call(images)];
        }

        Assert.Equal(run.Scores.Count, heads.Count);
        foreach (var (head, expected) in heads.Zip(run.Scores))
        {
            var flat = head.detach().to(ScalarType.Float64).flatten();
            var size = Math.Sqrt(expected.Squares / flat.numel());
            var some = flat[TensorIndex.Slice(step: 125)].data<double>().ToArray();
            for (var i = 0; i < some.Length; i++)
            {
                Near(expected.Every125th[i], some[i], size, $"score {125 * i}");
            }

            Near(expected.Sum, flat.sum().item<double>(), size * flat.numel(), "sum");
            Near(expected.Squares, flat.square().sum().item<double>(), expected.Squares, "squares");
        }

        if (!run.Training)
        {
            return;
        }

        var target = tensor(new long[] { 1, 998 });
        var losses = heads.Select(head => nn.functional.cross_entropy(head, target)).ToList();
        var loss = losses.Skip(1).Aggregate(losses[0], (sum, further) => sum + (((IAuxiliaryScores)model).AuxiliaryWeight * further));
        Near(run.Loss!.Value, loss.item<float>(), run.Loss.Value, "loss");
        loss.backward();
        foreach (var (name, values) in run.Gradients!)
        {
            var gradient = model.get_parameter(name)!.grad!.to(ScalarType.Float64);
            var (sum, norm) = (values[0], values[1]);
            Near(norm, gradient.norm().item<double>(), norm, $"norm of the gradient of {name}", OfGradients);
            Near(sum, gradient.sum().item<double>(), norm * Math.Sqrt(gradient.numel()), $"sum of the gradient of {name}", OfGradients);
        }

        foreach (var (name, sum) in run.Buffers!)
        {
            Near(sum, model.get_buffer(name)!.sum().item<float>(), Math.Abs(sum), name);
        }
    }

    private static void Near(double expected, double actual, double size, string what, double tolerance = OfOutputs) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * size, FormattableString.Invariant($"{what}: {actual:g9} is not {expected:g9}, by {Math.Abs(expected - actual) / size:g3} of its size"));
}
