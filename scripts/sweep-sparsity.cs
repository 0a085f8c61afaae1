// How much of the network should be pruned? Five seeds at each sparsity, each beside two controls: sweep-sparsity.fsx in C#.
//   dotnet run scripts/sweep-sparsity.cs -c Release                about a minute
//   dotnet run scripts/sweep-sparsity.cs -c Release -- --quick     some seconds

// %% Load the library
#:project ../core/Dsd.Models/Dsd.Models.csproj
#:project ../core/Dsd.Data/Dsd.Data.csproj
#:project ../core/Dsd.Charts/Dsd.Charts.fsproj

using Dsd.Charts;
using Dsd.Data;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;

var quick = Environment.GetCommandLineArgs().Contains("--quick") || Environment.GetEnvironmentVariable("DSD_QUICK") is { Length: > 0 };

// %% One schedule for each sparsity
Schedule Of(double sparsity) => Schedule.Start()
    .Dense(epochs: 3, rate: LearningRate.Cosine(0.05, 0.005))
    .Sparse(epochs: 2, rate: 0.005, sparsity)
    .Dense(epochs: 2, rate: 0.0005)
    .Build();

Console.WriteLine(Draw.Timeline(Of(0.5)).Save("runs/pictures/sweep-sparsity-cs-schedule.html"));

// %% The study: 3 sparsities × 3 arms × 5 seeds, judged on validation
double[] sparsities = [0.3, 0.5, 0.7];
var variants = sparsities.Select(s => new StudyVariant(FormattableString.Invariant($"sparsity {s}"), Of(s)));
var setting = new TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit: quick ? 640 : 12800);
StudyArm[] arms = [StudyArm.Dsd, StudyArm.Control, StudyArm.RandomMask];
long[] seeds = quick ? [1, 2] : [1, 2, 3, 4, 5];
var study = new Study("sweep-sparsity", setting, variants, arms, seeds, Judgement.Validation);

// %% Train every trial; a stopped study resumes where it was
var results = study.Run(quick ? "runs/quick-sweep-sparsity-cs" : "runs/sweep-sparsity-cs", new CatalogTrials(log: Console.Error.WriteLine));

// %% The tables
Console.WriteLine(results);

// %% The effect by sparsity
Console.WriteLine(Draw.Effects(results).Save("runs/pictures/sweep-sparsity-cs.html"));
