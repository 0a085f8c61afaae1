using Dsd.Masks;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli.Tests.Options;

/// <summary>Plans of a run's arms.</summary>
public class ExperimentTests
{
    private static readonly ModelShape s_shape = ModelCatalog.Get("lenet-300-100").Shape();

    [Fact]
    public void Planned_AnOwnScheduleWithAnIssueOfTheMainOne_IsReportedForBoth()
    {
        var main = Schedule.Start().Sparse(1, 0.1, 0.5, l => l.Keep("nothing")).Build();
        var own = new Schedule([.. main.Phases, .. Schedule.Start().Dense(1, 0.1).Build().Phases]);
        var run = new RunConfig(new TrainingConfig("lenet-300-100", "fashion-mnist"), main, [new Arm("own", own), new Arm("other", own), Arm.Control(main), Arm.Dsd(main)]);

        var issues = Assert.Throws<PlanException>(() => Experiment.Planned(run, s_shape, 10, MaskMethods.None)).Issues;

        // The control shares the schedule of the main arm, and its issue.
        Assert.Equal(["phase 1 'sparse'", "arm 'own', phase 1 'sparse'", "arm 'other', phase 1 'sparse'"], issues.Select(i => i.Where));
        Assert.Single(issues.Select(i => i.Problem).Distinct());
    }
}
