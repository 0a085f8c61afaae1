using System.Globalization;
using Dsd.Checkpoints;
using Dsd.Plans;
using Dsd.Records;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Saves the weights at the ends of phases, and the best of dense and of sparse phases by validation, beside an arm's final weights.</summary>
/// <remarks>Best-dense and best-sparse are kept apart: a network that is best while dense is no result of a sparse phase, nor the other way round.</remarks>
/// <param name="fileOf">Returns the file for an arm and a name, e.g. <c>"1-dense"</c> or <c>"best-sparse"</c>.</param>
internal sealed class KeptWeights(Func<string, string, string> fileOf)
{
    private readonly Dictionary<string, double> _best = [];

    /// <summary>The best validation so far, by arm and <c>dense</c> or <c>sparse</c>.</summary>
    public IReadOnlyDictionary<string, double> Best => _best;

    /// <summary>The reason why weights could not be written; null if all were.</summary>
    public string? Failure { get; private set; }

    /// <summary>Continues with the best of a checkpoint.</summary>
    public void Continue(IDictionary<string, double> best)
    {
        _best.Clear();
        best.ToList().ForEach(b => _best[b.Key] = b.Value);
    }

    /// <summary>Deletes the files of what was best after a checkpoint that training goes back to; what was best before was overwritten by them.</summary>
    /// <param name="best">The best of the checkpoint; what is deleted is removed from it.</param>
    public void Forget(IDictionary<string, double> best)
    {
        foreach (var key in _best.Where(b => !best.TryGetValue(b.Key, out var before) || before != b.Value).Select(b => b.Key).ToList())
        {
            var parts = key.Split('/');
            File.Delete(fileOf(parts[0], $"best-{parts[1]}"));
            best.Remove(key);
        }
    }

    /// <summary>Saves what is to be kept of this step.</summary>
    /// <param name="arms">The arms that it belongs to: all, in phases that they share.</param>
    /// <param name="run">The run, between two steps.</param>
    /// <param name="say">Called with a message if it cannot be written, the first time.</param>
    public void AfterStep(IReadOnlyList<PlannedArm> arms, TrainingRun run, Action<string> say)
    {
        var (session, phase) = (run.Session, run.Session.Phase!);
        if (run.Validation?.Metrics[0] is { } measured && measured.Metric.Goal != MetricGoal.Undeclared && double.IsFinite(measured.Value))
        {
            var kind = phase.IsDense ? "dense" : "sparse";
            foreach (var arm in arms)
            {
                var key = $"{arm.Name}/{kind}";
                if (!_best.TryGetValue(key, out var best) || IsBetter(measured, best))
                {
                    if (Save(run, fileOf(arm.Name, $"best-{kind}"), measured, say))
                    {
                        _best[key] = measured.Value;
                    }
                }
            }
        }

        // The end of the last phase is the arm's final weights.
        if (session.IsPhaseDone && session.Step < run.Plan.TotalSteps)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{phase.Index + 1}-{FileName.Of(phase.Phase.Name)}");
            foreach (var arm in arms)
            {
                Save(run, fileOf(arm.Name, name), run.Validation?.Metrics[0], say);
            }
        }
    }

    private static bool IsBetter(MetricValue measured, double best) => measured.Metric.Goal == MetricGoal.Lower ? measured.Value < best : measured.Value > best;

    private bool Save(TrainingRun run, string path, MetricValue? measured, Action<string> say)
    {
        var (session, phase) = (run.Session, run.Session.Phase!);
        try
        {
            WeightFile.Save(run.Model, path, session.Masks.Masks, new Dictionary<string, string>
            {
                ["dsd.phase"] = phase.Phase.Name,
                ["dsd.step"] = session.Step.ToString(CultureInfo.InvariantCulture),
                ["dsd.validation"] = measured is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{measured.Metric.Name} {measured.Value:R}"),
            });
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Failure is null)
            {
                say($"Weights that are kept beside the final ones cannot be written: {e.Message.TrimEnd('.')}. Training goes on.");
            }

            Failure = e.Message.TrimEnd('.');
            return false;
        }
    }
}
