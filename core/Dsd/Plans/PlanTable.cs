using System.Globalization;
using System.Text;

namespace Dsd.Plans;

/// <summary>Writes a plan as Markdown tables that also read well as plain text.</summary>
internal static class PlanTable
{
    /// <summary>Writes all tables of a plan as Markdown.</summary>
    public static string Write(Plan plan)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Plan: {Some(plan.Phases.Count, "phase")}, {Some(plan.TotalSteps, "step")}, {plan.StepsPerEpoch:N0} an epoch; {plan.Shape.Count:N0} parameters, {plan.Phases[0].Layers.Sum(l => l.Weights):N0} of them weights.\n\n");
        foreach (var (heading, table, note) in All(plan))
        {
            text.Append(heading is null ? "" : $"\n{TextTable.Escape(heading)}:\n\n").Append(table);
            text.Append(note is null ? "" : $"\n{TextTable.Escape(note)}\n");
        }

        return text.ToString();
    }

    /// <summary>Lists the table of phases, one of masks for all phases with the same that are more than chosen once, then one table of layers for all sparse phases that treat every layer alike.</summary>
    public static IEnumerable<(string? Heading, TextTable Table, string? Note)> All(Plan plan) =>
    [
        (null, Phases(plan), Returns(plan)),
        .. MaskTable.All(plan),
        .. plan.Phases
            .Where(p => !p.IsDense)
            .GroupBy(p => LayerTable(p) + Idle(p))
            .Select(same => ((string?)LayersIn([.. same]), LayerTable(same.First()), Idle(same.First()))),
    ];

    private static TextTable Phases(Plan plan)
    {
        var table = new TextTable("phase", "duration", ">first step", ">steps", "rate", "sparsity", ">weights kept", "mask");
        foreach (var p in plan.Phases)
        {
            table.Row(
                p.Phase.Name,
                p.Phase.Duration.ToString(),
                Number(p.FirstStep),
                Number(p.Steps),
                p.Phase.Rate.Course(p.Phase.Duration),
                p.IsDense ? "0" : (p.Phase.Mask.Criterion.DecidesCount ? "≤ " : "") + p.Phase.Sparsity,
                p.IsDense ? Number(p.Layers.Sum(l => l.Weights)) : Least(p) + Number(p.TotalKeptAt(p.Updates - 1)),
                p.IsDense ? "none" : MaskTable.InShort(p));
        }

        return table;
    }

    private static string? Returns(Plan plan)
    {
        var returns = plan.Phases.Where(p => p.Phase.Rewind is not null).GroupBy(p => p.Phase.Rewind!.ToString(), p => $"'{p.Phase.Name}'").ToList();
        return returns.Count == 0 ? null : $"On entry, weights are {string.Join("; ", returns.Select(r => $"{r.Key} in {string.Join(", ", r)}"))}.";
    }

    /// <summary>The sign before a count that is only known to be no less.</summary>
    private static string Least(PlannedPhase phase) => phase.Layers.Any(l => l.IsOpen) ? "≥ " : "";

    private static string LayersIn(IReadOnlyList<PlannedPhase> phases) =>
        $"Layers {(phases.Any(p => p.Updates > 1) ? "at the end of" : "in")} {string.Join(", ", phases.Select(p => $"'{p.Phase.Name}'").Distinct())}";

    private static string? Idle(PlannedPhase phase)
    {
        var idle = string.Join(", ", phase.IdleRules.Select(r => $"'{r}'"));
        return idle.Length == 0 ? null : $"Decide nothing, since later rules take their layers or these stay dense anyway: {idle}.";
    }

    private static TextTable LayerTable(PlannedPhase phase)
    {
        var last = phase.Updates - 1;
        var table = new TextTable("layer", "shape", ">weights", "sparsity", ">kept", "decided by");
        foreach (var layer in phase.Layers)
        {
            table.Row(
                layer.Parameter,
                layer.Dims,
                Number(layer.Weights),
                layer.Sparsity is null ? "0"
                    : layer.IsGlobal ? "pooled"
                    : layer.GivenKept is { } given ? Fraction(given, layer.Weights)
                    : (layer.IsOpen ? "≤ " : "") + layer.Sparsity,
                phase.KeptAt(layer, last) is { } kept ? Number(kept) : layer.IsOpen ? $"≥ {Number(phase.LeastKeptAt(layer, last))}" : "pooled",
                layer.Rule);
        }

        var pooled = phase.Layers.Where(l => l.IsGlobal).Sum(l => l.Weights);
        if (pooled > 0)
        {
            table.Row("pooled", "", Number(pooled), phase.Phase.Sparsity.ToString(), Number(phase.GlobalKeptAt(last)), "one ranking for all pooled layers");
        }

        if (phase.Layers.Where(l => l.IsDistributed).ToList() is { Count: > 0 } shared)
        {
            var (all, kept) = (shared.Sum(l => l.Weights), shared.Sum(l => phase.KeptAt(l, last) ?? phase.LeastKeptAt(l, last)));
            table.Row("distributed", "", Number(all), (Least(phase).Length > 0 ? "≤ " : "") + phase.Phase.Sparsity, Least(phase) + Number(kept), $"{phase.Phase.Mask.Distribution}: the levels of all layers without one of their own");
        }

        var weights = phase.Layers.Sum(l => l.Weights);
        var keptInAll = phase.TotalKeptAt(last);
        table.Row("all", "", Number(weights), (Least(phase).Length > 0 ? "≤ " : "") + Fraction(keptInAll, weights), Least(phase) + Number(keptInAll), "");
        return table;
    }

    private static string Fraction(long kept, long weights) => (1 - ((double)kept / Math.Max(1, weights))).ToString("0.####", CultureInfo.InvariantCulture);

    private static string Some(long count, string what) => $"{Number(count)} {what}{(count == 1 ? "" : "s")}";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
