using static Dsd.Records.TrainingEvent;

namespace Dsd.Training;

/// <summary>Compares the start of a run with the run that is to continue it.</summary>
internal static class SameRun
{
    /// <summary>Lists what makes it another run, e.g. <c>"seed: 1 then, 2 now"</c>.</summary>
    public static List<string> Differences(RunStarted was, RunStarted now)
    {
        (string What, object? Was, object? Now)[] same =
        [
            ("network", was.Model, now.Model), ("data", was.Data, now.Data), ("steps an epoch", was.StepsPerEpoch, now.StepsPerEpoch), ("task", was.TaskSettings, now.TaskSettings),
            ("optimiser", was.Optimizer, now.Optimizer), ("gradient clip", was.GradientClip, now.GradientClip), ("seed", was.Seed, now.Seed), ("computation", was.Computation, now.Computation),
        ];
        var differences = same.Where(s => !Equals(s.Was, s.Now)).Select(s => FormattableString.Invariant($"{s.What}: {s.Was ?? "none"} then, {s.Now ?? "none"} now")).ToList();
        if (was.Schedule != now.Schedule)
        {
            differences.Add("another schedule");
        }

        if (was.Shape.Fingerprint != now.Shape.Fingerprint)
        {
            differences.Add("a network of other layers or sizes");
        }

        return differences;
    }

    /// <summary>Lists the differences that can change the last digits only.</summary>
    public static IEnumerable<string> Surroundings(RunStarted was, RunStarted now)
    {
        (string What, object? Was, object? Now)[] surroundings = [("device", was.Device, now.Device), ("accelerator", was.Accelerator, now.Accelerator), ("threads", was.Threads, now.Threads), ("version", was.Version, now.Version), ("platform", was.Platform, now.Platform)];
        return surroundings.Where(s => !Equals(s.Was, s.Now)).Select(s => FormattableString.Invariant($"The run began with {s.What} {s.Was ?? "none"} and continues with {s.Now ?? "none"}; the last digits can differ from a run that never stopped."));
    }
}
