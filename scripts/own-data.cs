// A network, data, a loss and a metric of your own, trained Dense-Sparse-Dense beside a control: own-data.fsx in C#.
//   dotnet run scripts/own-data.cs -c Release                seconds, and the first time a minute for building
//   dotnet run scripts/own-data.cs -c Release -- --quick     trains less

// %% Load the library
#:project ../core/Dsd/Dsd.csproj
#:project ../core/Dsd.Charts/Dsd.Charts.fsproj

using Dsd.Charts;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

var quick = Environment.GetCommandLineArgs().Contains("--quick") || Environment.GetEnvironmentVariable("DSD_QUICK") is { Length: > 0 };

// %% Prepare the process: libtorch loads and computes right
Dsd.Torch.TorchRuntime.Configure();

// %% Your data: tensors, or .NET arrays such as float[,] and int[]; one row an example
torch.manual_seed(1);
var inputs = torch.randn(quick ? 600 : 3000, 8);
var targets = inputs.sin().sum(1, keepdim: true);
var (train, validation, test) = Examples.Of(inputs, targets).Split(train: 0.7, validation: 0.15, test: 0.15);

// %% Your loss and your metric: functions of outputs and targets
var within = new Metric("within 0.1", MetricGoal.Higher, MetricScale.Percent);
var task = SupervisedTask.Of(
    train,
    validation,
    test,
    loss: (output, target) => nn.functional.huber_loss(output, target),
    metrics: [TaskMetric.PerExample(within, (output, target) => (output - target).abs() < 0.1)],
    batchSize: 64,
    seed: 1);

// %% Your network, and the schedule
var model = nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Linear(128, 1));
var schedule = Schedule.Start()
    .Dense(epochs: quick ? 4 : 12, rate: LearningRate.Cosine(0.1, 0.01))
    .Sparse(epochs: quick ? 2 : 6, rate: 0.01, sparsity: 0.5)
    .Dense(epochs: quick ? 2 : 6, rate: 0.001)
    .Build();

// %% Both arms; progress goes to standard error
var result = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, new TrainerSettings(seed: 1), Observer.Console());

Console.WriteLine(result);
Console.WriteLine(Draw.LearningCurves(result).Save("runs/pictures/own-data-cs.html"));
