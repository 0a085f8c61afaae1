using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Data;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Cli;

/// <summary>The JSON object printed by <c>--json</c>.</summary>
internal static class ResultJson
{
    public static string OfPlan(Experiment experiment, ValueList<DataProblem> problems, long seed, string? computation)
    {
        var node = Head(experiment);
        node["seed"] = seed;
        node["stepsPerEpoch"] = experiment.Arms[0].Plan.StepsPerEpoch;
        node["arms"] = new JsonArray([.. experiment.Arms.Select(arm => new JsonObject
        {
            ["name"] = arm.Name,
            ["steps"] = arm.Plan.TotalSteps,
            ["phases"] = new JsonArray([.. arm.Plan.Phases.Select(PlanOf)]),
        })]);
        if (computation is not null)
        {
            node["computation"] = computation;
        }

        node["dataProblems"] = Problems(problems);

        return node.ToJsonString(Json.Indented);
    }

    public static string OfResult(Experiment experiment, Comparison comparison, ValueList<(string Name, ValueList<MetricValue> Metrics)> baselines, string folder, double seconds, double stepsPerSecond)
    {
        var node = Head(experiment);
        var seed = experiment.Run.Seed;
        node["folder"] = Path.GetFullPath(folder);
        node["version"] = VersionOf(comparison);
        node["settings"] = SettingsOf(comparison);
        node["seed"] = seed;
        node["complete"] = comparison.IsComplete;
        node["seconds"] = Math.Round(seconds, 3);
        node["stepsPerSecond"] = Math.Round(stepsPerSecond, 3);
        node["metrics"] = new JsonArray([.. comparison.Runs.SelectMany(r => r.Evaluations.Concat(r.Phases.SelectMany(p => p.Evaluations))).SelectMany(e => e.Metrics).Select(m => m.Metric).Distinct().Select(Declaration)]);
        node["arms"] = new JsonArray([.. experiment.Arms.Zip(comparison.Runs).Select(a => ArmOf(a.First.Plan, a.Second))]);
        node["differences"] = new JsonArray([.. comparison.Differences().Select(DifferenceOf)]);
        node["computation"] = string.Join("; ", comparison.Runs.Select(r => r.Computation).Distinct());
        if (comparison.Runs.Select(r => r.Start?.Runtime).FirstOrDefault(r => r is not null) is { } runtime)
        {
            node["runtime"] = RuntimeOf(runtime);
        }

        node["dataProblems"] = Problems(comparison.DataProblems);
        if (baselines.Count > 0)
        {
            node["baselines"] = new JsonArray([.. baselines.Select(b => new JsonObject { ["name"] = b.Name, ["test"] = MetricsOf(b.Metrics) })]);
        }

        return node.ToJsonString(Json.Indented);
    }

    /// <summary>Writes a recorded run: its folder, version, settings, arms and differences.</summary>
    /// <param name="name">The name under which it is compared with others.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="run">Its arms.</param>
    public static JsonObject OfRun(string name, string folder, Comparison run) => new()
    {
        ["name"] = name,
        ["folder"] = Path.GetFullPath(folder),
        ["version"] = VersionOf(run),
        ["settings"] = SettingsOf(run),
        ["metric"] = Declaration(Metric.MainOf(run.Runs)),
        ["complete"] = run.IsComplete,
        ["arms"] = new JsonArray([.. run.Runs.Select(a => new JsonObject
        {
            ["name"] = a.Arm,
            ["outcome"] = a.End is { } end ? Json.Word(end.Outcome) : null,
            ["message"] = a.End?.Message,
            ["validation"] = MetricsOf(a.Validation),
            ["test"] = MetricsOf(a.Test),
        })]),
        ["differences"] = new JsonArray([.. run.Differences().Select(DifferenceOf)]),
    };

    private static string? VersionOf(Comparison run) => run.Runs.Select(a => a.Start?.Version).FirstOrDefault(v => v is not null);

    private static JsonObject? SettingsOf(Comparison run) => run.Runs.All(a => a.Start is null) ? null
        : new(RunSettings.Of(run).Select(s => KeyValuePair.Create(s.Key, (JsonNode?)JsonValue.Create(s.Value))));

    /// <summary>Writes the problems of the data, each with its count and the first names.</summary>
    public static JsonArray Problems(IEnumerable<DataProblem> problems) => new([.. problems.Select(p => new JsonObject
    {
        ["kind"] = Json.Word(p.Kind),
        ["split"] = p.Split is { } split ? Json.Word(split) : null,
        ["what"] = p.What,
        ["count"] = p.Count,
        ["examples"] = new JsonArray([.. p.Examples.Select(e => JsonValue.Create(e))]),
    })]);

    /// <summary>The changes to the process that were in effect, each with its status and what it does or why not.</summary>
    private static JsonObject RuntimeOf(TorchRuntimeState runtime) => new(runtime.Interventions().Select(i => KeyValuePair.Create(
        JsonNamingPolicy.CamelCase.ConvertName(i.Key),
        (JsonNode?)new JsonObject
        {
            ["status"] = JsonNamingPolicy.CamelCase.ConvertName(i.Value.Status.ToString()),
            ["reason"] = i.Value.Reason,
        })));

    private static JsonObject Head(Experiment experiment)
    {
        var node = new JsonObject
        {
            ["model"] = experiment.Model.Name,
            ["data"] = experiment.Data.Name,
            ["batch"] = experiment.Config.Batch,
            ["trainExamples"] = experiment.Config.TrainLimit ?? experiment.Data.TrainExamples,
        };
        if (experiment.Config.LabelNoise is { } noise)
        {
            node["labelNoise"] = new JsonObject { ["fraction"] = noise.Fraction, ["seed"] = noise.Seed ?? experiment.Run.Seed };
        }

        if (experiment.Config.Redraw != Redraw.None)
        {
            node["redraw"] = Json.Word(experiment.Config.Redraw);
        }

        return node;
    }

    private static JsonObject PlanOf(PlannedPhase phase)
    {
        var last = Math.Max(0, phase.Updates - 1);
        var node = new JsonObject
        {
            ["name"] = phase.Phase.Name,
            ["firstStep"] = phase.FirstStep,
            ["steps"] = phase.Steps,
            ["rate"] = phase.Phase.Rate.ToString(),
            ["sparsity"] = NominalSparsity(phase),
            ["layers"] = new JsonArray([.. phase.Layers.Select(l => LayerOf(phase, l, last))]),
        };
        if (!phase.IsDense)
        {
            node["mask"] = phase.Phase.MaskText;
        }

        if (phase.Phase.Rewind is { } rewind)
        {
            node["rewind"] = rewind.ToString();
        }

        if (phase.Updates > 1)
        {
            node["updates"] = UpdatesOf(phase, phase.Update.IntervalSteps!.Value);
        }

        return node;
    }

    private static JsonObject LayerOf(PlannedPhase phase, PlannedLayer layer, long update)
    {
        var node = new JsonObject
        {
            ["name"] = layer.Parameter,
            ["weights"] = layer.Weights,
            ["kept"] = phase.KeptAt(layer, update),
            ["rule"] = layer.Rule,
        };
        if (layer.IsOpen)
        {
            node["keptAtLeast"] = phase.LeastKeptAt(layer, update);
        }

        return node;
    }

    /// <summary>Writes the times at which masks are chosen, and what a few of them exchange, and prune of a ramp.</summary>
    private static JsonObject UpdatesOf(PlannedPhase phase, long interval)
    {
        var node = new JsonObject { ["count"] = phase.Updates, ["everySteps"] = interval, ["lastStep"] = phase.FirstStep + (interval * (phase.Updates - 1)) };
        if (phase.Update is { Policy: not null, Fraction: > 0 })
        {
            node["exchanged"] = new JsonArray([.. MaskTable.Few(1, phase.Updates, 3).Select(u => JsonValue.Create(phase.Update.FractionAt(u * interval, phase.Steps)))]);
        }

        if (phase.Phase.Sparsity.Shape != CurveShape.Constant)
        {
            node["sparsity"] = new JsonArray([.. MaskTable.Few(0, phase.Updates, 5).Select(u => JsonValue.Create(phase.Phase.Sparsity.At(u, phase.Updates).Value))]);
        }

        return node;
    }

    private static JsonObject ArmOf(Plan plan, RunRecord run) => new()
    {
        ["name"] = run.Arm,
        ["outcome"] = Json.Word(run.End?.Outcome ?? RunOutcome.Failed),
        ["message"] = run.End?.Message,
        ["test"] = MetricsOf(run.Test),
        ["phases"] = new JsonArray([.. run.Phases.Select(p => new JsonObject
        {
            ["name"] = p.Start.Name,
            ["steps"] = p.End?.Step - p.Start.Step,
            ["rate"] = plan.Phases[p.Start.Phase].Phase.Rate.ToString(),
            ["sparsity"] = NominalSparsity(plan.Phases[p.Start.Phase]),
            ["validation"] = MetricsOf(p.Last(DataSplit.Validation)),
            ["layers"] = p.End is not { } end ? null : new JsonArray([.. end.Layers.Select(l => new JsonObject
            {
                ["name"] = l.Parameter,
                ["weights"] = l.Weights,
                ["kept"] = l.Kept,
            })]),
        })]),
    };

    /// <summary>Writes the declaration of a metric.</summary>
    public static JsonObject Declaration(Metric metric) => new()
    {
        ["name"] = metric.Name,
        ["goal"] = Json.Word(metric.Goal),
        ["scale"] = Json.Word(metric.Scale),
        ["unit"] = metric.Unit,
        ["meanOverExamples"] = metric.IsMeanOverExamples,
    };

    /// <summary>Writes a difference on test, with an interval over the choice of examples, not over seeds.</summary>
    private static JsonObject DifferenceOf(ArmDifference difference) => new()
    {
        ["first"] = difference.First,
        ["other"] = difference.Other,
        ["metric"] = difference.Metric.Name,
        ["value"] = difference.Value,
        ["examples"] = difference.Examples > 0 ? difference.Examples : null,
        ["intervalOver"] = difference.Interval is null ? null : "examples",
        ["method"] = difference.Interval is null ? null : difference.Method,
        ["low"] = difference.Interval?.Low,
        ["high"] = difference.Interval?.High,
        ["withoutInterval"] = difference.WithoutInterval,
        ["firstOnly"] = difference.Proportions?.FirstOnly,
        ["otherOnly"] = difference.Proportions?.SecondOnly,
        ["pMcNemar"] = difference.Proportions?.McNemarPValue,
    };

    private static double NominalSparsity(PlannedPhase phase) => phase.IsDense ? 0 : phase.Phase.Sparsity.To.Value;

    public static JsonObject? MetricsOf(Evaluated? evaluated) => evaluated is null ? null : MetricsOf(evaluated.Metrics);

    private static JsonObject MetricsOf(ValueList<MetricValue> metrics) => new(metrics.Select(m => KeyValuePair.Create(
        m.Name,
        (JsonNode?)(double.IsFinite(m.Value) ? JsonValue.Create(m.Value) : JsonValue.Create(m.Value.ToString(CultureInfo.InvariantCulture))))));
}
