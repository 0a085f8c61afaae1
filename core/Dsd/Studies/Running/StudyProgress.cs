namespace Dsd.Studies;

/// <summary>How far a worker is with what it is training, and with the study.</summary>
/// <param name="Name">The trial, or the block while its shared phases are trained.</param>
/// <param name="Done">Steps of the block that are done.</param>
/// <param name="Steps">Steps of the block.</param>
/// <param name="StudyDone">Steps of the study that are done: those of finished blocks, whoever trained them, and of this one.</param>
/// <param name="StudySteps">Steps of the study.</param>
public readonly record struct StudyProgress(string Name, long Done, long Steps, long StudyDone, long StudySteps);
