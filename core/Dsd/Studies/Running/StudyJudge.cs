using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Ends a study: selects on validation, records the choice, and only then evaluates on the test split, once for each selected trial.</summary>
internal sealed class StudyJudge(StudyPlan plan, StudyFolder folder, ITrialSource source, StudyData data)
{
    /// <summary>Judges the study; a selected trial whose weights are gone is instead removed, to be trained again.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two trials; what was measured stays.</exception>
    public void Judge(CancellationToken cancellation)
    {
        folder.CheckUnchanged();
        var results = StudyResults.Read(plan, folder);
        var selected = results.Arms.Select(a => a.Selected).OfType<Treatment>().ToHashSet();
        var readTest = plan.Study.Judgement != Judgement.Validation;
        var kept = plan.Trials.Where(folder.KeepsTest).Select(t => t.Name).ToHashSet();
        var unread = readTest ? plan.Trials.Where(t => selected.Contains(t.Treatment) && results.Of(t)?.IsComplete == true && !kept.Contains(t.Name)).ToList() : [];
        var gone = unread.Where(t => !File.Exists(folder.WeightsOf(t)) || After(t).Any(a => !File.Exists(a.Weights))).ToList();
        if (gone.Count > 0)
        {
            // More seeds have changed the selection, and an earlier judgement deleted these weights: the same training reproduces them.
            gone.ForEach(folder.SetAside);
            return;
        }

        unread.Select(t => t.Treatment.Config.Data).Distinct().ToList().ForEach(name => data.Check(name));
        folder.WriteSelection(new JsonObject
        {
            ["version"] = 1,
            ["time"] = Now(),
            ["metric"] = results.Metric.Name,
            ["goal"] = Json.Word(results.Metric.Goal),
            ["selected"] = new JsonArray([.. results.Arms.Select(arm => new JsonObject
            {
                ["group"] = arm.Group,
                ["arm"] = arm.Arm,
                ["treatment"] = arm.Selected?.Name,
                ["validation"] = new JsonObject(arm.Candidates.Select(c => KeyValuePair.Create(c.Treatment.Name, (JsonNode?)(c.Mean is { } m && double.IsFinite(m) ? JsonValue.Create(m) : null)))),
            })]),
        });
        foreach (var alike in unread.GroupBy(t => (t.Treatment.Config, t.Seed)))
        {
            Measure([.. alike], alike.Key.Config, alike.Key.Seed, cancellation);
        }

        folder.WriteJudgement(plan, Now(), readTest ? "test" : "validation", readTest ? plan.Trials.Count(t => selected.Contains(t.Treatment) && folder.HasTest(t)) : 0);

        // The weights are no longer needed: the selected trials have been evaluated, the rest will not be.
        foreach (var trial in plan.Trials)
        {
            File.Delete(folder.WeightsOf(trial));
        }

        folder.ClearPhaseWeights();
    }

    /// <summary>Lists the weights at the ends of those phases of a trial after which the test split is read, the steps done by then, and whether other trials share them.</summary>
    private IEnumerable<(string Weights, long Step, bool IsShared)> After(Trial trial)
    {
        var block = plan.TrialBlocks.First(b => b.Trials.Contains(trial));
        return trial.StepsOfTests(plan.Study).Select(end => end <= block.SharedSteps ? (folder.SharedWeights(block, end), end, true) : (folder.PhaseWeights(trial, end), end, false));
    }

    private static string Now() => DateTimeOffset.Now.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    /// <summary>Measures trials of one network and one task, which are opened once: a seed may draw data of its own, which takes longer than to measure.</summary>
    private void Measure(IReadOnlyList<Trial> trials, TrainingConfig config, long seed, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (model, task) = RunSeed.Open(source.Open, config, seed);
        using var network = model;
        model.eval();
        using var guard = no_grad();
        using var computation = new Computation(model, Precision.Fp32, MemoryLayout.Automatic);
        var shared = new Dictionary<string, Evaluated>();
        foreach (var trial in trials)
        {
            cancellation.ThrowIfCancellationRequested();
            var faults = new TrainingFaults(model, task, trial.Treatment.Plan.RateAt);
            folder.WriteTest(trial, [.. After(trial).Select(a => a.IsShared ? Shared(a.Weights, a.Step) : Measured(a.Weights, a.Step)), Measured(folder.WeightsOf(trial), trial.Treatment.Plan.TotalSteps)]);

            Evaluated Shared(string weights, long step) => shared.TryGetValue(weights, out var known) ? known : shared[weights] = Measured(weights, step);

            Evaluated Measured(string weights, long step)
            {
                using var inner = NewDisposeScope();
                WeightFile.Load(model, weights);
                try
                {
                    var metrics = computation.Forward(() => task.Evaluate(model, DataSplit.Test));
                    var evaluated = new Evaluated(step, DataSplit.Test, metrics, DataProblem.NullIfNone(task.LeftOut(DataSplit.Test)));
                    faults.Check(evaluated);
                    return evaluated;
                }
                catch (ExternalException e)
                {
                    throw faults.OfMeasuring(DataSplit.Test, e);
                }
            }
        }
    }
}
