namespace Dsd.Studies;

/// <summary>How far a worker is with what it is training.</summary>
/// <param name="Name">The trial, or the block while its shared phases are trained.</param>
/// <param name="Done">Steps of the block that are done.</param>
/// <param name="Steps">Steps of the block.</param>
public readonly record struct StudyProgress(string Name, long Done, long Steps);
