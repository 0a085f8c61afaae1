using Dsd.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Prunes hidden nodes of a trained network: whole rows of one linear layer and the columns of the next that read them.</summary>
/// <remarks>
/// The linear layers, spectral or ordinary, must form a chain, each with as many inputs as the one before has outputs; the nodes between two of them are
/// the hidden ones. Every layer of hidden nodes is pruned to the same sparsity, with <c>Sparsity.Kept</c> nodes left, among equals those of lower index.
/// Source: Buffoni, Civitelli, Giambagli, Chicchi and Fanelli, "Spectral pruning of fully connected layers", Scientific Reports 12:11201, 2022, where nodes
/// with the smallest eigenvalues are trimmed after training, compared with trimming by the incoming connectivity.
/// </remarks>
public static class NodePruning
{
    /// <summary>Sets the weights of the pruned nodes to 0, in place: their rows and biases, and the columns that read them. Shapes stay.</summary>
    /// <param name="model">The network.</param>
    /// <param name="sparsity">The fraction of each layer's hidden nodes to prune.</param>
    /// <param name="criterion">The ranking of the nodes.</param>
    /// <returns>The pruned nodes, one entry for each layer of hidden nodes.</returns>
    /// <exception cref="DsdException">The linear layers form no chain, there are fewer than two, eigenvalues are missing, or values are not finite.</exception>
    public static ValueList<PrunedNodes> Zero(nn.Module model, Sparsity sparsity, NodeCriterion criterion)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (chain, kept, pruned) = Choose(model, sparsity, criterion);
        for (var i = 0; i < kept.Count; i++)
        {
            var gone = tensor(pruned[i].Nodes.ToArray(), ScalarType.Int64, Rows(chain[i].Layer).device);
            Rows(chain[i].Layer).index_fill_(0, gone, 0);
            (chain[i].Layer is SpectralLinear spectral ? spectral.Bias : ((Linear)chain[i].Layer).bias)?.index_fill_(0, gone, 0);
            Rows(chain[i + 1].Layer).index_fill_(1, gone, 0);
        }

        return pruned;
    }

    /// <summary>Removes the pruned nodes, so that the network is smaller; it computes what it would with them at 0, to rounding, where activations act on each node alone.</summary>
    /// <param name="model">The network; its linear layers are exchanged, as <see cref="Spectral.Transform{T}"/> does, and the old ones disposed.</param>
    /// <param name="sparsity">The fraction of each layer's hidden nodes to prune.</param>
    /// <param name="criterion">The ranking of the nodes.</param>
    /// <returns>The pruned nodes, one entry for each layer of hidden nodes.</returns>
    /// <exception cref="DsdException">As of <see cref="Zero"/>; or another layer with parameters, such as a norm, stands among the linear ones.</exception>
    public static ValueList<PrunedNodes> Remove(nn.Module model, Sparsity sparsity, NodeCriterion criterion)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (chain, kept, pruned) = Choose(model, sparsity, criterion);
        var after = Leaves.Of(model).SkipWhile(l => l.Layer != chain[0].Layer).ToList();
        if (after.Find(l => l.Layer is not (Linear or SpectralLinear) && l.Layer.state_dict().Count > 0) is { Layer: not null } other)
        {
            throw new DsdException($"{model.GetName()}: {other.Name} has parameters of its own for nodes that would be removed. Use {nameof(NodePruning)}.{nameof(Zero)}, which keeps shapes.");
        }

        var replacements = chain.Select(l => l.Layer.GetType()).Distinct()
            .Select(type => new LayerReplacement(model, chain.Where(l => l.Layer.GetType() == type), type)).ToList();
        var places = chain.Select((l, i) => (l.Layer, Index: i)).ToDictionary(l => l.Layer, l => l.Index);
        foreach (var replacement in replacements)
        {
            replacement.Apply(Smaller);
        }

        return pruned;

        nn.Module<Tensor, Tensor> Smaller(nn.Module<Tensor, Tensor> layer)
        {
            var i = places[layer];
            var (rows, columns) = (i < kept.Count ? kept[i] : null, i > 0 ? kept[i - 1] : null);
            return layer is SpectralLinear spectral
                ? spectral.Select(rows, columns)
                : Ordinary.Linear(Selection.Of(((Linear)layer).weight!, rows, columns), ((Linear)layer).bias is { } bias ? Selection.Of(bias, rows) : null, layer.training);
        }
    }

    private static (List<(string Name, nn.Module<Tensor, Tensor> Layer)> Chain, List<Tensor> Kept, ValueList<PrunedNodes> Pruned) Choose(nn.Module model, Sparsity sparsity, NodeCriterion criterion)
    {
        ArgumentNullException.ThrowIfNull(model);
        var chain = Leaves.Of(model).Where(l => l.Layer is Linear or SpectralLinear).Select(l => (l.Name, Layer: (nn.Module<Tensor, Tensor>)l.Layer)).ToList();
        CheckChain(model, chain, criterion);
        var (kept, pruned) = (new List<Tensor>(), new List<PrunedNodes>());
        foreach (var (name, layer) in chain[..^1])
        {
            var scores = Scores(layer, criterion).to(ScalarType.Float64).cpu().data<double>().ToArray();
            if (Array.Exists(scores, s => !double.IsFinite(s)))
            {
                throw new DsdException($"{model.GetName()}: a node of {name} has a weight or eigenvalue that is not finite, so that nodes cannot be ranked.");
            }

            var order = Enumerable.Range(0, scores.Length).Select(i => (long)i).OrderByDescending(i => scores[i]).ToArray();
            var stays = (int)sparsity.Kept(scores.Length);
            kept.Add(tensor(order[..stays].Order().ToArray(), ScalarType.Int64, Rows(layer).device));
            pruned.Add(new(name, [.. order[stays..].Order()], scores.Length));
        }

        return (chain, kept, [.. pruned]);
    }

    private static void CheckChain(nn.Module model, List<(string Name, nn.Module<Tensor, Tensor> Layer)> chain, NodeCriterion criterion)
    {
        if (chain.Count < 2)
        {
            throw new DsdException($"{model.GetName()} has {(chain.Count == 0 ? "no linear layer" : "one linear layer")}; hidden nodes lie between two.");
        }

        var broken = chain.Zip(chain.Skip(1)).Where(pair => Rows(pair.First.Layer).size(0) != Rows(pair.Second.Layer).size(1))
            .Select(pair => FormattableString.Invariant($"{pair.First.Name} has {Rows(pair.First.Layer).size(0)} outputs and {pair.Second.Name} {Rows(pair.Second.Layer).size(1)} inputs"))
            .Concat(chain[..^1].Where(l => criterion == NodeCriterion.Eigenvalue && l.Layer is Linear).Select(l => $"{l.Name} is an ordinary layer, which has no eigenvalues; rank by incoming weights")).ToList();
        if (broken.Count > 0)
        {
            throw new DsdException($"{model.GetName()}: nodes cannot be pruned: {string.Join("; ", broken)}.");
        }
    }

    private static Tensor Scores(nn.Module<Tensor, Tensor> layer, NodeCriterion criterion)
    {
        var weight = layer is SpectralLinear spectral ? spectral.Weight() : ((Linear)layer).weight!;
        return criterion switch
        {
            NodeCriterion.Eigenvalue => ((SpectralLinear)layer).OutputEigenvalues.abs(),
            NodeCriterion.IncomingL1 => weight.abs().sum(1L),
            NodeCriterion.IncomingL2 => weight.square().sum(1L),
            _ => throw new ArgumentOutOfRangeException(nameof(criterion), criterion, "No such ranking of nodes."),
        };
    }

    /// <summary>The tensor whose rows are a layer's output nodes and whose columns are its inputs.</summary>
    private static Parameter Rows(nn.Module<Tensor, Tensor> layer) => layer is SpectralLinear spectral ? spectral.Eigenvectors : ((Linear)layer).weight!;
}
