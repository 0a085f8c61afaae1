using Dsd;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

/// <summary>Eight noisy waves to classify. Replace them with your own tensors.</summary>
internal sealed class Waves : ITrainingTask
{
    private const int BatchSize = 64;
    private readonly (Tensor Inputs, Tensor Classes) _train;
    private readonly (Tensor Inputs, Tensor Classes) _validation;
    private readonly (Tensor Inputs, Tensor Classes) _test;

    public Waves(ulong seed)
    {
        using var random = new Generator(seed);
        var waves = (arange(1.0, 9.0).unsqueeze(1) * linspace(0.0, 6.28, 32)).sin();
        _train = Draw(3200);
        _validation = Draw(1000);
        _test = Draw(1000);

        (Tensor, Tensor) Draw(int examples)
        {
            var classes = randint(8, [examples], dtype: ScalarType.Int64, generator: random);
            return (waves.index_select(0, classes) + 1.6 * randn([examples, 32], generator: random), classes);
        }
    }

    public string Name => "waves";

    public int StepsPerEpoch => (int)_train.Inputs.shape[0] / BatchSize;

    // A batch depends on the step alone: both arms see the same data in the same order.
    public Tensor Loss(nn.Module model, long step)
    {
        var first = step % StepsPerEpoch * BatchSize;
        using var inputs = _train.Inputs.narrow(0, first, BatchSize);
        using var classes = _train.Classes.narrow(0, first, BatchSize);
        using var scores = ((nn.Module<Tensor, Tensor>)model).call(inputs);
        return nn.functional.cross_entropy(scores, classes);
    }

    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        using var scope = NewDisposeScope();
        var (inputs, classes) = split switch { DataSplit.Train => _train, DataSplit.Validation => _validation, _ => _test };
        var scores = ((nn.Module<Tensor, Tensor>)model).call(inputs);
        var right = scores.argmax(1).eq(classes).to(float32);
        return
        [
            Metric.Accuracy.Of(right.mean().item<float>(), outcomes: new ExampleOutcomes([.. right.data<float>()])),
            Metric.Loss.Of(nn.functional.cross_entropy(scores, classes).item<float>()),
        ];
    }
}
