using System.Reflection;
using Dsd.Training;
using Microsoft.DotNet.Interactive;

namespace Dsd.Tests.Training;

/// <summary>Requests to stop by tokens; signals are sent to scripts and kernels by Dsd.Examples.Tests.</summary>
[Collection("Notebook")]
public sealed class StopRequestTests : IDisposable
{
    private readonly CancellationTokenSource _button = new();
    private readonly CancellationTokenSource _caller = new();
    private readonly KernelInvocationContext _context;

    public StopRequestTests() => KernelInvocationContext.Current = _context = new KernelInvocationContext { CancellationToken = _button.Token };

    public void Dispose()
    {
        KernelInvocationContext.Current = null;
        _button.Dispose();
        _caller.Dispose();
    }

    [Fact]
    public void Token_TheCallersIsCancelled_IsCancelledWithoutARequest()
    {
        using var stop = Listen();
        Assert.False(stop.Token.IsCancellationRequested);
        _caller.Cancel();
        Assert.True(stop.Token.IsCancellationRequested);
        Assert.False(stop.IsMade);
    }

    [Fact]
    public async Task Token_TheNotebookCancelsItsCell_IsCancelledAndTheNotebookWaitsForTheRun()
    {
        var stop = Listen();
        var press = Task.Run(_button.Cancel);
        Assert.True(stop.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
        Assert.True(stop.IsMade);
        stop.Say("stopped");
        Assert.False(press.IsCompleted);
        stop.Dispose();
        await press.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("stopped", Assert.Single(_context.Outputs).Values.Single().ToString());
    }

    [Fact]
    public void Token_TheCellIsCancelledAlready_IsCancelledAtOnce()
    {
        _button.Cancel();
        using var stop = Listen();
        Assert.True(stop.Token.IsCancellationRequested);
    }

    [Fact]
    public void Token_OutsideANotebook_IsThatOfTheCaller()
    {
        using var stop = new StopRequest(keeps: false, null, _caller.Token);
        _button.Cancel();
        Assert.False(stop.Token.IsCancellationRequested);
        _caller.Cancel();
        Assert.True(stop.Token.IsCancellationRequested);
    }

    private StopRequest Listen() => new(keeps: true, NotebookOutput.In(Assembly.GetExecutingAssembly()), _caller.Token);
}
