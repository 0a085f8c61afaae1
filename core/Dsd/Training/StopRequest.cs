using System.Reflection;
using System.Runtime.InteropServices;

namespace Dsd.Training;

/// <summary>A request to stop training after the step in progress: by the caller's token, by the stop button of a notebook, or by Ctrl-C in a script.</summary>
/// <remarks>
/// At an interrupt the kernel of a notebook ends its process, and so does the runtime. Handlers run one after another, the newest first; this one holds the signal back. In a script it does so
/// until the checkpoint is written. In a notebook it never returns, since the values of the cells should outlive the stop button.
/// </remarks>
internal sealed class StopRequest : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestStep = TimeSpan.FromMinutes(1);
    private readonly NotebookOutput? _output;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _cell;
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private int _signalled;
    private int _disposals;
    private volatile bool _isMade;

    /// <summary>Begins to listen.</summary>
    /// <param name="keeps">True if a stopped run can be continued: otherwise an interrupt ends a script at once, as ever.</param>
    /// <param name="output">An output of the notebook's cell; null outside a notebook.</param>
    /// <param name="caller">The caller's token; in a script whoever gives one handles signals too.</param>
    public StopRequest(bool keeps, NotebookOutput? output, CancellationToken caller)
    {
        (_output, _source) = (output, CancellationTokenSource.CreateLinkedTokenSource(caller));

        // Where nothing else is listened to it is the caller's own, since a linked one follows an asynchronous cancellation some steps later.
        Token = output is null && caller.CanBeCanceled ? caller : _source.Token;
        _cell = output?.Cancellation.Register(() =>
        {
            Make();

            // The notebook takes no output of a cell whose cancellation it has reported.
            if (Environment.CurrentManagedThreadId != _thread)
            {
                _over.Task.Wait(s_longestStep, CancellationToken.None);
            }
        }) ?? default;
        if (output is not null)
        {
            Listen(PosixSignal.SIGINT, Park);
        }
        else if (keeps && !caller.CanBeCanceled)
        {
            Listen(PosixSignal.SIGINT, Delay);
        }

        if (keeps && !caller.CanBeCanceled)
        {
            Listen(PosixSignal.SIGTERM, Delay);
        }
    }

    /// <summary>Cancelled by whichever request comes first.</summary>
    public CancellationToken Token { get; }

    /// <summary>True if the request came from elsewhere than the caller's token.</summary>
    public bool IsMade => _isMade;

    /// <summary>Says below the cell, or on standard error, what became of the run.</summary>
    public void Say(string sentence)
    {
        try
        {
            if (_output is not null)
            {
                _output.Show(sentence);
            }
            else
            {
                Console.Error.WriteLine(sentence);
            }
        }
        catch (Exception e) when (e is IOException or TargetInvocationException)
        {
            // Nobody reads it any more.
        }
    }

    /// <summary>Releases the signals that were held back; in a script the process then ends here.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposals, 1) > 0)
        {
            return;
        }

        _over.TrySetResult();
        _cell.Dispose();
        if (_signalled > 0)
        {
            Thread.Sleep(s_grace);
        }

        // A button is pressed twice more easily than a run is stopped: the second must not end the kernel.
        (_isMade && _output is not null ? Task.Delay(s_grace) : Task.CompletedTask)
            .ContinueWith(_ => _signals.ForEach(s => s.Dispose()), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _source.Dispose();
    }

    private void Listen(PosixSignal signal, Action<PosixSignalContext> handler) => _signals.Add(PosixSignalRegistration.Create(signal, handler));

    private void Park(PosixSignalContext context)
    {
        Make();
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Waits until the run is over; a second Ctrl-C ends the process at once. Requests to terminate may come more than once, as from a launcher and the program that it started.</summary>
    private void Delay(PosixSignalContext context)
    {
        var isFirst = Interlocked.Exchange(ref _signalled, 1) == 0;
        if (isFirst || context.Signal == PosixSignal.SIGTERM)
        {
            if (isFirst)
            {
                Say($"Stopping after the step in progress.{(context.Signal == PosixSignal.SIGINT ? " Ctrl-C again ends the program at once." : "")}");
            }

            Make();
            _over.Task.Wait();
        }
    }

    private void Make()
    {
        _isMade = true;
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run is over.
        }
    }
}
