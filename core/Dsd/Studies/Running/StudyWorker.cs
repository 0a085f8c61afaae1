using System.Globalization;
using Dsd.Records;
using Dsd.Torch;

namespace Dsd.Studies;

/// <summary>Works on a study: takes free blocks, trains them, waits for those of other workers, and judges when all are done.</summary>
/// <remarks>
/// Any number of workers, in any processes that see the folder, give the same results in any order. A killed worker loses
/// only its current trial: its claim expires and another worker takes the block.
/// </remarks>
internal sealed class StudyWorker
{
    private const string JudgementClaim = "judgement";
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private readonly StudyPlan _plan;
    private readonly StudyFolder _folder;
    private readonly ITrialSource _source;
    private readonly StudyData _data;
    private readonly Action<string, long, long>? _observer;
    private readonly TimeSpan _beat;
    private readonly ClaimWatch _watch;

    /// <summary>Creates a worker.</summary>
    /// <param name="plan">The plan of the study.</param>
    /// <param name="folder">The study's folder.</param>
    /// <param name="source">The source of networks and data.</param>
    /// <param name="observer">Receives the name of what is trained, and the finished and total steps of the study. Default null: none.</param>
    /// <param name="beat">The interval at which claims are renewed. Default null: two seconds.</param>
    /// <param name="expiry">The time after which an unrenewed claim may be taken over. Default null: one minute.</param>
    public StudyWorker(StudyPlan plan, StudyFolder folder, ITrialSource source, Action<string, long, long>? observer, TimeSpan? beat = null, TimeSpan? expiry = null)
    {
        _plan = plan;
        _folder = folder;
        _source = source;
        _data = new StudyData(folder, source);
        _observer = observer;
        _beat = beat ?? Claim.Interval;
        _watch = new ClaimWatch(expiry ?? Claim.Expiry);
    }

    /// <summary>Works until the study is over.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; finished trials stay.</exception>
    /// <exception cref="IOException">The folder can no longer be read or written, e.g. since the disk is full or it was deleted; finished trials stay as they are.</exception>
    public void Work(CancellationToken cancellation)
    {
        TorchRuntime.Configure();
        try
        {
            while (!_folder.IsOver(_plan))
            {
                cancellation.ThrowIfCancellationRequested();
                if (!WorkAtOne(cancellation))
                {
                    cancellation.WaitHandle.WaitOne(s_pause);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _folder.Lost(e);
        }
    }

    /// <summary>Trains one free block, or judges if all are done; returns false if it can only wait.</summary>
    private bool WorkAtOne(CancellationToken cancellation)
    {
        var open = _plan.TrialBlocks.Where(b => !b.Trials.All(_folder.IsDone)).ToList();
        if (open.Count == 0)
        {
            return TryWith(JudgementClaim, () => !_folder.IsJudged, _ => new StudyJudge(_plan, _folder, _source, _data).Judge());
        }

        return open.Exists(block => TryWith(block.Name, () => !block.Trials.All(_folder.IsDone), claim =>
        {
            _folder.CheckUnchanged();
            _folder.WithdrawJudgement();
            var before = _plan.TrialBlocks.Where(b => b != block && b.Trials.All(_folder.IsDone)).Sum(b => b.Steps);
            using var run = new BlockRun(
                _folder,
                block,
                _source,
                _data,
                claim,
                (name, done, steps) =>
                {
                    claim.Report(string.Create(CultureInfo.InvariantCulture, $"{done} {steps} {name}"));
                    _observer?.Invoke(name, before + done, _plan.Steps);
                },
                cancellation);
            try
            {
                run.Run();
            }
            catch (Exception e) when (e is ClaimLostException || (e is IOException && StudyFolder.IsThere(_folder.Path) && claim.CheckLost()))
            {
                // The worker that has the block now continues, and has removed what this one had started.
            }
        }));
    }

    private bool TryWith(string name, Func<bool> isWanted, Action<Claim> work)
    {
        var held = Claim.Find(_folder.Claims, name);
        if (held is var (generation, content) && !_watch.IsExpired(name, generation, content))
        {
            return false;
        }

        using var claim = Claim.TryMake(_folder.Claims, name, (held?.Generation ?? 0) + 1, _beat);
        if (claim is null || !isWanted())
        {
            // Another worker was faster, perhaps so much that all is done.
            return false;
        }

        work(claim);
        return true;
    }
}
