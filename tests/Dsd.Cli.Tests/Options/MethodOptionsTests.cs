using System.CommandLine;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli.Tests.Options;

/// <summary>Methods on the command line: the same schedules as elsewhere, and plans of them.</summary>
public class MethodOptionsTests
{
    public static TheoryData<string> Names => [.. Method.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Method_WithDefaults_IsThatOfJsonWithItsArmAndAControl(string name)
    {
        var run = Read("--method", name).Run;

        Assert.Equal(Schedule.FromJson(MethodValues.Json(name, null)), run.Schedule);
        Assert.Equal([new Arm(name, run.Schedule), Arm.Control(run.Schedule)], run.Arms);
    }

    [Fact]
    public void With_AnyParameter_IsThatOfJson() => Assert.All(MethodValues.All, of =>
    {
        var (name, parameter) = of;
        var command = new Command("plan");
        var options = new MethodOptions();
        options.AddTo(command);
        var parsed = command.Parse(["--method", name, "--with", $"{parameter}={MethodValues.Of(name, parameter).Text}"]);
        var problems = new Problems(parsed);

        var arms = options.Read(parsed, [], problems);

        problems.Throw();
        Assert.Equal([new Arm(name, Schedule.FromJson(MethodValues.Json(name, parameter)))], arms);
    });

    [Fact]
    public void Options_ThatSchedulesShare_AreParametersOfEveryMethod()
    {
        var run = Read("--method", "rigl", "--method", "dsd", "--epochs", "6", "--rate", "0.1", "--sparsity", "0.8", "--keep", "fc1", "--with", "rigl.fraction=0.2").Run;

        var (length, layers) = (Duration.Epochs(6), LayerScope.Default.Keep("fc1"));
        var rigl = Methods.Rigl(length, LearningRate.Cosine(0.1), 0.8, fraction: 0.2, layers: layers);
        Assert.Equal([new Arm("rigl", rigl), Arm.Dsd(Methods.Dsd(length, 0.1, 0.8, layers)), Arm.Control(rigl)], run.Arms);
        Assert.Equal(run, RunConfig.FromJson(run.ToJson()));
    }

    [Fact]
    public void Arms_OfMethods_AreChosenByTheirNames()
    {
        Assert.Equal(["set"], Read("--method", "rigl", "--method", "set", "--arms", "set").Run.Arms.Select(a => a.Name));
        Assert.Equal(["--arms: there is no arm named 'dsd'; allowed are rigl and control."], ProblemsOf("--method", "rigl", "--arms", "dsd"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_OfEveryMethod_ShowsWhatItDoes(string name)
    {
        foreach (var model in new[] { "lenet-300-100", "lenet-5", "resnet-20" })
        {
            // Two of four neighbours do not divide the three channels of ResNet-20's and LeNet's first layers, which stay dense, nor 5 × 5.
            var arm = Read("--model", model, "--method", name).Arms[0];

            var text = arm.Plan.Describe();

            foreach (var phase in arm.Plan.Phases.Where(p => !p.IsDense))
            {
                Assert.Contains($"'{phase.Phase.Name}'", text, StringComparison.Ordinal);
                if (phase.Updates > 1)
                {
                    Assert.Contains(FormattableString.Invariant($" {phase.Updates:N0}, every "), text, StringComparison.Ordinal);
                    Assert.Equal(phase.Update.Policy is not null, text.Contains("| exchanged ", StringComparison.Ordinal));
                    Assert.Equal(phase.Phase.Sparsity.From != phase.Phase.Sparsity.To, text.Contains(" over these times ", StringComparison.Ordinal));
                }

                Assert.Equal(phase.Phase.StraightThrough is not null, text.Contains("trained straight-through", StringComparison.Ordinal));
                if (phase.Phase.Rewind is { } rewind)
                {
                    Assert.Contains($"On entry, weights are {rewind} in ", text, StringComparison.Ordinal);
                }
            }

            Assert.Equal(name == "surgery", text.Contains('≥', StringComparison.Ordinal));
        }
    }

    public static TheoryData<string[], string[]> Bad => new()
    {
        { ["--method", "riggl", "--method", "snfs"], ["--method: there is no method 'riggl'. The nearest names are rigl", "--method: the method 'snfs' is left out: "] },
        { ["--method", "rigl", "--with", "fractoin=0.2", "--with", "until=2"], ["--with fractoin=0.2: the method rigl has no parameter 'fractoin'. The nearest names are fraction"] },
        { ["--method", "rigl", "--with", "until=2"], ["--with until=2: Masks are updated until a fraction of the phase, above 0 and at most 1."] },
        { ["--method", "rigl", "--with", "interval=100", "--with", "distribution=x"], ["--with interval=100: '100' is not a duration", "--with distribution=x: expected 'uniform', 'global', 'erk' or 'er', got \"x\"."] },
        { ["--method", "rigl", "--with", "set.fraction=0.2"], ["--with set.fraction=0.2: the method 'set' is not trained here."] },
        { ["--method", "rigl", "--sparsity", "0.8", "--with", "sparsity=0.9"], ["rigl has a value for 'sparsity' already"] },
        { ["--method", "rigl", "--sparsity", "0"], ["--sparsity: A method that prunes needs a sparsity above 0 and below 1."] },
        { ["--method", "sr-ste", "--sparsity", "0.8"], ["--sparsity: the method sr-ste has no parameter 'sparsity'."] },
        { ["--method", "sr-ste", "--with", "keep=5"], ["M must be above N"] },
        { ["--method", "rigl", "--method", "rigl"], ["--method rigl is given 2 times"] },
        { ["--method", "rigl", "--with", "sparsity"], ["--with sparsity: write a parameter, '=' and a value"] },
        { ["--with", "sparsity=0.9"], ["--with sparsity=0.9 sets a parameter of a method, and none is given."] },
        { ["--method", "rigl", "--dense", "3ep"], ["--method and --dense were given together"] },
        { ["--method", "rigl", "--preset", "paper", "--model", "vgg16"], ["--preset and --method were given together"] },
        { ["--method", "rigl", "--scale", "small"], ["--scale says how much of a preset to train"] },
        { ["--epochs", "3"], ["add --preset paper or --method, or leave it out."] },
        { ["--method", "rigl", "--masks", "ticket"], ["--masks ticket: write the name that the schedule has"] },
        { ["--method", "n-of-m", "--model", "lenet-300-100", "--with", "of=3"], ["DSD012: phase 2 'sparse': fc1.weight "] },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Problems_OfMethods_AreAllTold(string[] args, string[] expected)
    {
        var problems = ProblemsOf(args);

        Assert.All(expected, e => Assert.Contains(problems, p => p.Contains(e, StringComparison.Ordinal)));
        Assert.DoesNotContain(problems, p => p.Contains("(Parameter", StringComparison.Ordinal));
    }

    private static Experiment Read(params string[] args)
    {
        var (experiment, problems) = Parse(args);
        Assert.Empty(problems);
        return experiment!;
    }

    private static List<string> ProblemsOf(params string[] args) => Parse(args).Problems;

    private static (Experiment? Experiment, List<string> Problems) Parse(string[] args)
    {
        var (options, run, command) = (new ExperimentOptions(), new RunOptions(), new Command("plan"));
        options.AddTo(command);
        run.AddTo(command, shown: false);
        var parsed = command.Parse(args);
        Assert.Empty(parsed.Errors);
        var problems = new Problems(parsed);
        return (options.Read(parsed, problems, run), [.. problems.All]);
    }
}
