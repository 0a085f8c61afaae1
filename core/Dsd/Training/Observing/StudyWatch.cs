using System.Globalization;

namespace Dsd.Training;

/// <summary>Follows a study and describes its progress.</summary>
internal sealed class StudyWatch(ProgressShow show)
{
    private string? _name;
    private long _from;
    private long _done;
    private long _steps;

    /// <summary>Handles progress: what is being trained, and the study's steps done and in total; the name is null when the study is over.</summary>
    public void Observe(string? name, long done, long steps)
    {
        if (name is null)
        {
            if (_name is not null)
            {
                show.End(string.Create(CultureInfo.InvariantCulture, $"{_done:N0} of {_steps:N0} steps of the study done, {Words.Time(show.Elapsed.TotalSeconds)}"));
            }

            _name = null;
            return;
        }

        if (_name is null)
        {
            _from = done;
            show.Begin(Status);
        }

        show.Change(() =>
        {
            var isAnother = name != _name;
            (_name, _done, _steps) = (name, done, steps);
            return isAnother ? Status() : null;
        });
    }

    private string Status() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_name}, step {_done:N0} of {_steps:N0} of the study{(_done > _from && _done < _steps ? $", {Words.Time(show.Elapsed.TotalSeconds / (_done - _from) * (_steps - _done))} left" : "")}");
}
