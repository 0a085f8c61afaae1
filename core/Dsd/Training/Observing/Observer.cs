using Dsd.Records;
using Dsd.Schedules;

namespace Dsd.Training;

/// <summary>Observes training; accepted wherever a trainer, a comparison or a study takes an observer.</summary>
/// <remarks>Made by <see cref="Observers"/>; <c>+</c> combines two. It cannot change training.</remarks>
public sealed class Observer
{
    private readonly Action<Arm?, TrainingEvent> _run;

    internal Observer(Action<Arm?, TrainingEvent> run, Action<string?, long, long>? study) => (_run, Study) = (run, study);

    /// <summary>
    /// Called with a study's progress instead of single events: the name of what is being trained, and the study's steps done and in total; the name is null when
    /// the study is over. Null if the observer cannot watch studies.
    /// </summary>
    internal Action<string?, long, long>? Study { get; }

    /// <summary>Converts to the function that a comparison takes.</summary>
    /// <param name="observer">The observer.</param>
    public static implicit operator Action<Arm, TrainingEvent>(Observer observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return observer.Observe;
    }

    /// <summary>Converts to the function that a trainer takes.</summary>
    /// <param name="observer">The observer.</param>
    public static implicit operator Action<TrainingEvent>(Observer observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return observer.Observe;
    }

    /// <summary>Combines two observers; the left one is called first.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    public static Observer operator +(Observer left, Observer right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new(left._run + right._run, left.Study is { } one && right.Study is { } other ? one + other : null);
    }

    /// <summary>Handles an event of a single run.</summary>
    /// <param name="happened">The event.</param>
    public void Observe(TrainingEvent happened) => _run(null, happened);

    /// <summary>Handles an event of an arm of a comparison.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="happened">The event.</param>
    public void Observe(Arm arm, TrainingEvent happened)
    {
        ArgumentNullException.ThrowIfNull(arm);
        _run(arm, happened);
    }
}
