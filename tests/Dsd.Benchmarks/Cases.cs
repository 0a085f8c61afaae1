using Dsd.Models;

namespace Dsd.Benchmarks;

/// <summary>Every case, in the order of the table.</summary>
internal static class Cases
{
    private const string StepsAbout = "a sparse step beside a dense one, its own arithmetic, a loop by hand and PyTorch";

    private const string OptimizerAbout = "the optimiser's part of a step, masked, dense and by hand";

    public static IReadOnlyList<Case> All { get; } =
    [
        new("steps mlp", StepsAbout, 15, new StepCase(Workloads.Mlp, Bar.AtMost(1.03), Bar.AtMost(1.15), Bar.AtLeast(1.5), Bar.AtLeast(2)).Rows),
        new("steps wide", StepsAbout, 30, new StepCase(Workloads.Wide, null, null, Bar.AtLeast(1.5), null).Rows),
        new("steps lenet-5", StepsAbout, 15, new StepCase(Workloads.LeNet5, Bar.AtMost(1.01), Bar.AtMost(1.05), Bar.AtLeast(1), Bar.AtLeast(1.4)).Rows),
        new("steps resnet-20", StepsAbout, 60, new StepCase(Workloads.ResNet20, Bar.AtMost(1.01), Bar.AtMost(1.05), Bar.AtLeast(1.4), Bar.AtLeast(1.2)).Rows),
        new("steps lstm", StepsAbout, 30, new StepCase(Workloads.Lstm, Bar.AtMost(1.03), null, Bar.AtLeast(1), null).Rows),
        new("seeds", "trials of LeNet-300-100 an hour, one seed alone and several at once", 15, SeedsCase.Rows),
        new("late mlp", "a sparse step far into its phase beside a dense one", 35, LateCase.Rows),
        new("correct", "whether LeNet-5 is computed right with oneDNN and without", 5, CorrectnessCase.Rows),
        new("precision", "ResNet-20 with its channels last, and in bfloat16", 60, PrecisionCase.Rows),
        new("parts", "what a step of ResNet-20 is made of", 60, PartsCase.Rows),
        new("selection per layer", "choosing a mask for one layer of 102.8 million weights", 90, SelectionCase.PerLayer),
        new("selection global", "choosing masks for 102.8 million weights of four layers with one ranking", 20, SelectionCase.Global),
        new("updates", "every built-in way to choose a mask for 25 million weights beside the magnitude top-k", 240, UpdateCase.Rows),
        new("amortised drop-and-grow", "steps with drop-and-grow every 100 of them beside the steps between its choices", 90, UpdateCase.Amortised),
        new("optimiser mlp", OptimizerAbout, 5, new OptimizerCase("mlp").Rows),
        new("optimiser wide", OptimizerAbout, 20, new OptimizerCase("wide").Rows),
        new(GrowthCase.Name, "selection and masked step from 1 to 200 million weights", 90, GrowthCase.Rows),
        new("data", "batches, evaluation and borders of phases beside a step of LeNet-5", 20, DataCase.Rows),
        new("feeding", "images, captions and utterances a second, and how long steps of the paper's networks wait for them", 60, FeedingCase.Rows),
        new("memory", "bits of a mask, peak memory of a sparse run over a dense one, memory over 10,000 steps", 120, MemoryCase.Rows),
        new("checkpoints", "one checkpoint, as a part of the ten minutes between two", 30, CheckpointCase.Rows),
        new("full size", "the paper's networks as published, three steps in each phase: counts checked, peak memory", 120, FullSizeCase.Rows),
        new("managed", "managed memory allocated and collections made by a step", 20, ManagedCase.Rows),
        new("first step", "the first step of a process", 40, FirstStepCase.Rows),
    ];

    /// <summary>The workload of a network by its name.</summary>
    public static Workload Workload(string name, Effort effort) => name switch
    {
        "mlp" => Workloads.Mlp(effort),
        "wide" => Workloads.Wide(effort),
        "lenet-5" => Workloads.LeNet5(effort),
        "resnet-20" => Workloads.ResNet20(effort),
        "lstm" => Workloads.Lstm(effort),
        _ => throw new ArgumentException($"There is no network '{name}'.", nameof(name)),
    };
}
