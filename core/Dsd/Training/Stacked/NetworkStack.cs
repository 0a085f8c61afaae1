using Dsd.Execution;
using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Several networks of one architecture whose parameters and buffers are slices of common tensors, so that one pass computes all.</summary>
/// <remarks>
/// Each network stays an ordinary one: the same parameter objects, names and shapes, whose memory now is its slice of a tensor [k, …]. What is written to a
/// network is in the stack and the reverse; so are gradients after <see cref="Backward"/>. Networks keep their values after <see cref="Dispose"/>.
/// </remarks>
internal sealed class NetworkStack : IDisposable
{
    private readonly IReadOnlyList<nn.Module> _networks;
    private readonly IStackable _first;
    private readonly Dictionary<string, Tensor> _tensors = [];
    private readonly OrderedDictionary<string, Parameter> _parameters = [];
    private readonly List<(Parameter Stacked, IReadOnlyList<Parameter> Slices)> _trained = [];
    private bool _holdsGradients;

    /// <summary>Moves the memory of networks into common tensors.</summary>
    /// <param name="networks">The networks, on one device; at least one.</param>
    /// <exception cref="DsdException">They cannot be stacked, for the reason that <see cref="Obstacle"/> gives.</exception>
    public NetworkStack(IReadOnlyList<nn.Module> networks)
    {
        if (Obstacle(networks) is { } obstacle)
        {
            throw new DsdException($"The networks cannot be trained at once: {obstacle}.");
        }

        _networks = networks;
        _first = (IStackable)networks[0];
        Device = networks[0].parameters().First().device;
        using var guard = no_grad();
        var buffers = networks.Select(n => n.named_buffers().ToDictionary(b => b.name, b => b.buffer)).ToList();
        var parameters = networks.Select(n => n.named_parameters().ToDictionary(p => p.name, p => p.parameter)).ToList();
        foreach (var name in buffers[0].Keys)
        {
            _tensors.Add(name, Join([.. buffers.Select(b => b[name])]));
        }

        foreach (var (name, parameter) in networks[0].named_parameters())
        {
            var slices = parameters.ConvertAll(p => p[name]);
            var stacked = new Parameter(Join([.. slices]), parameter.requires_grad);
            stacked.DetachFromDisposeScope();
            _tensors.Add(name, stacked);
            _parameters.Add(name, stacked);
            if (parameter.requires_grad)
            {
                _trained.Add((stacked, slices));
            }
        }
    }

    /// <summary>The number of networks.</summary>
    public int Count => _networks.Count;

    /// <summary>The device of all.</summary>
    public Device Device { get; }

    /// <summary>The common parameters by name, each of shape [k, …], in the order in which a network lists its own.</summary>
    public IReadOnlyDictionary<string, Parameter> Parameters => _parameters;

    /// <summary>The common buffers, each of shape [k, …].</summary>
    public IEnumerable<Tensor> Buffers => _tensors.Where(t => !_parameters.ContainsKey(t.Key)).Select(t => t.Value);

    /// <summary>Returns the reason why networks cannot be trained at once, naming the network or the layer; null if they can.</summary>
    public static string? Obstacle(IReadOnlyList<nn.Module> networks)
    {
        var first = networks[0];
        if (first is not IStackable stackable)
        {
            return $"the network '{first.GetName()}' computes one network alone, as it is no {nameof(IStackable)}";
        }

        if (stackable.StackingObstacle is { } layer)
        {
            return $"{first.GetName()}: {layer}";
        }

        var described = Describe(first);
        for (var i = 1; i < networks.Count; i++)
        {
            if (networks[i].GetType() != first.GetType() || Describe(networks[i]).Except(described).Concat(described.Except(Describe(networks[i]))).FirstOrDefault() is { } other)
            {
                return $"the networks '{first.GetName()}' and '{networks[i].GetName()}' differ in their layers";
            }
        }

        return first.parameters().Select(p => p.Handle).Distinct().Count() == ModelInspection.ShapeOf(first).Parameters.Count
            ? null
            : $"the network '{first.GetName()}' has a parameter in two places";
    }

    /// <summary>Computes the losses of all networks, each on its own batch, and the gradients of each.</summary>
    /// <param name="inputs">The batches, shape (k, N, …).</param>
    /// <param name="loss">Returns the losses of outputs, shape (k).</param>
    /// <returns>The losses, without gradients; they belong to the caller's dispose scope.</returns>
    /// <exception cref="DsdException">The function does not return one loss for each network.</exception>
    public Tensor Backward(Tensor inputs, Func<Tensor, Tensor> loss)
    {
        ClearGradients();
        using var scope = NewDisposeScope();
        var losses = Computed(inputs, loss);
        ShareGradients();
        return losses.MoveToOuterDisposeScope();
    }

    /// <summary>Computes as <see cref="Backward"/> does, with gradients that the common parameters alone have: those of the networks stay as they were, and nothing is added to earlier ones.</summary>
    public Tensor BackwardOfAll(Tensor inputs, Func<Tensor, Tensor> loss)
    {
        foreach (var (stacked, _) in _trained)
        {
            TensorMemory.DropGradient(stacked);
        }

        _holdsGradients = false;
        return Computed(inputs, loss);
    }

    /// <summary>Computes losses and adds to the gradients of the common parameters.</summary>
    private Tensor Computed(Tensor inputs, Func<Tensor, Tensor> loss)
    {
        using var scope = NewDisposeScope();
        var losses = loss(_first.StackedForward(_tensors, inputs));
        if (losses.dim() != 1 || losses.shape[0] != Count)
        {
            throw new DsdException($"The loss of {Count} networks has the shape ({string.Join(", ", losses.shape)}); one number for each is needed, shape ({Count}).");
        }

        losses.sum().backward();
        return losses.detach().MoveToOuterDisposeScope();
    }

    /// <summary>Returns true if every weight of every network is finite; reads one number.</summary>
    public bool HasFiniteWeights()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return stack([.. _parameters.Values.Where(p => p.is_floating_point()).Select(p => p.isfinite().all())]).all().item<bool>();
    }

    /// <summary>Releases all gradients.</summary>
    public void DropGradients()
    {
        foreach (var (stacked, slices) in _trained)
        {
            TensorMemory.DropGradient(stacked);
            slices.Where(s => !s.IsInvalid).ToList().ForEach(TensorMemory.DropGradient);
        }

        _holdsGradients = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DropGradients();
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private static List<string> Describe(nn.Module network) =>
    [
        .. network.named_parameters().Select(p => $"{p.name} {string.Join('x', p.parameter.shape)} {p.parameter.dtype} {p.parameter.device} {p.parameter.requires_grad}"),
        .. network.named_buffers().Select(b => $"{b.name} {string.Join('x', b.buffer.shape)} {b.buffer.dtype} {b.buffer.device}"),
    ];

    /// <summary>Copies tensors into a common one, of which they are slices from then on.</summary>
    private static Tensor Join(Tensor[] slices)
    {
        using var scope = NewDisposeScope();
        var common = stack([.. slices.Select(s => s.detach())]);
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i].set_(common.select(0, i));
        }

        return common.DetachFromDisposeScope();
    }

    /// <summary>Clears gradients for the next pass: in place where networks see them, so that they still do.</summary>
    private void ClearGradients()
    {
        if (!_holdsGradients)
        {
            DropGradients();
            return;
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        _trained.ForEach(t => t.Stacked.grad?.zero_());
    }

    /// <summary>Makes each network's gradients slices of the common ones; none where the loss does not reach the parameter.</summary>
    private void ShareGradients()
    {
        if (_holdsGradients)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var (stacked, slices) in _trained)
        {
            if (stacked.grad is not { } gradient)
            {
                continue;
            }

            for (var i = 0; i < slices.Count; i++)
            {
                slices[i].grad = gradient.select(0, i);
            }
        }

        _holdsGradients = true;
    }
}
