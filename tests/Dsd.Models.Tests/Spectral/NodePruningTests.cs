using Dsd.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class NodePruningTests
{
    [Theory]
    [InlineData(NodeCriterion.Eigenvalue, 2)]
    [InlineData(NodeCriterion.Eigenvalue, 4)]
    [InlineData(NodeCriterion.Eigenvalue, 6)]
    [InlineData(NodeCriterion.IncomingL1, 4)]
    [InlineData(NodeCriterion.IncomingL2, 4)]
    [InlineData(NodeCriterion.IncomingL2, 6)]
    public void Zero_AnyCriterion_PrunesTheNodesOfLeastValueAsALoopFindsThem(NodeCriterion criterion, int count)
    {
        using var scope = NewDisposeScope();
        var model = Network();
        var (first, last) = ((SpectralLinear)model[0], (SpectralLinear)model[2]);
        var weight = first.Weight().detach();
        var value = Enumerable.Range(0, 8).Select(i => criterion switch
        {
            NodeCriterion.Eigenvalue => Math.Abs(first.OutputEigenvalues[i].item<float>()),
            NodeCriterion.IncomingL1 => Enumerable.Range(0, 12).Sum(j => Math.Abs(weight[i, j].item<float>())),
            _ => Enumerable.Range(0, 12).Sum(j => (double)weight[i, j].item<float>() * weight[i, j].item<float>()),
        }).ToArray();
        var expected = Enumerable.Range(0, 8).OrderBy(i => value[i]).Take(count).Order().Select(i => (long)i).ToArray();

        var pruned = NodePruning.Zero(model, new Sparsity(count / 8.0), criterion);

        Assert.Equal("first", Assert.Single(pruned).Layer);
        Assert.Equal(expected, pruned[0].Nodes);
        Assert.Equal($"first: {count} of 8 nodes pruned", pruned[0].ToString());
        var (rows, columns) = (first.Weight().abs().sum(1L).data<float>().ToArray(), last.Weight().abs().sum(0L).data<float>().ToArray());
        Assert.Equal(expected, Enumerable.Range(0, 8).Where(i => rows[i] == 0).Select(i => (long)i));
        Assert.Equal(expected, Enumerable.Range(0, 8).Where(i => columns[i] == 0).Select(i => (long)i));
        Assert.All(expected, i => Assert.Equal(0, first.Bias![i].item<float>()));
    }

    [Theory]
    [InlineData(NodeCriterion.Eigenvalue)]
    [InlineData(NodeCriterion.IncomingL2)]
    public void Remove_FromANetwork_ComputesWhatZerosDoWithFewerNodes(NodeCriterion criterion)
    {
        using var scope = NewDisposeScope();
        var (zeros, smaller) = (Network(), Network());
        var x = randn(5, 12);
        var full = zeros.call(x);

        var pruned = NodePruning.Zero(zeros, new Sparsity(0.75), criterion);

        Assert.Equal(pruned.Select(p => p.Nodes), NodePruning.Remove(smaller, new Sparsity(0.75), criterion).Select(p => p.Nodes));
        Assert.Equal([2L, 12], smaller.get_parameter("first.phi")!.shape);
        Assert.Equal([2L, 2], smaller.get_parameter("last.phi")!.shape);
        Assert.True(zeros.call(x).allclose(smaller.call(x), rtol: 1e-5, atol: 1e-6));
        Assert.False(zeros.call(x).allclose(full, rtol: 1e-2, atol: 1e-2));
        Assert.True(smaller.call(x).equal(Spectral.ToLinear(smaller).call(x)).all().item<bool>());
    }

    [Fact]
    public void Remove_OrdinaryLeNet_KeepsTheCountsOfTheSparsityAndTakesTheSameImages()
    {
        using var scope = NewDisposeScope();
        var (zeros, smaller) = (Seeded(), Seeded());

        NodePruning.Zero(zeros, new Sparsity(0.7), NodeCriterion.IncomingL1);
        var pruned = NodePruning.Remove(smaller, new Sparsity(0.7), NodeCriterion.IncomingL1);

        Assert.Equal(["fc1: 210 of 300 nodes pruned", "fc2: 70 of 100 nodes pruned"], pruned.Select(p => p.ToString()));
        Assert.Equal((784 * 90) + 90 + (90 * 30) + 30 + (30 * 10) + 10, smaller.parameters().Sum(p => p.numel()));
        var images = rand(4, 1, 28, 28);
        Assert.True(zeros.call(images).allclose(smaller.call(images), rtol: 1e-5, atol: 1e-6));

        static LeNet300100 Seeded()
        {
            manual_seed(3);
            return new();
        }
    }

    [Fact]
    public void Zero_EqualNodes_KeepsTheLowerIndices()
    {
        using var model = Spectral.Transform(SpectralTests.Small(), SpectralTraining.All);

        Assert.Equal([4L, 5, 6, 7], NodePruning.Zero(model, new Sparsity(0.5), NodeCriterion.Eigenvalue)[0].Nodes);
        Assert.Equal([4L, 5, 6, 7], NodePruning.Zero(model, new Sparsity(0.5), NodeCriterion.Eigenvalue)[0].Nodes);
    }

    [Fact]
    public void Prune_WhatCannotBe_SaysWhyAndChangesNothing()
    {
        using var scope = NewDisposeScope();
        var half = new Sparsity(0.5);
        string Message(nn.Module model, NodeCriterion criterion, bool remove = false) =>
            Assert.Throws<DsdException>(() => remove ? NodePruning.Remove(model, half, criterion) : NodePruning.Zero(model, half, criterion)).Message;

        Assert.Contains("first is an ordinary layer, which has no eigenvalues", Message(SpectralTests.Small(), NodeCriterion.Eigenvalue), StringComparison.Ordinal);
        Assert.Contains("one linear layer", Message(nn.Sequential(("a", nn.Linear(2, 2))), NodeCriterion.IncomingL1), StringComparison.Ordinal);
        Assert.Contains("a has 2 outputs and b 3 inputs", Message(nn.Sequential(("a", nn.Linear(2, 2)), ("b", nn.Linear(3, 2))), NodeCriterion.IncomingL1), StringComparison.Ordinal);
        var normed = nn.Sequential(("a", nn.Linear(2, 4)), ("n", nn.BatchNorm1d(4)), ("b", nn.Linear(4, 2)));
        Assert.Contains("n has parameters of its own", Message(normed, NodeCriterion.IncomingL1, remove: true), StringComparison.Ordinal);
        Assert.Equal([4L, 2], ((Linear)normed[0]).weight!.shape);
        var infinite = SpectralTests.Small();
        using (no_grad())
        {
            ((Linear)infinite[0]).weight!.fill_(float.PositiveInfinity);
        }

        Assert.Contains("first has a weight or eigenvalue that is not finite", Message(infinite, NodeCriterion.IncomingL2), StringComparison.Ordinal);
    }

    private static Sequential Network()
    {
        manual_seed(2);
        var model = Spectral.Transform(SpectralTests.Small(), SpectralTraining.All);
        using var guard = no_grad();
        foreach (var parameter in model.parameters())
        {
            parameter.normal_();
        }

        return model;
    }
}
