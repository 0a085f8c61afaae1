// Trains LeNet-300-100 Dense-Sparse-Dense beside a control of the same budget, and shows both: first-run.fsx in C#.
//   dotnet run scripts/first-run.cs -c Release                half a minute, and the first time another for building
//   dotnet run scripts/first-run.cs -c Release -- --quick     a few seconds

// %% Load the library
#:project ../core/Dsd.Models/Dsd.Models.csproj
#:project ../core/Dsd.Data/Dsd.Data.csproj
#:project ../core/Dsd.Charts/Dsd.Charts.fsproj

using Dsd.Charts;
using Dsd.Data;
using Dsd.Models;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;

var quick = Environment.GetCommandLineArgs().Contains("--quick") || Environment.GetEnvironmentVariable("DSD_QUICK") is { Length: > 0 };

// %% Write the schedule down
var schedule = Schedule.Start()
    .Dense(epochs: 4, rate: LearningRate.Cosine(0.05, 0.005))
    .Sparse(epochs: 2, rate: 0.005, sparsity: 0.50, layers => layers.Keep("fc3"))
    .Dense(epochs: 2, rate: 0.0005)
    .Build();

Console.WriteLine(schedule);

// %% Fetch the data and build the network
FashionMnist.Download(log: Console.Error.WriteLine);
var data = FashionMnist.Load(trainLimit: quick ? 640 : null);
var task = new ImageClassification(data, batchSize: 64, seed: 1);
torch.manual_seed(1);
var model = new LeNet300100();

// %% See what the schedule will do to each layer
Console.WriteLine(schedule.On(model, task.StepsPerEpoch));

// %% Train both arms
var result = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, new TrainerSettings(seed: 1));

Console.WriteLine(result);

// %% See how training went
Console.WriteLine(Draw.LearningCurves(result).Save("runs/pictures/first-run-cs.html"));
