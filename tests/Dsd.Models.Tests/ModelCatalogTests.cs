using System.Reflection;
using TorchSharp;

namespace Dsd.Models.Tests;

public class ModelCatalogTests
{
    [Fact]
    public void All_EveryEntry_IsFoundByItsNameAndDescribed()
    {
        Assert.Equal(["lenet-300-100", "lenet-300-100-spectral", "lenet-300-100-eigenvalues", "lenet-5", "resnet-20", "squeezenet", "resnet-18", "googlenet", "resnet-50", "alexnet", "vgg16", "vgg16-bn", "char-lstm", "neural-talk", "deep-speech", "deep-speech-2"], ModelCatalog.All.Select(e => e.Name));
        Assert.All(ModelCatalog.All, entry => Assert.Same(entry, ModelCatalog.Get(entry.Name)));
        Assert.All(ModelCatalog.All, entry => Assert.Contains("section", entry.Source, StringComparison.Ordinal));
    }

    [Fact]
    public void Create_EveryEntry_IsCalledAsItIsListed()
    {
        foreach (var entry in ModelCatalog.All)
        {
            using var model = entry.Create(width: entry.HasWidth ? 0.125 : 1);

            Assert.Equal(entry.Name, model.GetName());
            Assert.True(model.training);
        }
    }

    // As a move to a GPU does, which frees what was there.
    [Fact]
    public void To_AnotherType_LeavesNoEntryWithATensorThatWasFreed()
    {
        foreach (var entry in ModelCatalog.All)
        {
            using var model = entry.Create(width: entry.HasWidth ? 0.125 : 1).to(torch.float64);
            var moved = model.parameters().Concat(model.buffers()).ToHashSet();
            foreach (var module in model.modules().Prepend(model).Where(m => m.GetType().Assembly == typeof(ModelCatalog).Assembly))
            {
                foreach (var (field, tensor) in module.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Select(f => (f.Name, f.GetValue(module) as torch.Tensor)).Where(f => f.Item2 is not null))
                {
                    Assert.True(moved.Any(t => ReferenceEquals(t, tensor)), $"{entry.Name}: {module.GetType().Name}.{field}");
                }
            }
        }
    }

    [Theory]
    [InlineData("lenet-300-100", 1, 28, null)]
    [InlineData("lenet-300-100", 1, 29, "takes images of shape (N, 1, 28, 28); got 1×29×29")]
    [InlineData("lenet-5", 3, 31, null)]
    [InlineData("lenet-5", 3, 64, "takes images of shape (N, 3, H, W) with H and W from 28 to 31; got 3×64×64")]
    [InlineData("vgg16", 1, 28, "takes images of shape (N, 1, H, W) with H and W at least 32; got 1×28×28")]
    [InlineData("resnet-18", 3, 64, null)]
    [InlineData("char-lstm", 1, 1, null)]
    public void ProblemOfImages_OfASize_IsThatOfTheNetwork(string name, int channels, int side, string? problem) =>
        Assert.Equal(problem, ModelCatalog.Get(name).ProblemOfImages(channels, side, side));

    [Theory]
    [InlineData("lenet5", "Did you mean 'lenet-5'?")]
    [InlineData("LeNet-300-100", "Did you mean 'lenet-300-100'?")]
    [InlineData("resnet20", "Did you mean 'resnet-20'?")]
    [InlineData("resnet-34", "Did you mean 'resnet-20'?")]
    [InlineData("vgg-16", "Did you mean 'vgg16'?")]
    [InlineData("charlstm", "Did you mean 'char-lstm'?")]
    [InlineData("transformer", null)]
    [InlineData("", null)]
    public void Get_UnknownName_NamesTheNearestAndAllAllowed(string name, string? hint)
    {
        var error = Assert.Throws<DsdException>(() => ModelCatalog.Get(name));

        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"Allowed names: {string.Join(", ", ModelCatalog.All.Select(e => $"'{e.Name}'"))}.", error.Message, StringComparison.Ordinal);
        Assert.Equal(hint is not null, error.Message.Contains("Did you mean", StringComparison.Ordinal));
        Assert.Contains(hint ?? "", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_Null_Throws() => Assert.Throws<ArgumentNullException>(() => ModelCatalog.Get(null!));

    [Fact]
    public void Create_WidthOfANetworkThatHasOne_SaysSo()
    {
        var error = Assert.Throws<DsdException>(() => ModelCatalog.Get("lenet-5").Create(width: 0.5));
        Assert.Contains("width 0.5: lenet-5 has a fixed width", error.Message, StringComparison.Ordinal);
        Assert.Throws<DsdException>(() => ModelCatalog.Get("lenet-5").Shape(width: 2));
    }
}
