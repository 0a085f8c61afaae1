using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Training.Stacked;

public class NetworkStackTests
{
    private const int Networks = 3;

    [Fact]
    public void NetworkStack_OfNetworks_KeepsTheirValuesObjectsAndShapes()
    {
        using var scope = NewDisposeScope();
        var networks = Create();
        var (before, handles) = (networks.ConvertAll(ToyCase.Weights), networks.ConvertAll(n => n.parameters().Select(p => p.Handle).ToList()));

        using var stack = new NetworkStack(networks);

        for (var i = 0; i < Networks; i++)
        {
            ToyCase.AssertSameBits(before[i], ToyCase.Weights(networks[i]));
            Assert.Equal(handles[i], networks[i].parameters().Select(p => p.Handle));
            Assert.All(networks[i].parameters(), p => Assert.True(p.requires_grad && p.is_leaf && p.is_contiguous()));
        }

        Assert.Equal(networks[0].named_parameters().Select(p => p.name), stack.Parameters.Keys);
        Assert.All(stack.Parameters, p => Assert.Equal([Networks, .. networks[0].get_parameter(p.Key)!.shape], p.Value.shape));
    }

    [Fact]
    public void NetworkStack_WrittenFromEitherSide_IsSeenFromTheOther()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var networks = Create();
        using var stack = new NetworkStack(networks);
        var others = ToyCase.Weights(networks[0]);

        networks[1].get_parameter("_fc1.weight")!.fill_(2);
        stack.Parameters["_fc2.bias"][2].fill_(3);

        Assert.True(stack.Parameters["_fc1.weight"][1].eq(2).all().item<bool>());
        Assert.True(networks[2].get_parameter("_fc2.bias")!.eq(3).all().item<bool>());
        ToyCase.AssertSameBits(others, ToyCase.Weights(networks[0]));
    }

    [Fact]
    public void Backward_OfBatches_LeavesEachNetworkItsGradientsAndStatistics()
    {
        using var scope = NewDisposeScope();
        var networks = Create();
        var alone = Create();
        using var stack = new NetworkStack(networks);
        for (var step = 0; step < 3; step++)
        {
            var inputs = randn(Networks, 8, 4);
            var losses = stack.Backward(inputs, outputs => outputs.square().mean([1, 2]));

            for (var i = 0; i < Networks; i++)
            {
                alone[i].zero_grad();
                var loss = alone[i].call(inputs[i]).square().mean();
                loss.backward();
                Assert.True(loss.allclose(losses[i], 1e-5, 1e-6));
                foreach (var (name, parameter) in alone[i].named_parameters())
                {
                    Assert.True(parameter.grad!.allclose(networks[i].get_parameter(name)!.grad!, 1e-4, 1e-6), $"step {step}, network {i}: {name}");
                }

                Assert.All(alone[i].named_buffers(), b => Assert.True(b.buffer.to(float32).allclose(networks[i].get_buffer(b.name)!.to(float32), 1e-5, 1e-6), b.name));
            }

            if (step == 1)
            {
                stack.DropGradients();
                Assert.All(networks, n => Assert.All(n.parameters(), p => Assert.Null(p.grad)));
            }
        }
    }

    [Fact]
    public void Backward_Twice_WritesGradientsWhereNetworksSeeThem()
    {
        using var scope = NewDisposeScope();
        var networks = Create();
        using var stack = new NetworkStack(networks);
        stack.Backward(randn(Networks, 8, 4), outputs => outputs.square().mean([1, 2]));
        var seen = networks[1].get_parameter("_fc1.weight")!.grad!;

        stack.Backward(randn(Networks, 8, 4), outputs => outputs.square().mean([1, 2]));
        networks[1].get_parameter("_fc1.weight")!.grad!.zero_();

        Assert.True(seen.eq(0).all().item<bool>());
        Assert.True(stack.Parameters["_fc1.weight"].grad![1].eq(0).all().item<bool>());
        Assert.False(stack.Parameters["_fc1.weight"].grad![2].eq(0).all().item<bool>());
    }

    [Fact]
    public void Dispose_OfAStack_LeavesNetworksTheirValues()
    {
        using var scope = NewDisposeScope();
        var networks = Create();
        var before = networks.ConvertAll(ToyCase.Weights);

        new NetworkStack(networks).Dispose();
        var memory = Enumerable.Range(0, 50).Select(_ => rand(64)).ToList();

        Assert.NotEmpty(memory);
        Assert.All(networks.Zip(before), n => ToyCase.AssertSameBits(n.Second, ToyCase.Weights(n.First)));
    }

    [Fact]
    public void Obstacle_OfNetworksThatCannotBeStacked_NamesTheNetworkOrTheLayer()
    {
        using var scope = NewDisposeScope();
        var frozen = new StackableNet(4, 5);
        frozen.get_parameter("_fc1.weight")!.requires_grad = false;

        Assert.Contains("'toy'", NetworkStack.Obstacle([new ToyNet(4, 5)]), StringComparison.Ordinal);
        Assert.Contains("stackable: dropout 'drop1'", NetworkStack.Obstacle([new StackableNet(4, 5, "dropout 'drop1'")]), StringComparison.Ordinal);
        Assert.Contains("differ", NetworkStack.Obstacle([new StackableNet(4, 5), new StackableNet(4, 6)]), StringComparison.Ordinal);
        Assert.Contains("differ", NetworkStack.Obstacle([new StackableNet(4, 5), frozen]), StringComparison.Ordinal);
        Assert.Null(NetworkStack.Obstacle(Create()));
    }

    [Fact]
    public void Backward_OfALossThatIsNotOnePerNetwork_IsRejected()
    {
        using var scope = NewDisposeScope();
        using var stack = new NetworkStack(Create());

        Assert.Contains("one number for each", Assert.Throws<DsdException>(() => stack.Backward(randn(Networks, 8, 4), outputs => outputs.mean())).Message, StringComparison.Ordinal);
    }

    private static List<StackableNet> Create() => Enumerable.Range(0, Networks).Select(i =>
    {
        manual_seed(i);
        return new StackableNet(4, 5);
    }).ToList();
}
