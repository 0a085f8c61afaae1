// Your own network on your own tensors, Dense-Sparse-Dense beside a control of the same budget: dotnet run -c Release
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

manual_seed(1);
var model = nn.Sequential(("first", nn.Linear(32, 128)), ("relu", nn.ReLU()), ("last", nn.Linear(128, 8)));
var task = new Waves(seed: 1);

var schedule = Schedule.Start()
    .Dense(epochs: 6, rate: LearningRate.Cosine(0.05, 0.005))
    .Sparse(epochs: 3, rate: 0.005, sparsity: 0.8, layers => layers.Keep("last"))
    .Dense(epochs: 3, rate: 0.0005)
    .Build();
Console.WriteLine(schedule.On(model, task.StepsPerEpoch).Describe());

var result = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, new TrainerSettings(seed: 1));
Console.WriteLine(result.Describe());
