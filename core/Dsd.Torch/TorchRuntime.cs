using TorchSharp;

namespace Dsd.Torch;

/// <summary>Prepares the process for computing with TorchSharp: loads libtorch, works around its known faults and tunes its memory.</summary>
/// <remarks>
/// <para><see cref="Configure"/> is the only place where Dsd changes the process; <see cref="TorchRuntimeOptions"/> lists the changes.
/// Constructors of networks, tasks and sessions change nothing. Trainer, FairComparison and studies call it before they train, as do the
/// command and <c>scripts/dsd.fsx</c>; a custom training loop starts with it:</para>
/// <code>
/// TorchRuntime.Configure();
/// </code>
/// <para>Before that, only the hook of <see cref="TorchRuntimeOptions.NativeLoading"/> is in place, which does nothing until TorchSharp
/// fails to find its library.</para>
/// </remarks>
public static class TorchRuntime
{
    private static readonly Lock s_lock = new();
    private static volatile TorchRuntimeState? s_state;
    private static TorchRuntimeOptions? s_options;

    /// <summary>True if <see cref="Configure"/> was called and succeeded.</summary>
    public static bool IsConfigured => s_state is not null;

    /// <summary>The changes that are in effect, or null before <see cref="Configure"/>.</summary>
    public static TorchRuntimeState? State => s_state;

    /// <summary>Loads libtorch and makes the changes selected by the options, once per process.</summary>
    /// <remarks>
    /// The first call takes about half a second, later ones no time. Thread-safe. A matrix product computed earlier prevents
    /// <see cref="TorchRuntimeOptions.WideMkl"/>, so make it the first line of a program; <see cref="State"/> reports the outcome.
    /// </remarks>
    /// <param name="options">The options. Default null: those in effect, or at the first call <see cref="TorchRuntimeOptions.FromEnvironment"/>.</param>
    /// <exception cref="DsdException">
    /// libtorch cannot be loaded, the one that is named is missing, of an untried version or not the one that is loaded already, an
    /// environment variable has an invalid value, or other options are already in effect: most changes cannot be undone.
    /// </exception>
    public static void Configure(TorchRuntimeOptions? options = null)
    {
        if (s_state is not null && options is null)
        {
            return;
        }

        lock (s_lock)
        {
            if (s_state is null)
            {
                options ??= TorchRuntimeOptions.FromEnvironment();
                s_state = Apply(options);
                s_options = options;
            }
            else if (options is not null && options != s_options)
            {
                throw new DsdException($"The process was configured with other options: requested is {options}, in effect is {s_options}. Most of these changes cannot be undone. Make the call with options the first line of the program.");
            }
        }
    }

    /// <summary>Throws if the process is not configured, since results could be wrong or depend on what ran before.</summary>
    /// <param name="what">The operation, e.g. <c>"A session"</c>; the message starts with it.</param>
    /// <exception cref="DsdException"><see cref="Configure"/> was not called.</exception>
    public static void RequireConfigured(string what)
    {
        if (s_state is null)
        {
            throw new DsdException($"{what} needs a configured process: as it is, libtorch may compute convolutions wrong. Add Dsd.Torch.TorchRuntime.Configure(); as the first line of the program.");
        }
    }

    private static TorchRuntimeState Apply(TorchRuntimeOptions options)
    {
        if (options is { LibTorch: { } needless, NativeLoading: false })
        {
            throw new DsdException($"The option LibTorch is '{needless}', and NativeLoading, which loads it, is off. Switch NativeLoading on, or leave LibTorch out.");
        }

        var choice = options.LibTorch is { } named ? LibTorchChoice.Find(named, options.LibTorchAny) : null;
        var loading = NativeLoading.Load(options.NativeLoading, choice);
        var oneDnn = If(options.CheckedOneDnn, OneDnn.SwitchOff, "oneDNN computes all layers, unchecked");
        return new(
            loading,
            oneDnn,
            If(options.NoNnpack, OneDnn.SwitchNnpackOff, "NNPACK is as libtorch has it"),
            If(options.WideMkl, MklKernels.Widen, "MKL chooses its kernels by itself"),
            If(options.KeptMemory, FreedMemory.Keep, "the C library gives freed memory back"),
            If(options.KeptScalars, KeptScalars.Keep, "TorchSharp releases scalars as the collector finds them"),
            choice is null ? Intervention.NotApplicable($"none is named; TorchSharp found {LibTorchBuild.Used()?.ToString() ?? "one that nothing describes"}") : Intervention.Applied($"{choice.Build}"));
    }

    private static Intervention If(bool isOn, Func<Intervention> apply, string whatElse) => isOn ? apply() : new(InterventionStatus.Off, whatElse);
}
