namespace Dsd.Data.Tests;

public class DataFolderTests
{
    private static readonly string Base = Path.GetTempPath();

    private static string At(params string[] parts) => Path.Combine([Base, .. parts]);

    private static DataEnvironment Surroundings(string? named) => new(named, [At("sys1"), At("sys2")], At("user"));

    [Fact]
    public void Places_NothingNamed_AreSystemThenUser() =>
        Assert.Equal([At("sys1", "x"), At("sys2", "x"), At("user", "x")], DataFolder.Places("x", null, Surroundings(null)));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Places_VariableEmpty_CountAsNotNamed(string value) =>
        Assert.Equal(At("user", "x"), DataFolder.Places("x", null, Surroundings(value))[^1]);

    [Fact]
    public void Places_VariableSet_PutItBeforeTheSystemAndInsteadOfTheUser() => Assert.Equal(
        [At("env", "x"), At("env"), At("sys1", "x"), At("sys2", "x")], DataFolder.Places("x", null, Surroundings(At("env"))));

    [Fact]
    public void Places_RootGiven_TakeItInsteadOfTheVariable() => Assert.Equal(
        [At("root", "x"), At("root"), At("sys1", "x"), At("sys2", "x")], DataFolder.Places("x", At("root"), Surroundings(At("env"))));

    [Fact]
    public void Target_GoesToTheFirstThatIsNamed()
    {
        Assert.Equal(At("root", "x"), DataFolder.Target("x", At("root"), Surroundings(At("env"))));
        Assert.Equal(At("env", "x"), DataFolder.Target("x", null, Surroundings(At("env"))));
        Assert.Equal(At("user", "x"), DataFolder.Target("x", null, Surroundings(null)));
    }

    [Fact]
    public void Roots_ThatBeginWithATilde_LieInTheHomeFolder()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal(Path.Combine(home, "data", "x"), DataFolder.Target("x", "~/data", Surroundings(null)));
        Assert.Equal(Path.Combine(home, "data", "x"), DataFolder.Target("x", null, Surroundings("~/data")));
        Assert.Equal(Path.Combine(home, "x"), DataFolder.Target("x", "~", Surroundings(null)));
        Assert.Equal(Path.Combine(home, "xdg", "dsd"), DataEnvironment.From(v => v == "XDG_DATA_HOME" ? "~/xdg" : null, At("local")).UserRoot);
        Assert.Equal(Path.Combine(home, "xdg", "dsd"), DataEnvironment.From(v => v == "XDG_CACHE_HOME" ? "~/xdg" : null, At("local")).CacheRoot);
        Assert.Equal(Path.GetFullPath(Path.Combine("~name", "x")), DataFolder.Target("x", "~name", Surroundings(null)));
    }

    [Fact]
    public void Target_RelativeRoot_IsMadeFull() => Assert.Equal(Path.GetFullPath(Path.Combine("data", "x")), DataFolder.Target("x", "data"));

    [Fact]
    public void Places_EmptyRoot_Throws() => Assert.Throws<ArgumentException>(() => DataFolder.Places("x", " "));

    [Fact]
    public void Target_AccountWithoutFolder_ThrowsUnlessARootIsNamed()
    {
        var homeless = DataEnvironment.From(_ => null, "");
        Assert.Contains(DataFolder.Variable, Assert.Throws<DsdException>(() => DataFolder.Target("x", null, homeless)).Message);
        Assert.Equal(At("root", "x"), DataFolder.Target("x", At("root"), homeless));
    }

    [Fact]
    public void UserRoot_FollowsXdgDataHomeOnlyIfItIsAbsolute()
    {
        Assert.Equal(At("local", "dsd"), DataEnvironment.From(_ => null, At("local")).UserRoot);
        Assert.Equal(At("xdg", "dsd"), DataEnvironment.From(v => v == "XDG_DATA_HOME" ? At("xdg") : null, At("local")).UserRoot);
        Assert.Equal(At("local", "dsd"), DataEnvironment.From(v => v == "XDG_DATA_HOME" ? "relative" : null, At("local")).UserRoot);
        Assert.Equal(At("local", "dsd"), DataEnvironment.From(v => v == "XDG_DATA_HOME" ? "" : null, At("local")).UserRoot);
    }
}
