// How much of the network should be pruned? Some seeds at each sparsity, each beside its own control: sweep-sparsity.fsx in C#.
//   dotnet run scripts/sweep-sparsity.cs -c Release                some minutes
//   dotnet run scripts/sweep-sparsity.cs -c Release -- --quick     some seconds

// %% Load the library
#:project ../core/Dsd.Models/Dsd.Models.csproj
#:project ../core/Dsd.Data/Dsd.Data.csproj
#:project ../core/Dsd.Charts/Dsd.Charts.fsproj

using Dsd.Charts;
using Dsd.Data;
using Dsd.Models;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;

var quick = Environment.GetCommandLineArgs().Contains("--quick") || Environment.GetEnvironmentVariable("DSD_QUICK") is { Length: > 0 };

// %% One schedule for each sparsity
Schedule Of(double sparsity) => Schedule.Start()
    .Dense(epochs: 3, rate: LearningRate.Cosine(0.05, 0.005))
    .Sparse(epochs: 2, rate: 0.005, sparsity, layers => layers.Keep("fc3"))
    .Dense(epochs: 2, rate: 0.0005)
    .Build();

Console.WriteLine(Draw.Timeline(Of(0.5)).Save("runs/pictures/sweep-sparsity-cs-schedule.html"));

// %% Train a seed beside its control, judged on validation
FashionMnist.Obtain(log: Console.Error.WriteLine);
var data = FashionMnist.Load(trainLimit: quick ? 640 : 12800);

Comparison Compare(double sparsity, long seed)
{
    torch.manual_seed(seed);
    using var model = new LeNet300100();
    var task = new ImageClassification(data, batchSize: 64, seed);
    var schedule = Of(sparsity);
    return FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, new TrainerSettings(seed, readTest: false));
}

// %% Every seed of every sparsity
double[] sparsities = quick ? [0.3, 0.9] : [0.1, 0.3, 0.5, 0.7, 0.9, 0.95];
long[] seeds = quick ? [1, 2] : [1, 2, 3, 4, 5];
var results = new List<(string, Comparison)>();
foreach (var sparsity in sparsities)
{
    foreach (var seed in seeds)
    {
        results.Add((FormattableString.Invariant($"{sparsity}"), Compare(sparsity, seed)));
        Console.Error.WriteLine($"{results.Count} of {sparsities.Length * seeds.Length} done");
    }
}

var ablation = new Ablation("sparsity", results);

// %% The table
Console.WriteLine(ablation);

// %% The picture
Console.WriteLine(Draw.Ablation(ablation).Save("runs/pictures/sweep-sparsity-cs.html"));
