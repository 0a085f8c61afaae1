using System.Globalization;
using System.Text.Json.Nodes;
using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Studies.Running;

/// <summary>Ends a study: selects on validation, writes the choice down, and only then reads the test split, once for each selected trial.</summary>
internal sealed class StudyJudge(StudyPlan plan, StudyFolder folder, ITrialSource source)
{
    public void Judge()
    {
        var results = StudyResults.Read(plan, folder);
        var selected = results.Arms.Select(a => a.Selected).OfType<Treatment>().ToHashSet();
        var readTest = plan.Study.Judgement != Judgement.Validation;
        folder.WriteSelection(new JsonObject
        {
            ["version"] = 1,
            ["time"] = Now(),
            ["metric"] = results.MetricName,
            ["selected"] = new JsonArray([.. results.Arms.Select(arm => new JsonObject
            {
                ["group"] = arm.Group,
                ["arm"] = arm.Arm,
                ["treatment"] = arm.Selected?.Name,
                ["validation"] = new JsonObject(arm.Candidates.Select(c => KeyValuePair.Create(c.Treatment.Name, (JsonNode?)(c.Mean is { } m && double.IsFinite(m) ? JsonValue.Create(m) : null)))),
            })]),
        });
        var read = 0;
        if (readTest)
        {
            foreach (var trial in plan.Trials.Where(t => selected.Contains(t.Treatment) && results.Of(t)?.IsComplete == true))
            {
                if (!folder.HasTest(trial))
                {
                    // A change of the selection after weights are gone would need trials that were not selected before.
                    folder.WriteTest(trial, File.Exists(folder.WeightsOf(trial))
                        ? Measure(trial)
                        : throw new DsdException($"{folder}: the trial {trial.Name} is selected now, and was not before; its weights are gone. Delete its folder to have it trained again."));
                }

                read++;
            }
        }

        folder.WriteJudgement(new JsonObject { ["version"] = 1, ["time"] = Now(), ["split"] = readTest ? "test" : "validation", ["testMeasurements"] = read });

        // Weights have served: what was selected has been measured, the rest will not be.
        foreach (var trial in plan.Trials)
        {
            File.Delete(folder.WeightsOf(trial));
        }
    }

    private static string Now() => DateTimeOffset.Now.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private Evaluated Measure(Trial trial)
    {
        using var scope = NewDisposeScope();
        manual_seed(trial.Seed);
        var (model, task) = source.Open(trial.Treatment.Setting, trial.Seed);
        using var network = model;
        WeightFile.Load(model, folder.WeightsOf(trial));
        model.eval();
        using var guard = no_grad();
        using var computation = new Computation(model, Precision.Fp32, MemoryLayout.Automatic);
        var metrics = computation.Forward(() => task.Evaluate(model, DataSplit.Test));
        return new Evaluated(trial.Treatment.Plan.TotalSteps, DataSplit.Test, metrics, DataProblem.NullIfNone(task.LeftOut(DataSplit.Test)));
    }
}
