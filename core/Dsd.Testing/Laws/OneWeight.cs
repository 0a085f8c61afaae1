using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>A network of one weight tensor, for which a session chooses a mask.</summary>
internal sealed class OneWeight : nn.Module
{
    /// <summary>The name of the weight.</summary>
    public const string Name = "weight";

    private OneWeight(Tensor weight)
        : base("one") => register_parameter(Name, new TorchSharp.Modules.Parameter(weight));

    /// <summary>Returns the mask that a session chooses for one layer of a case; null if the pattern does not fit it.</summary>
    public static BitMask? Choose(PatternCase c, Findings findings, MaskRule rule, IMaskPattern? own, float[] values, PatternGroups? groups = null)
    {
        var methods = own is null ? MaskMethods.None : MaskMethods.None.WithPattern(PatternLaws.Name, own);
        var schedule = new Schedule([new Phase("sparse", Duration.Steps(1), LearningRate.Constant(0.1), SparsityCurve.Constant(c.Sparsity), rule, LayerScope.Default.Prune("*"))]);
        using var layer = new OneWeight(LawDevice.Moved(tensor(values, [.. c.Dims]).clone(), c.Device));
        var shape = ModelInspection.ShapeOf(layer);
        if (groups is null && Plan.Check(schedule, shape, 1, methods).Count > 0)
        {
            return null;
        }

        // Groups that keep everything prune nothing, which a plan refuses.
        if (groups is not null && groups.Kept == groups.Weights)
        {
            return null;
        }

        BitMask? mask = null;
        _ = findings.Try(PatternLaws.Trains, "a mask", () =>
        {
            using var optimizer = optim.SGD(layer.parameters(), 0.1);
            using var session = new Session(Plan.Resolve(schedule, shape, 1, methods), layer, optimizer, methods: methods);
            _ = session.BeginStep();
            mask = session.Masks.Masks[Name];
        });
        return mask;
    }
}
