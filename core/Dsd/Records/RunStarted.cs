using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>A run begins; what it was given.</summary>
/// <param name="Arm">The name of the arm, e.g. <c>"dsd"</c> or <c>"control"</c>.</param>
/// <param name="Schedule">What it does.</param>
/// <param name="Model">The name of the network.</param>
/// <param name="ModelFingerprint">The fingerprint of the network's shape.</param>
/// <param name="Data">The name of the data set.</param>
/// <param name="StepsPerEpoch">Optimiser steps in one pass over the training split.</param>
/// <param name="TaskSettings">How batches are made, as text.</param>
/// <param name="Optimizer">The optimiser and its constants, as text.</param>
/// <param name="GradientClip">The largest norm that the gradient may have, or null for any.</param>
/// <param name="Seed">The seed of the run.</param>
/// <param name="Device">Where it computes, e.g. <c>"cpu"</c>.</param>
/// <param name="Threads">The threads that libtorch uses on the CPU.</param>
/// <param name="Version">The version of this library.</param>
public sealed record RunStarted(
    string Arm,
    Schedule Schedule,
    string Model,
    string ModelFingerprint,
    string Data,
    int StepsPerEpoch,
    string TaskSettings,
    string Optimizer,
    double? GradientClip,
    long Seed,
    string Device,
    int Threads,
    string Version) : TrainingEvent;
