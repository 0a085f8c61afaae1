namespace Dsd.DeviceChecks;

/// <summary>The choices of a run.</summary>
/// <param name="Device">The device, e.g. <c>"cuda"</c>.</param>
/// <param name="Stages">The stages to run, in order.</param>
/// <param name="Folder">The folder of the results.</param>
/// <param name="Minutes">The time for all.</param>
/// <param name="Cases">The random cases of each law; null for as many as there is time for.</param>
/// <param name="Quick">True for a small amount of work.</param>
internal sealed record CheckOptions(string Device, IReadOnlyList<IStage> Stages, string Folder, double Minutes, int? Cases, bool Quick);
