using Dsd.Execution;
using static TorchSharp.torch;

namespace Dsd.Tests.Training.Stacked;

/// <summary>A small network of two linear layers around a norm, whose forward pass is also written for several at once.</summary>
internal sealed class StackableNet : nn.Module<Tensor, Tensor>, IStackable
{
    // So much that a unit whose weights are all pruned does not amplify rounding errors.
    private const double Epsilon = 0.1;

    private readonly TorchSharp.Modules.Linear _fc1;
    private readonly TorchSharp.Modules.BatchNorm1d _bn;
    private readonly TorchSharp.Modules.Linear _fc2;
    private readonly string? _obstacle;

    public StackableNet(int inputs, int hidden, string? obstacle = null)
        : base("stackable")
    {
        (_fc1, _bn, _fc2, _obstacle) = (nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden, Epsilon), nn.Linear(hidden, 3), obstacle);
        RegisterComponents();
    }

    public string? StackingObstacle => _obstacle;

    public override Tensor forward(Tensor input) => _fc2.call(_bn.call(_fc1.call(input).tanh()));

    public Tensor StackedForward(IReadOnlyDictionary<string, Tensor> tensors, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        var (count, batch) = (inputs.shape[0], inputs.shape[1]);
        var hidden = Linear("_fc1", inputs).tanh().transpose(0, 1).reshape(batch, -1);
        Tensor Of(string part) => tensors[$"_bn.{part}"].view(-1);
        hidden = nn.functional.batch_norm(hidden, Of("running_mean"), Of("running_var"), Of("weight"), Of("bias"), training, eps: Epsilon);
        if (training)
        {
            using var guard = no_grad();
            tensors["_bn.num_batches_tracked"].add_(1);
        }

        return Linear("_fc2", hidden.reshape(batch, count, -1).transpose(0, 1)).MoveToOuterDisposeScope();

        Tensor Linear(string name, Tensor values) => bmm(values, tensors[$"{name}.weight"].transpose(1, 2)).add(tensors[$"{name}.bias"].unsqueeze(1));
    }
}
