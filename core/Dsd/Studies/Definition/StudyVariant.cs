using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>One of the things that a study compares: a name, a schedule and, where it differs, a setting of its own.</summary>
public sealed record StudyVariant
{
    /// <summary>Describes a variant.</summary>
    /// <param name="name">Its name in tables and pictures, e.g. <c>"sparsity 0.3"</c>; not empty, one line.</param>
    /// <param name="schedule">The schedule under test; arms follow from it.</param>
    /// <param name="setting">What it is trained on and with. Default null: the study's.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty, longer than 120 characters, or more than one line.</exception>
    public StudyVariant(string name, Schedule schedule, TrainingConfig? setting = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(schedule);
        if (name.Length > 120 || name.Any(char.IsControl))
        {
            throw new ArgumentException($"A variant's name is one line of at most 120 characters; '{name[..Math.Min(20, name.Length)]}…' is not.", nameof(name));
        }

        Name = name;
        Schedule = schedule;
        Config = setting;
    }

    /// <summary>Its name in tables and pictures.</summary>
    public string Name { get; }

    /// <summary>The schedule under test.</summary>
    public Schedule Schedule { get; }

    /// <summary>What it is trained on and with, or null for the study's setting.</summary>
    public TrainingConfig? Config { get; }
}
