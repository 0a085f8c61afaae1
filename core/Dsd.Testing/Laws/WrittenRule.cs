using System.Text.Json;
using Dsd.Masks;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>A mask rule as a schedule's file has it: units and given masks are read from there, and what they mean is computed anew.</summary>
/// <param name="rule">The rule.</param>
internal sealed class WrittenRule(MaskRule rule)
{
    private readonly JsonElement _mask = Mask(rule);

    /// <summary>The units of the pattern; null if it has none.</summary>
    public UnitPattern? Units => rule.Pattern != MaskPattern.Element && _mask.GetProperty("pattern").EnumerateObject().First() is { Name: not ("nOfM" or "custom") } written ? UnitPattern.Of(written.Name, written.Value) : null;

    /// <summary>Returns the mask of a parameter that the phase is to have exactly; null if the rule names none.</summary>
    public BitMask? Given(MaskMethods methods, string parameter, BitMask previous) =>
        rule.Criterion.Masks is null ? null : Of(_mask.GetProperty("criterion").GetProperty("given"), methods, parameter, previous);

    /// <summary>Returns the mask of a parameter within which the rule chooses; null if it chooses among all weights.</summary>
    public BitMask? Within(MaskMethods methods, string parameter, BitMask previous) =>
        rule.Within is null ? null : Of(_mask.GetProperty("within"), methods, parameter, previous);

    private static BitMask Of(JsonElement masks, MaskMethods methods, string parameter, BitMask previous)
    {
        if (masks.ValueKind == JsonValueKind.String)
        {
            return previous;
        }

        var written = masks.EnumerateObject().First();
        if (written.Name == "named")
        {
            return methods.Masks[written.Value.GetString()!][parameter];
        }

        var parts = written.Value.EnumerateArray().Select(part => Of(part, methods, parameter, previous)).ToList();
        return BitMask.Of(TorchSharp.torch.tensor([.. Enumerable.Range(0, (int)parts[0].Count).Select(i => written.Name == "and" ? parts.TrueForAll(p => p[i]) : parts.Exists(p => p[i]))]));
    }

    private static JsonElement Mask(MaskRule rule)
    {
        // Of the default rule a phase writes nothing.
        if (rule == MaskRule.Default)
        {
            return default;
        }

        using var schedule = JsonDocument.Parse(new Schedule([new Phase("sparse", Duration.Steps(1), LearningRate.Constant(1), mask: rule)]).ToJson());
        return schedule.RootElement.GetProperty("phases")[0].GetProperty("mask").Clone();
    }
}
