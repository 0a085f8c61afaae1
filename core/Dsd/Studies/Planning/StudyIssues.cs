using System.Globalization;
using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>Finds what a study asks for and cannot be done, apart from what its schedules cannot do.</summary>
internal static class StudyIssues
{
    /// <summary>Lists the phases after which the test split is to be read and that a variant lacks, has several times, or ends with.</summary>
    public static IEnumerable<PlanIssue> OfTestAfter(Study study, StudyVariant variant) =>
        study.TestAfter.Select(phase => PhaseProblem(variant.Schedule, phase)).OfType<string>().Select(problem => new PlanIssue("DSD105", $"variant '{variant.Name}'", problem));

    /// <summary>Lists the treatments under test for which the study's gates cannot be checked.</summary>
    /// <param name="study">The study.</param>
    /// <param name="tested">The treatments of the arm under test.</param>
    /// <param name="longer">The longer first phases of the variants.</param>
    public static IEnumerable<PlanIssue> OfGates(Study study, IEnumerable<Treatment> tested, IReadOnlyCollection<LongerFirst> longer)
    {
        foreach (var treatment in tested)
        {
            if (study.Gates.Converged && !longer.Any(l => l.IsOf(treatment)))
            {
                yield return new("DSD106", $"treatment '{treatment.Name}'", $"the gate 'converged' is that of the variants' first phases, and the arm under test, {study.Arms[0].Name}, has another first phase or config. Put an arm first that follows the variant's schedule, or leave the gate out.");
            }

            if (study.Gates.Recovered && (treatment.Plan.Phases[0] is { IsDense: false } || treatment.Plan.Phases.All(p => p.IsDense)))
            {
                yield return new("DSD106", $"treatment '{treatment.Name}'", "the gate 'recovered' compares the end of a sparse phase with that of a dense one before it, and the arm under test has none. Put an arm first that has, or leave the gate out.");
            }
        }
    }

    /// <summary>Lists the arms that are tuned among another number of choices than the grid of rates gives the others.</summary>
    public static IEnumerable<PlanIssue> OfChoices(Study study)
    {
        if (study.Rates is not { } rates)
        {
            return [];
        }

        var unequal = study.Arms.Where(a => !a.FollowsRates && a.ChoiceCount != rates.Factors.Count).Select(a => new PlanIssue(
            "DSD104",
            $"arm '{a.Name}'",
            string.Create(CultureInfo.InvariantCulture, $"it is tuned among {a.ChoiceCount} choices, and the grid of rates gives the other arms {rates.Factors.Count}; an arm with more choices has an advantage. Give it as many.")));
        return rates.ChosenByControl && !study.Arms.Any(a => a.Kind == ArmKind.Control)
            ? unequal.Append(new PlanIssue("DSD104", "rates", "they are chosen by the control, and the study has no arm 'control'. Add it, or let each arm choose its own."))
            : unequal;
    }

    /// <summary>Returns the reason why the test split cannot be read after a phase; null if it can.</summary>
    private static string? PhaseProblem(Schedule schedule, string phase) => schedule.Phases.Count(p => p.Name == phase) switch
    {
        0 => $"the test split is to be read after the phase '{phase}', and its schedule has {string.Join(", ", schedule.Phases.Select(p => $"'{p.Name}'"))}.",
        > 1 => $"the test split is to be read after the phase '{phase}', and its schedule has several of that name; give each a name of its own.",
        _ => schedule.Phases[^1].Name == phase ? $"the test split is to be read after '{phase}', which is the last phase, where it is read in any case; leave it out." : null,
    };
}
