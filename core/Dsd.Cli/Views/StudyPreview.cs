using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>The output of <c>dsd study</c>: a plan with its cost and power, and results as JSON.</summary>
internal static class StudyPreview
{
    public static string Write(StudyPlan plan, ValueList<DataProblem> problems, double? seconds, int workers, IReadOnlyList<SeedsPreview>? seeds, double? deviation, bool json)
    {
        var pairs = plan.Study.Seeds.Count;
        var effect = pairs > 1 ? Power.SmallestDetectable(pairs, 1) : (double?)null;
        if (json)
        {
            return new JsonObject
            {
                ["name"] = plan.Study.Name,
                ["trials"] = plan.Trials.Count(),
                ["blocks"] = plan.TrialBlocks.Count,
                ["steps"] = plan.Steps,
                ["seconds"] = seconds,
                ["workers"] = workers,
                ["seedsAtOnce"] = seeds is null ? null : new JsonArray([.. seeds.Select(s => new JsonObject { ["network"] = s.Config.Network, ["data"] = s.Config.Data, ["count"] = s.Count, ["obstacle"] = s.Reason })]),
                ["pairs"] = pairs,
                ["detectableInStandardDeviations"] = effect,
                ["detectable"] = effect * deviation,
                ["treatments"] = new JsonArray([.. plan.Trials.Select(t => t.Treatment).Distinct().Select(t => new JsonObject { ["name"] = t.Name, ["steps"] = t.Plan.TotalSteps })]),
                ["dataProblems"] = ResultJson.Problems(problems),
            }.ToJsonString(Json.Indented);
        }

        var data = problems.Count == 0 ? "" : $"\nThe data:\n{string.Concat(problems.Select(p => $"- {p}\n"))}";

        // Seeds that are trained at once are the work of one.
        var busy = Math.Min(workers, SeedsPreview.Together(plan, seeds).Count());
        var time = seconds is { } s
            ? $"About {Summary.Time(s)} of work{(busy > 1 ? string.Create(CultureInfo.InvariantCulture, $", {Summary.Time(s / busy)} with {busy} workers that do not slow each other down") : "")}."
            : "Not timed.";
        var power = effect is not { } e
            ? "One seed has no spread: no effect can be detected."
            : string.Create(CultureInfo.InvariantCulture, $"{pairs} pairs detect a difference of {e:0.00} standard deviations of the paired differences{(deviation is { } d ? string.Create(CultureInfo.InvariantCulture, $", here {e * d:0.#####},") : "")} with 80 % power (two-sided, 5 %, before correction for several differences).{(pairs < 6 ? " A verdict takes six pairs: of fewer, only means and intervals are given." : "")}");
        var told = (seeds ?? []).Where(s => s.Count > 1 || s.Reason is not null).Select(s => $"{(seeds!.Count > 1 ? $"{s.Config.Network} on {s.Config.Data}: " : "")}{s}\n").Distinct();
        return $"{plan.Describe()}{data}\n{time}\n{string.Concat(told)}{power}";
    }

    public static string OfResults(StudyResults results, string folder) => new JsonObject
    {
        ["folder"] = Path.GetFullPath(folder),
        ["version"] = results.Trials.Select(t => t.Record.Start?.Version).FirstOrDefault(v => v is not null),
        ["study"] = JsonNode.Parse(results.Plan.Study.ToJson()),
        ["name"] = results.Plan.Study.Name,
        ["judged"] = results.IsJudged,
        ["done"] = results.Trials.Count(),
        ["trials"] = results.Plan.Trials.Count(),
        ["failed"] = new JsonArray([.. results.Failures.Select(f => new JsonObject { ["trial"] = f.Trial.Name, ["message"] = f.Record.End?.Message })]),
        ["extensions"] = new JsonArray([.. results.Plan.Study.Extensions.Select(e => new JsonObject { ["from"] = e.From, ["to"] = e.To, ["wasJudged"] = e.WasJudged, ["testWasRead"] = e.TestWasRead })]),
        ["dataProblems"] = ResultJson.Problems(results.DataProblems),
        ["computeSeconds"] = Math.Round(results.ComputeSeconds, 1),
        ["metric"] = results.Metric.Name,
        ["goal"] = Json.Word(results.Metric.Goal),
        ["split"] = Json.Word(results.Split),
        ["arms"] = new JsonArray([.. results.Arms.Select(a => new JsonObject
        {
            ["group"] = a.Group,
            ["arm"] = a.Arm,
            ["treatment"] = a.Selected?.Name,
            ["mean"] = Number(a.Sample?.Mean),
            ["sd"] = Number(a.Sample?.StandardDeviation),
            ["values"] = new JsonArray([.. a.Values.Select(v => new JsonObject { ["seed"] = v.Seed, ["value"] = Number(v.Value) })]),
        })]),
        ["gates"] = new JsonArray([.. results.Gates.Select(g => new JsonObject
        {
            ["group"] = g.Group,
            ["gate"] = g.Gate,
            ["measured"] = Number(g.Measured),
            ["low"] = Number(g.Interval?.Low),
            ["high"] = Number(g.Interval?.High),
            ["limit"] = Number(g.Limit),
            ["met"] = g.IsMet,
        })]),
        ["differences"] = new JsonArray([.. results.Contrasts.Select(c => new JsonObject
        {
            ["group"] = c.Group,
            ["first"] = c.First,
            ["other"] = c.Other,
            ["after"] = c.Phase.Length > 0 ? c.Phase : null,
            ["notTestable"] = c.NotTestable,
            ["pairs"] = c.Pairs.Count,
            ["leftOut"] = c.LeftOut,
            ["mean"] = Number(c.Difference?.Differences.Mean),
            ["low"] = Number(c.Difference?.Interval?.Low),
            ["high"] = Number(c.Difference?.Interval?.High),
            ["lowOverSeedsAndExamples"] = Number(results.OverSeedsAndExamples(c)?.Low),
            ["highOverSeedsAndExamples"] = Number(results.OverSeedsAndExamples(c)?.High),
            ["verdict"] = c is { NotTestable: null, Difference.AllowsVerdict: true },
            ["pT"] = Number(c is { NotTestable: null, Difference.AllowsVerdict: true } ? c.Difference.PValue : null),
            ["pSigns"] = Number(c.NotTestable is null ? c.Difference?.PermutationPValue : null),
            ["pHolm"] = Number(c.AdjustedPValue),
            ["effectSize"] = Number(c.Difference?.EffectSize),
            ["smallestDetectable"] = Number(c.Difference?.SmallestDetectable),
            ["noDifferenceLargerThan"] = Number(c is { NotTestable: null, Difference.AllowsVerdict: true } ? c.Difference.NoDifferenceLargerThan : null),
        })]),
    }.ToJsonString(Json.Indented);

    private static JsonValue? Number(double? value) => value is { } v && double.IsFinite(v) ? JsonValue.Create(v) : null;
}
