namespace Dsd.Schedules;

/// <summary>One way of training that is compared with others: a name and a schedule.</summary>
public sealed record Arm
{
    /// <summary>Creates an arm.</summary>
    /// <param name="name">Its name in tables, records and folders: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, not starting with a dot.</param>
    /// <param name="schedule">What it does.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> has other characters or none.</exception>
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

    /// <summary>Its name in tables, records and folders.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public Schedule Schedule { get; }

    /// <summary>The arm under test: the schedule as it is, named <c>dsd</c>.</summary>
    /// <param name="schedule">The schedule.</param>
    public static Arm Dsd(Schedule schedule) => new("dsd", schedule);

    /// <summary>The fair control: the same phases and rates without a mask, named <c>control</c>.</summary>
    /// <param name="schedule">The schedule under test.</param>
    public static Arm Control(Schedule schedule) => new("control", schedule.AsDenseControl());
}
