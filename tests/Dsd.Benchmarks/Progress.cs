using System.Diagnostics;

namespace Dsd.Benchmarks;

/// <summary>Shows on standard error which case is being measured and how long the rest will take; says nothing while a clock runs.</summary>
/// <param name="cases">All that are measured.</param>
internal sealed class Progress(IReadOnlyList<Case> cases)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly bool _live = !Console.IsErrorRedirected;
    private int _begun;
    private string _title = "";

    public void Begin(Case one)
    {
        var done = cases.Take(_begun).Sum(c => c.Seconds);
        var left = cases.Skip(_begun).Sum(c => c.Seconds) * (done > 0 ? _clock.Elapsed.TotalSeconds / done : 1);
        _begun++;
        _title = $"[{_begun}/{cases.Count}] {one.Name}{(done > 0 ? $", about {Cli.Summary.Time(left)} left" : "")}";
        Write(_title, lasting: true);
    }

    /// <summary>Says how far the case is; only where the line can be written over.</summary>
    public void Say(string words) => Write($"{_title}: {words}", lasting: false);

    public void End() => Write($"measured in {Cli.Summary.Time(_clock.Elapsed.TotalSeconds)}", lasting: true);

    private void Write(string text, bool lasting)
    {
        if (!_live)
        {
            if (lasting)
            {
                Cli.Say.Line(text);
            }

            return;
        }

        var width = Math.Max(20, Console.WindowWidth) - 1;
        Console.Error.Write($"\r{(text.Length > width ? text[..width] : text.PadRight(width))}");
        if (lasting)
        {
            Console.Error.WriteLine();
        }
    }
}
