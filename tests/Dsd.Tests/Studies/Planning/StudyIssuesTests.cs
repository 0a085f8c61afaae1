using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Tests.Studies;

/// <summary>What a study asks for and cannot be done, found before anything is trained.</summary>
public class StudyIssuesTests
{
    [Theory]
    [InlineData("sparsest", "its schedule has 'dense', 'sparse', 'redense'")]
    [InlineData("redense", "the last phase")]
    public void Resolve_TestAfterAPhaseThatCannotBe_IsAnIssue(string phase, string reason)
    {
        var issue = Assert.Single(Assert.Throws<PlanException>(() => StudyPlan.Resolve(ToyTrials.Study([StudyArm.Dsd], [5], variants: [new("only", ToyTrials.Schedule(0.5))]).WithTestAfter([phase]), new ToyTrials())).Issues);
        Assert.Equal("DSD105", issue.Code);
        Assert.Contains(reason, issue.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_TestAfterANameOfSeveralPhases_IsAnIssue()
    {
        var phases = ToyTrials.Schedule(0.5).Phases;
        var twice = new Schedule(phases.SetItem(1, phases[1].WithName("dense")));
        var study = ToyTrials.Study([StudyArm.Dsd], [5], variants: [new("only", twice)]).WithTestAfter(["dense"]);

        Assert.Contains("several of that name", Issue(study).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "has another first phase or config")]
    [InlineData(false, "has none")]
    public void Resolve_AGateThatCannotBeChecked_IsAnIssue(bool converged, string reason)
    {
        var issue = Issue(ToyTrials.Study([StudyArm.Plain.WithChoices(1), StudyArm.Dsd], [5]).WithGates(new StudyGates(converged, !converged)));

        Assert.Equal("DSD106", issue.Code);
        Assert.Contains(reason, issue.Problem, StringComparison.Ordinal);
    }

    private static PlanIssue Issue(Study study) => Assert.Single(Assert.Throws<PlanException>(() => StudyPlan.Resolve(study, new ToyTrials())).Issues);
}
