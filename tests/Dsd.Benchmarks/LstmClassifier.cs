using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Layers of long short-term memory and one linear layer on what the last step of a sequence gives.</summary>
internal sealed class LstmClassifier : nn.Module<Tensor, Tensor>
{
    private readonly LSTM _lstm;
    private readonly Linear _fc;

    public LstmClassifier(int width, int layers, int classes)
        : base("lstm")
    {
        _lstm = nn.LSTM(width, width, layers, batchFirst: true);
        _fc = nn.Linear(width, classes);
        RegisterComponents();
    }

    /// <summary>Scores of sequences, shape (N, steps, width).</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (hidden, _, _) = _lstm.call(input);
        return _fc.call(hidden.select(1, input.shape[1] - 1)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _lstm.Dispose();
            _fc.Dispose();
        }

        base.Dispose(disposing);
    }
}
