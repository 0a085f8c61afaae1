using System.Runtime.InteropServices;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Counts and histograms of a model's current weights.</summary>
internal static class WeightCensus
{
    /// <summary>Returns the histograms of every weight tensor of the network, pruned or not, so that arms can be compared side by side.</summary>
    public static ValueList<WeightHistogram> Histograms(PlannedPhase phase, IReadOnlyDictionary<string, Parameter> parameters) => phase.Layers
        .Select(l => Read(parameters[l.Parameter], values => WeightHistogram.Of(l.Parameter, values)))
        .ToValueList();

    /// <summary>Returns the counts of every weight tensor of the network.</summary>
    public static ValueList<LayerCount> Counts(PlannedPhase phase, IReadOnlyDictionary<string, Parameter> parameters, MaskSet masks) => phase.Layers
        .Select(l => new LayerCount(
            l.Parameter,
            l.Weights,
            masks.Masks.GetValueOrDefault(l.Parameter)?.Kept ?? l.Weights,
            NonZero(parameters[l.Parameter])))
        .ToValueList();

    private static long NonZero(Parameter parameter)
    {
        if (parameter.device_type == TorchSharp.DeviceType.CPU)
        {
            return Read(parameter, values => (long)values.Length - values.Count(0f));
        }

        // One number crosses to the host instead of all weights.
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return parameter.detach().to(ScalarType.Float32).ne(0).sum().item<long>();
    }

    private static T Read<T>(Parameter parameter, Func<ReadOnlySpan<float>, T> read)
    {
        if (parameter.numel() == 0)
        {
            return read([]);
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return read(MemoryMarshal.Cast<byte, float>(parameter.detach().to(ScalarType.Float32).cpu().contiguous().bytes));
    }
}
