using System.Globalization;
using Dsd.Plans;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>Remarks on input that is valid and yet hardly what was meant.</summary>
internal static class Remarks
{
    private const string Dsd = "dsd";

    /// <summary>Lists the remarks on a run, one sentence each.</summary>
    public static IEnumerable<string> Of(Experiment experiment) =>
        experiment.Arms.Where(a => a.Name == Dsd && IsDense(a.Plan)).Select(_ => WithoutMask("the arm dsd")).Concat(OfThreads(experiment.Run.Threads ?? 1));

    /// <summary>Lists the remarks on a study, one sentence each.</summary>
    public static IEnumerable<string> Of(StudyPlan plan) => plan.StudyGroups
        .SelectMany(g => g.Arms.Where(a => a.Arm.Name == Dsd && a.Candidates.All(c => IsDense(c.Treatment.Plan))).Select(_ => WithoutMask(g.Name.Length == 0 ? "the arm dsd" : $"the arm dsd of {g.Name}")))
        .Concat(OfThreads(plan.Study.Threads));

    private static bool IsDense(Plan plan) => plan.Phases.All(p => p.IsDense);

    private static string WithoutMask(string arm) => $"Remark: {arm} has no mask in any phase, so it trains like a control; give a phase a sparsity";

    private static IEnumerable<string> OfThreads(int threads) => threads <= Environment.ProcessorCount ? [] :
    [
        string.Create(CultureInfo.InvariantCulture, $"Remark: {threads} threads on {Environment.ProcessorCount} core{(Environment.ProcessorCount == 1 ? "" : "s")} wait for each other, which is slower than {Environment.ProcessorCount}"),
    ];
}
