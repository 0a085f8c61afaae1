using FsCheck;
using FsCheck.Fluent;

namespace Dsd.Testing;

/// <summary>Checks laws on random cases, and shrinks the first case that breaks one.</summary>
/// <param name="subject">The checked method in a few words.</param>
/// <param name="laws">The laws in the order of the report.</param>
/// <param name="check">Checks all laws on one case.</param>
/// <param name="shrink">Smaller cases, the smallest first.</param>
/// <param name="code">The check of a case as code.</param>
internal sealed class CaseRun<T>(
    string subject,
    IEnumerable<string> laws,
    Action<T, Findings> check,
    Func<T, IEnumerable<T>> shrink,
    Func<T, Code, string> code)
{
    private int _mostAttempts = new LawOptions().MostAttempts;

    /// <summary>Checks cases of a generator.</summary>
    public LawReport Check(Gen<T> cases, LawOptions? options)
    {
        options ??= new();
        _mostAttempts = options.MostAttempts;
        return Check(Draw(cases, options), options.Seed);
    }

    /// <summary>Checks given cases.</summary>
    public LawReport Check(IEnumerable<T> cases, long seed)
    {
        var applied = laws.ToDictionary(l => l, _ => 0);
        foreach (var (drawn, index) in cases.Select((c, i) => (c, i)))
        {
            var findings = Judge(drawn);
            if (findings.Broken is { } broken)
            {
                var (smallest, last) = Shrink(drawn, broken);
                throw new LawException(last.Law, last.Expected, last.Got, seed, index, code(smallest, Code.CSharp), code(smallest, Code.FSharp), last.Cause);
            }

            foreach (var law in findings.Applied)
            {
                applied[law]++;
            }
        }

        return new LawReport(subject, laws.Select(l => new LawResult(l, applied[l])).ToValueList(), seed);
    }

    private static IEnumerable<T> Draw(Gen<T> cases, LawOptions options)
    {
        for (var i = 0; i < options.Cases; i++)
        {
            // Small cases first, so that most faults are found on cases that are read at a glance.
            var size = 1 + (int)((options.MaxSize - 1L) * i / Math.Max(1, options.Cases - 1));
            yield return cases.Sample(1, new Rnd(CounterRandom.For(options.Seed, "law", i).Bits(0)), size)[0];
        }
    }

    private Findings Judge(T drawn)
    {
        var findings = new Findings();
        using var scope = TorchSharp.torch.NewDisposeScope();
        check(drawn, findings);
        return findings;
    }

    private (T Case, (string Law, string Expected, string Got, Exception? Cause) Broken) Shrink(T found, (string Law, string Expected, string Got, Exception? Cause) broken)
    {
        var left = _mostAttempts;
        for (var isSmaller = true; isSmaller && left > 0;)
        {
            isSmaller = false;
            foreach (var candidate in shrink(found))
            {
                if (--left <= 0)
                {
                    break;
                }

                if (Judge(candidate).Broken is { } again && again.Law == broken.Law)
                {
                    (found, broken, isSmaller) = (candidate, again, true);
                    break;
                }
            }
        }

        return (found, broken);
    }
}
