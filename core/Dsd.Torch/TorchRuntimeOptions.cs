namespace Dsd.Torch;

/// <summary>Options for the changes that <see cref="TorchRuntime.Configure"/> makes to the process, each on by default, and the libtorch that it loads.</summary>
/// <remarks>
/// Each change has an environment variable, read by <see cref="FromEnvironment"/>: <c>0</c>, <c>off</c> or <c>false</c> switches it off,
/// <c>1</c>, <c>on</c> or <c>true</c> on. <see cref="CheckedOneDnn"/> and <see cref="WideMkl"/> can change the last digits of a run.
/// </remarks>
public sealed record TorchRuntimeOptions
{
    private const string Prefix = "DSD_";

    /// <summary>Creates options.</summary>
    /// <param name="nativeLoading">See <see cref="NativeLoading"/>. Default true.</param>
    /// <param name="checkedOneDnn">See <see cref="CheckedOneDnn"/>. Default true.</param>
    /// <param name="noNnpack">See <see cref="NoNnpack"/>. Default true.</param>
    /// <param name="wideMkl">See <see cref="WideMkl"/>. Default true.</param>
    /// <param name="keptMemory">See <see cref="KeptMemory"/>. Default true.</param>
    /// <param name="keptScalars">See <see cref="KeptScalars"/>. Default true.</param>
    /// <param name="libTorch">See <see cref="LibTorch"/>. Default null.</param>
    /// <param name="libTorchAny">See <see cref="LibTorchAny"/>. Default false.</param>
    /// <exception cref="DsdException"><paramref name="libTorch"/> is blank.</exception>
    public TorchRuntimeOptions(
        bool nativeLoading = true,
        bool checkedOneDnn = true,
        bool noNnpack = true,
        bool wideMkl = true,
        bool keptMemory = true,
        bool keptScalars = true,
        string? libTorch = null,
        bool libTorchAny = false)
    {
        NativeLoading = nativeLoading;
        CheckedOneDnn = checkedOneDnn;
        NoNnpack = noNnpack;
        WideMkl = wideMkl;
        KeptMemory = keptMemory;
        KeptScalars = keptScalars;
        LibTorch = libTorch;
        LibTorchAny = libTorchAny;
    }

    /// <summary>
    /// Loads libtorch where TorchSharp does not find or cannot load it: in scripts and notebooks from NuGet's folders, and on Linux x64
    /// with a C++ runtime older than GCC 13's from a copy, kept in the user's cache, that this runtime can load. <c>DSD_NATIVE_LOADING</c>.
    /// </summary>
    /// <remarks>Its hook is installed as soon as an assembly of Dsd is used, since a first failure of TorchSharp is permanent; it acts only if TorchSharp's own search fails.</remarks>
    public bool NativeLoading { get; private init; }

    /// <summary>
    /// Switches oneDNN off on Linux x64, except for layers of a training step that passed a check, since the one in libtorch 2.10
    /// computes some convolutions wrong. Without it oneDNN is used unchecked, as TorchSharp does. <c>DSD_CHECKED_ONEDNN</c>.
    /// </summary>
    public bool CheckedOneDnn { get; private init; }

    /// <summary>Switches NNPACK off where <see cref="CheckedOneDnn"/> acts: libtorch would use it next, and it prints a warning for every convolution on processors it does not know. <c>DSD_NO_NNPACK</c>.</summary>
    public bool NoNnpack { get; private init; }

    /// <summary>Lets MKL multiply matrices with 512-bit vectors on processors not made by Intel, on Linux x64; it must be set before the first product. <c>DSD_WIDE_MKL</c>.</summary>
    public bool WideMkl { get; private init; }

    /// <summary>Makes the GNU C library keep freed memory, in blocks of up to 1 GB, instead of returning it to the system at every layer. <c>DSD_KEPT_MEMORY</c>.</summary>
    public bool KeptMemory { get; private init; }

    /// <summary>
    /// Keeps TorchSharp's scalars for two seconds after their last use, since TorchSharp 0.107 does not keep alive those that a native call
    /// reads and a garbage collection on another thread may release one in use. <c>DSD_KEPT_SCALARS</c>.
    /// </summary>
    /// <remarks>To see that it is in effect, <see cref="TorchRuntime.Configure"/> collects garbage and waits for finalizers, once.</remarks>
    public bool KeptScalars { get; private init; }

    /// <summary>
    /// The libtorch to load instead of TorchSharp's, on Linux: <c>"pytorch"</c> for that of an installed PyTorch, which <c>python3</c> or
    /// <c>python</c> of the PATH finds, or the path of the folder that has libtorch_cpu.so, of one above (a libtorch, PyTorch's package) or
    /// of Python's packages. Null for TorchSharp's. <c>DSD_LIBTORCH</c>.
    /// </summary>
    /// <remarks>Releases 2.10 and 2.11 are accepted. The folder is trusted as it is named. It needs <see cref="NativeLoading"/>.</remarks>
    public string? LibTorch
    {
        get;
        private init => field = value is null || !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new DsdException($"LibTorch is '{value}'. Give '{LibTorchChoice.PyTorch}', the path of a folder, or null for TorchSharp's own.");
    }

    /// <summary>Accepts a <see cref="LibTorch"/> of any version: one that TorchSharp's library was not tried with can end the process or compute wrong numbers. <c>DSD_LIBTORCH_ANY</c>, off by default.</summary>
    public bool LibTorchAny { get; private init; }

    /// <summary>Reads the options from the environment variables; changes whose variable is not set are on.</summary>
    /// <exception cref="DsdException">A variable has an invalid value; the message lists all of them.</exception>
    public static TorchRuntimeOptions FromEnvironment()
    {
        var problems = new List<string>();
        var options = new TorchRuntimeOptions(
            Read("NATIVE_LOADING", problems),
            Read("CHECKED_ONEDNN", problems),
            Read("NO_NNPACK", problems),
            Read("WIDE_MKL", problems),
            Read("KEPT_MEMORY", problems),
            Read("KEPT_SCALARS", problems),
            LibTorchChoice.IsNamed ? Environment.GetEnvironmentVariable(LibTorchChoice.Variable) : null,
            Read("LIBTORCH_ANY", problems, unset: false));
        return problems.Count == 0 ? options : throw new DsdException($"{string.Join("; ", problems)}. Use 1, on or true, or 0, off or false, or unset it.");
    }

    /// <summary>Copies these options with another <see cref="NativeLoading"/>.</summary>
    /// <param name="nativeLoading">True to switch it on.</param>
    public TorchRuntimeOptions WithNativeLoading(bool nativeLoading) => this with { NativeLoading = nativeLoading };

    /// <summary>Copies these options with another <see cref="CheckedOneDnn"/>.</summary>
    /// <param name="checkedOneDnn">True to switch it on.</param>
    public TorchRuntimeOptions WithCheckedOneDnn(bool checkedOneDnn) => this with { CheckedOneDnn = checkedOneDnn };

    /// <summary>Copies these options with another <see cref="NoNnpack"/>.</summary>
    /// <param name="noNnpack">True to switch it on.</param>
    public TorchRuntimeOptions WithNoNnpack(bool noNnpack) => this with { NoNnpack = noNnpack };

    /// <summary>Copies these options with another <see cref="WideMkl"/>.</summary>
    /// <param name="wideMkl">True to switch it on.</param>
    public TorchRuntimeOptions WithWideMkl(bool wideMkl) => this with { WideMkl = wideMkl };

    /// <summary>Copies these options with another <see cref="KeptMemory"/>.</summary>
    /// <param name="keptMemory">True to switch it on.</param>
    public TorchRuntimeOptions WithKeptMemory(bool keptMemory) => this with { KeptMemory = keptMemory };

    /// <summary>Copies these options with another <see cref="KeptScalars"/>.</summary>
    /// <param name="keptScalars">True to switch it on.</param>
    public TorchRuntimeOptions WithKeptScalars(bool keptScalars) => this with { KeptScalars = keptScalars };

    /// <summary>Copies these options with another <see cref="LibTorch"/>.</summary>
    /// <param name="libTorch"><c>"pytorch"</c>, the path of a folder, or null for TorchSharp's own.</param>
    /// <exception cref="DsdException">It is blank.</exception>
    public TorchRuntimeOptions WithLibTorch(string? libTorch) => this with { LibTorch = libTorch };

    /// <summary>Copies these options with another <see cref="LibTorchAny"/>.</summary>
    /// <param name="libTorchAny">True to accept any version.</param>
    public TorchRuntimeOptions WithLibTorchAny(bool libTorchAny) => this with { LibTorchAny = libTorchAny };

    /// <summary>Lists the changes that are off and the libtorch that is named, e.g. <c>"all on"</c> or <c>"off: WideMkl; libtorch 'pytorch'"</c>.</summary>
    public override string ToString()
    {
        (string Name, bool On)[] all =
        [
            (nameof(NativeLoading), NativeLoading), (nameof(CheckedOneDnn), CheckedOneDnn), (nameof(NoNnpack), NoNnpack),
            (nameof(WideMkl), WideMkl), (nameof(KeptMemory), KeptMemory), (nameof(KeptScalars), KeptScalars),
        ];
        var off = all.Where(o => !o.On).Select(o => o.Name).ToList();
        return (off.Count == 0 ? "all on" : $"off: {string.Join(", ", off)}")
            + (LibTorch is null ? "" : $"; libtorch '{LibTorch}'")
            + (LibTorchAny ? "; any libtorch" : "");
    }

    private static bool Read(string name, List<string> problems, bool unset = true)
    {
        var value = Environment.GetEnvironmentVariable(Prefix + name);
        if (EnvironmentSwitch.Parse(value, unset) is { } on)
        {
            return on;
        }

        problems.Add($"The environment variable {Prefix}{name} is '{value}'");
        return unset;
    }
}
