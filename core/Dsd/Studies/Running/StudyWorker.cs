using System.Globalization;
using System.Runtime.InteropServices;
using Dsd.Records;
using Dsd.Torch;
using Dsd.Training;

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
    private readonly SeedsAtOnce _seeds;

    /// <summary>Creates a worker.</summary>
    /// <param name="plan">The plan of the study.</param>
    /// <param name="folder">The study's folder.</param>
    /// <param name="source">The source of networks and data.</param>
    /// <param name="observer">Receives the name of what is trained, and the finished and total steps of the study. Default null: none.</param>
    /// <param name="beat">The interval at which claims are renewed. Default null: two seconds.</param>
    /// <param name="expiry">The time after which an unrenewed claim may be taken over. Default null: one minute.</param>
    /// <param name="seeds">The number of seeds to train at once. Default null: as many as fit on a GPU, and one after another elsewhere.</param>
    public StudyWorker(StudyPlan plan, StudyFolder folder, ITrialSource source, Action<string, long, long>? observer, TimeSpan? beat = null, TimeSpan? expiry = null, SeedsAtOnce? seeds = null)
    {
        _seeds = seeds ?? new SeedsAtOnce(null);
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

    /// <summary>Trains free blocks, or judges if all are done; returns false if it can only wait.</summary>
    private bool WorkAtOne(CancellationToken cancellation)
    {
        var open = _plan.TrialBlocks.Where(b => !b.Trials.All(_folder.IsDone)).ToList();
        if (open.Count > 0)
        {
            return open.Exists(block => TrainFrom(block, open, cancellation));
        }

        using var claim = Take(JudgementClaim, () => !_folder.IsJudged);
        if (claim is not null)
        {
            new StudyJudge(_plan, _folder, _source, _data).Judge(cancellation);
        }

        return claim is not null;
    }

    /// <summary>Trains a block, and at once with it those that differ from it in the seed alone; returns false if another worker has it.</summary>
    private bool TrainFrom(TrialBlock block, List<TrialBlock> open, CancellationToken cancellation)
    {
        var (taken, done, sum, before) = (new List<BlockRun>(), new Dictionary<TrialBlock, long>(), 0L, 0L);
        try
        {
            if (TryTake(block) is not { } first)
            {
                return false;
            }

            _folder.CheckUnchanged();
            _folder.WithdrawJudgement();
            if (!Open(first))
            {
                return true;
            }

            var others = open.FindAll(b => b != block && b.Trials[0].Treatment == block.Trials[0].Treatment);
            var most = _seeds.For(first, 1 + others.Count);
            foreach (var other in others.TakeWhile(_ => taken.Count < most))
            {
                if (TryTake(other) is { } next && !(Open(next) && next.Place == first.Place))
                {
                    // Finished meanwhile, or at another step: the next round finds it.
                    taken.Remove(next);
                    next.Dispose();
                }
            }

            before = _plan.TrialBlocks.Where(b => !taken.Exists(t => t.Block == b) && b.Trials.All(_folder.IsDone)).Sum(b => b.Steps);
            Train(taken, cancellation);
        }
        finally
        {
            taken.ForEach(t => t.Dispose());
        }

        return true;

        BlockRun? TryTake(TrialBlock wanted)
        {
            if (Take(wanted.Name, () => !wanted.Trials.All(_folder.IsDone)) is not { } claim)
            {
                return null;
            }

            var run = new BlockRun(
                _folder,
                wanted,
                _source,
                _data,
                claim,
                (name, steps, all) =>
                {
                    claim.Report(string.Create(CultureInfo.InvariantCulture, $"{steps} {all} {name}"));
                    sum += steps - done.GetValueOrDefault(wanted);
                    done[wanted] = steps;
                    _observer?.Invoke(name, before + sum, _plan.Steps);
                },
                cancellation);
            taken.Add(run);
            return run;
        }
    }

    /// <summary>Opens a block; returns false if it is finished or another worker's.</summary>
    private static bool Open(BlockRun block)
    {
        try
        {
            return block.Open();
        }
        catch (Exception e) when (block.IsLostBy(e))
        {
            return false;
        }
    }

    private void Train(List<BlockRun> blocks, CancellationToken cancellation)
    {
        var first = blocks[0];
        if (blocks.Count > 1)
        {
            try
            {
                new StackedBlocks(blocks, cancellation).Run();
            }
            catch (Exception e) when (e is (DsdException and not CustomCodeException) or ExternalException)
            {
                _seeds.Failed(first, blocks.Count, e);
            }

            return;
        }

        try
        {
            first.Train();
        }
        catch (Exception e) when (first.IsLostBy(e))
        {
            // The worker that has the block now continues, and has removed what this one had started.
        }
    }

    /// <summary>Claims something; null if another worker has it or nothing is left to do.</summary>
    private Claim? Take(string name, Func<bool> isWanted)
    {
        var held = Claim.Find(_folder.Claims, name);
        if (held is var (generation, content) && !_watch.IsExpired(name, generation, content))
        {
            return null;
        }

        var claim = Claim.TryMake(_folder.Claims, name, (held?.Generation ?? 0) + 1, _beat);
        if (claim is not null && !isWanted())
        {
            // Another worker was so much faster that all is done.
            claim.Dispose();
            return null;
        }

        return claim;
    }
}
