using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>A variant of a study: a name, a schedule and optionally its own training config.</summary>
public sealed record StudyVariant
{
    /// <summary>Describes a variant.</summary>
    /// <param name="name">The name in tables and charts, e.g. <c>"sparsity 0.3"</c>; not empty, one line.</param>
    /// <param name="schedule">The schedule under test, from which arms are derived.</param>
    /// <param name="config">The training config. Default null: the study's.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty, longer than 120 characters, or more than one line.</exception>
    public StudyVariant(string name, Schedule schedule, TrainingConfig? config = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(schedule);
        if (name.Length > 120 || name.Any(char.IsControl))
        {
            throw new ArgumentException($"A variant's name is one line of at most 120 characters; '{name[..Math.Min(20, name.Length)]}…' is not.", nameof(name));
        }

        Name = name;
        Schedule = schedule;
        Config = config;
    }

    /// <summary>The name in tables and charts.</summary>
    public string Name { get; }

    /// <summary>The schedule under test.</summary>
    public Schedule Schedule { get; }

    /// <summary>The training config; null for the study's.</summary>
    public TrainingConfig? Config { get; }
}
