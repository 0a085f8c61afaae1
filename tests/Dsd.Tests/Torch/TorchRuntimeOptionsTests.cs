using System.Reflection;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

public sealed class TorchRuntimeOptionsTests
{
    private static readonly string[] s_names = ["NativeLoading", "CheckedOneDnn", "NoNnpack", "WideMkl", "KeptMemory", "KeptScalars"];

    [Fact]
    public void Options_ByDefault_AreAllOn()
    {
        Assert.All(s_names, n => Assert.True(Value(new TorchRuntimeOptions(), n)));
        Assert.Equal("all on", new TorchRuntimeOptions().ToString());
        Assert.Equal([.. s_names, "LibTorch", "LibTorchAny"], typeof(TorchRuntimeOptions).GetProperties().Select(p => p.Name));
        Assert.Equal([.. s_names, "LibTorch"], typeof(TorchRuntimeState).GetProperties().Select(p => p.Name).Where(n => n != nameof(TorchRuntimeState.CollectionPause)));
    }

    [Fact]
    public void With_EachOption_ChangesThatOneAlone() => Assert.All(s_names, name =>
    {
        var changed = (TorchRuntimeOptions)typeof(TorchRuntimeOptions).GetMethod($"With{name}")!.Invoke(new TorchRuntimeOptions(), [false])!;
        Assert.All(s_names, n => Assert.Equal(n != name, Value(changed, n)));
        Assert.Equal($"off: {name}", changed.ToString());
    });

    [Theory]
    [InlineData("NATIVE_LOADING", "NativeLoading")]
    [InlineData("CHECKED_ONEDNN", "CheckedOneDnn")]
    [InlineData("NO_NNPACK", "NoNnpack")]
    [InlineData("WIDE_MKL", "WideMkl")]
    [InlineData("KEPT_MEMORY", "KeptMemory")]
    [InlineData("KEPT_SCALARS", "KeptScalars")]
    public void FromEnvironment_AVariable_SwitchesItsOptionAlone(string variable, string name)
    {
        foreach (var (value, on) in new[] { ("0", false), ("off", false), ("False", false), ("1", true), ("ON", true), ("true", true), ("", true) })
        {
            With(() => Assert.All(s_names, n => Assert.Equal(n != name || on, Value(TorchRuntimeOptions.FromEnvironment(), n))), ($"DSD_{variable}", value));
        }
    }

    [Fact]
    public void LibTorch_IsOfTheEnvironmentOrGiven()
    {
        Assert.Null(new TorchRuntimeOptions().LibTorch);
        Assert.False(TorchRuntimeOptions.FromEnvironment().LibTorchAny);
        With(() => Assert.Equal(new TorchRuntimeOptions(libTorch: "pytorch", libTorchAny: true), TorchRuntimeOptions.FromEnvironment()), ("DSD_LIBTORCH", "pytorch"), ("DSD_LIBTORCH_ANY", "on"));
        With(() => Assert.Equal(new TorchRuntimeOptions(), TorchRuntimeOptions.FromEnvironment()), ("DSD_LIBTORCH", ""), ("DSD_LIBTORCH_ANY", "0"));
        With(() => Assert.Throws<DsdException>(TorchRuntimeOptions.FromEnvironment), ("DSD_LIBTORCH_ANY", "maybe"));

        Assert.Equal("off: WideMkl; libtorch '/opt/libtorch'; any libtorch", $"{new TorchRuntimeOptions().WithWideMkl(false).WithLibTorch("/opt/libtorch").WithLibTorchAny(true)}");
        Assert.Equal(new TorchRuntimeOptions(), new TorchRuntimeOptions(libTorch: "x").WithLibTorch(null));
        Assert.Equal("LibTorch is ' '. Give 'pytorch', the path of a folder, or null for TorchSharp's own.", Assert.Throws<DsdException>(() => new TorchRuntimeOptions().WithLibTorch(" ")).Message);
    }

    [Fact]
    public void FromEnvironment_OtherValues_AreAllNamedAtOnce() => With(
        () =>
        {
            var message = Assert.Throws<DsdException>(TorchRuntimeOptions.FromEnvironment).Message;
            Assert.Equal("The environment variable DSD_WIDE_MKL is 'no'; The environment variable DSD_KEPT_MEMORY is '2'. Use 1, on or true, or 0, off or false, or unset it.", message);
        },
        ("DSD_WIDE_MKL", "no"),
        ("DSD_KEPT_MEMORY", "2"));

    [Fact]
    public void Configure_AgainWithTheSameOptions_DoesNothing_WithOthers_SaysWhichAreInEffect()
    {
        TorchRuntime.Configure();
        var state = TorchRuntime.State;
        TorchRuntime.Configure();
        TorchRuntime.Configure(TorchRuntimeOptions.FromEnvironment());
        Assert.Same(state, TorchRuntime.State);
        var message = Assert.Throws<DsdException>(() => TorchRuntime.Configure(new TorchRuntimeOptions(wideMkl: false))).Message;
        Assert.Contains("requested is off: WideMkl, in effect is all on", message, StringComparison.Ordinal);
        Assert.Same(state, TorchRuntime.State);
        TorchRuntime.RequireConfigured("A test");
    }

    private static bool Value(TorchRuntimeOptions options, string name) => (bool)typeof(TorchRuntimeOptions).GetProperty(name, BindingFlags.Public | BindingFlags.Instance)!.GetValue(options)!;

    private static void With(Action act, params (string Name, string Value)[] variables)
    {
        foreach (var (name, value) in variables)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        try
        {
            act();
        }
        finally
        {
            foreach (var (name, _) in variables)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }
}
