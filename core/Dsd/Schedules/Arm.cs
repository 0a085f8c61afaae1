namespace Dsd.Schedules;

/// <summary>An arm of a comparison: a name and a schedule.</summary>
public sealed record Arm
{
    /// <summary>Creates an arm.</summary>
    /// <param name="name">The name in tables, records and folders: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, not starting with a dot.</param>
    /// <param name="schedule">The schedule.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or has other characters.</exception>
    public Arm(string name, Schedule schedule)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(schedule);
        if (name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new ArgumentException($"'{name}' cannot name an arm: use letters, digits, '-', '_' and '.', and do not start with '.'.", nameof(name));
        }

        Name = name;
        Schedule = schedule;
    }

    /// <summary>The name in tables, records and folders.</summary>
    public string Name { get; }

    /// <summary>The schedule.</summary>
    public Schedule Schedule { get; }

    /// <summary>Creates the arm under test, with the schedule unchanged, named <c>dsd</c>.</summary>
    /// <param name="schedule">The schedule.</param>
    public static Arm Dsd(Schedule schedule) => new("dsd", schedule);

    /// <summary>Creates the fair control: the same phases and learning rates without a mask, named <c>control</c>.</summary>
    /// <param name="schedule">The schedule under test.</param>
    public static Arm Control(Schedule schedule) => new("control", schedule.AsDenseControl());
}
