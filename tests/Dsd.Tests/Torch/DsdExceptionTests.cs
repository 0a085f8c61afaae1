namespace Dsd.Tests.Torch;

public class DsdExceptionTests
{
    [Theory]
    [InlineData("fc3", "There is no layer 'fc3'. Did you mean 'fc1'? Allowed names: 'conv1', 'fc1', 'fc2'.")]
    [InlineData("lstm", "There is no layer 'lstm'. Allowed names: 'conv1', 'fc1', 'fc2'.")]
    [InlineData("", "There is no layer ''. Allowed names: 'conv1', 'fc1', 'fc2'.")]
    public void UnknownName_OfKnownNames_SuggestsTheNearestAndListsAll(string name, string expected) =>
        Assert.Equal(expected, DsdException.UnknownName($"There is no layer '{name}'.", name, ["conv1", "fc1", "fc2"]).Message);

    [Fact]
    public void UnknownName_WithASentenceOfItsOwn_EndsWithIt() =>
        Assert.Equal("There is no data set 'mnist'. Did you mean 'emnist'? Or give a folder.", DsdException.UnknownName("There is no data set 'mnist'.", "mnist", ["emnist"], "Or give a folder.").Message);
}
