using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Accumulates one metric over the batches of a split, on their device; <see cref="Value"/> reads it.</summary>
internal sealed class Tally(TaskMetric metric, bool keepsOutcomes)
{
    private readonly List<Tensor> _values = [];
    private readonly List<long> _counts = [];

    /// <summary>Adds a batch; what is kept of it belongs to the dispose scope around the current one.</summary>
    public void Add(Tensor output, Tensor target)
    {
        var examples = target.shape[0];
        _values.Add(metric.OfEach is { } each ? Each(each(output, target), examples) : metric.OfAll!(output, target).MoveToOuterDisposeScope());
        _counts.Add(examples);
    }

    /// <summary>Returns the value over all batches so far.</summary>
    public MetricValue Value()
    {
        var (sum, count) = (0.0, _counts.Sum());
        if (metric.OfEach is null)
        {
            foreach (var (value, examples) in DeviceData.Read<double>(_values).Zip(_counts))
            {
                sum += value * examples;
            }

            return metric.Metric.Of(sum / count, count, null);
        }

        // Batch by batch, since the order of additions decides the last bits.
        var outcomes = DeviceData.ReadAll<float>(_values);
        var first = 0;
        foreach (var examples in _counts)
        {
            sum += outcomes.Skip(first).Take((int)examples).Sum(o => (double)o);
            first += (int)examples;
        }

        return metric.Metric.Of(sum / count, count, keepsOutcomes ? ExampleOutcomes.Kept(outcomes) : null);
    }

    private Tensor Each(Tensor outcomes, long examples)
    {
        if (outcomes is null || outcomes.numel() != examples || outcomes.dim() == 0)
        {
            throw new DsdException(FormattableString.Invariant(
                $"The function of the metric '{metric}' gave {(outcomes is null ? "null" : $"shape [{string.Join(", ", outcomes.shape)}]")} for {examples} examples; one outcome an example is needed, shape [{examples}]. For one value a batch, use TaskMetric.PerBatch."));
        }

        // A copy, since the function may use the memory again.
        using var numbers = outcomes.detach().to(ScalarType.Float32, copy: true);
        return numbers.reshape(-1).MoveToOuterDisposeScope();
    }
}
