namespace Dsd.Studies;

/// <summary>The progress of a worker in its current training and in the study.</summary>
/// <param name="Name">The trial, or the block while its shared phases are trained.</param>
/// <param name="Done">The finished steps of the block.</param>
/// <param name="Steps">The total steps of the block.</param>
/// <param name="StudyDone">The finished steps of the study: those of finished blocks by any worker, and of this block.</param>
/// <param name="StudySteps">The total steps of the study.</param>
public readonly record struct StudyProgress(string Name, long Done, long Steps, long StudyDone, long StudySteps);
