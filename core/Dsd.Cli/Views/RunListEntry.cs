using System.Globalization;
using System.Text.Json.Nodes;
using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>A run or a study in a list.</summary>
internal sealed class RunListEntry
{
    private readonly RunSummary? _run;
    private readonly StudySummary? _study;

    public RunListEntry(string name, RunSummary run)
    {
        (Name, _run) = (name, run);
        (Network, Data, State, Problem) = (run.Start?.Model, run.Start?.Data, run.State, run.Problem);
        if (run.Arms.Count > 0 && run.Arms[0].Arm == run.First)
        {
            Metric = run.Metric;
            Value = Metric.In(run.Arms[0].Test);
            Difference = Value - Metric.In(run.Arms[^1].Test) is { } value && run.Arms.Count > 1 ? (run.Arms[0].Arm, run.Arms[^1].Arm, value) : null;
        }

        Started = run.Start?.Time;
    }

    public RunListEntry(string name, StudySummary study)
    {
        (Name, _study) = (name, study);
        (Network, Data, State, Problem) = (study.Study?.Config.Network, study.Study?.Config.Data, study.State, study.Problem);
        (Metric, Value) = (study.Metric, study.Mean);
        Difference = study is { Difference: { } difference, Study: { } of } ? (of.Arms[0].Name, of.Arms[1].Name, difference.Differences.Mean) : null;
        Started = study.Time;
    }

    /// <summary>The path from the listed folder.</summary>
    public string Name { get; }

    /// <summary>The network; null if unknown.</summary>
    public string? Network { get; }

    /// <summary>The data set; null if unknown.</summary>
    public string? Data { get; }

    /// <summary>The state.</summary>
    public RunState State { get; }

    /// <summary>The reason why it cannot be read; null if it can.</summary>
    public string? Problem { get; }

    /// <summary>The main metric; null if it was not measured.</summary>
    public Metric? Metric { get; }

    /// <summary>The first arm's value on test, of a study the mean over seeds; null if it was not measured.</summary>
    public double? Value { get; }

    /// <summary>The first arm less the last of a run, or less the second of a study; null if there is none.</summary>
    public (string First, string Other, double Value)? Difference { get; }

    /// <summary>The time of the start, or of a study's judgement; null if unknown.</summary>
    public DateTimeOffset? Started { get; }

    /// <summary>The state and how far it is, e.g. <c>"stopped, step 1,200"</c> or <c>"running, 12 of 40 trials"</c>.</summary>
    public string StateText => (State, _run, _study) switch
    {
        (RunState.Damaged, _, _) => "damaged",
        (_, _, { } study) => string.Create(CultureInfo.InvariantCulture, $"{Json.Word(State)}, {study.Done:N0}{(study.Trials is { } all && all != study.Done ? $" of {all:N0}" : "")} trial{(study.Trials == 1 ? "" : "s")}"),
        (RunState.Complete, _, _) => "complete",
        (_, { } run, _) => string.Create(CultureInfo.InvariantCulture, $"{Json.Word(State)}, step {run.Step:N0}"),
        _ => Json.Word(State),
    };

    public JsonObject ToNode() => new()
    {
        ["name"] = Name,
        ["folder"] = Path.GetFullPath(_run?.Path ?? _study!.Path),
        ["kind"] = _run is null ? "study" : "run",
        ["network"] = Network,
        ["data"] = Data,
        ["seeds"] = _run is null ? _study!.Study is { } study ? new JsonArray([.. study.Seeds.Select(s => JsonValue.Create(s))]) : null : _run.Start is { } start ? new JsonArray(JsonValue.Create(start.Seed)) : null,
        ["state"] = Json.Word(State),
        ["step"] = _run?.Step,
        ["trials"] = _study?.Done,
        ["planned"] = _study?.Trials,
        ["metric"] = Metric is null ? null : ResultJson.Declaration(Metric),
        ["value"] = Number(Value),
        ["arms"] = _run is null ? null : new JsonArray([.. _run.Arms.Select(a => new JsonObject
        {
            ["name"] = a.Arm,
            ["outcome"] = a.End is { } end ? Json.Word(end.Outcome) : null,
            ["validation"] = ResultJson.MetricsOf(a.Evaluations.FirstOrDefault(e => e.Split == DataSplit.Validation)),
            ["test"] = ResultJson.MetricsOf(a.Test),
        })]),
        ["difference"] = DifferenceNode(),
        ["started"] = Started?.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
        ["version"] = _run?.Start?.Version,
        ["problem"] = Problem,
    };

    private JsonObject? DifferenceNode()
    {
        if (Difference is not var (first, other, value))
        {
            return null;
        }

        var interval = _run is null ? _study!.Difference!.Interval : _run.Difference()?.Interval;
        return new()
        {
            ["first"] = first,
            ["other"] = other,
            ["value"] = Number(value),
            ["low"] = Number(interval?.Low),
            ["high"] = Number(interval?.High),
            ["intervalOver"] = interval is null ? null : _run is null ? "seeds" : "examples",
        };
    }

    private static JsonValue? Number(double? value) => value is { } v && double.IsFinite(v) ? JsonValue.Create(v) : null;
}
