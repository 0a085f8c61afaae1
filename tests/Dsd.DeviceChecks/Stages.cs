namespace Dsd.DeviceChecks;

/// <summary>The stages, in their order.</summary>
internal static class Stages
{
    public static IReadOnlyList<IStage> All { get; } =
    [
        new EnvironmentStage(), new LawStage(), new OptimizerStage(), new AutocastStage(), new ResumeStage(),
        new SelectionStage(), new KernelStage(), new CaptureStage(), new BenchmarkStage(), new SeedsStage(), new MemoryStage(), new TrainStage(),
    ];

    /// <summary>Gets a stage by its name.</summary>
    /// <exception cref="DsdException">There is none.</exception>
    public static IStage Named(string name) => All.FirstOrDefault(s => s.Name == name)
        ?? throw new DsdException($"There is no stage '{name}'; there are {string.Join(", ", All.Select(s => s.Name))}.");
}
