using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Accumulates one metric over the batches of a split.</summary>
internal sealed class Tally(TaskMetric metric, bool keepsOutcomes)
{
    private readonly List<float> _outcomes = [];
    private double _sum;
    private long _count;

    /// <summary>Adds a batch.</summary>
    public void Add(Tensor output, Tensor target)
    {
        var examples = target.shape[0];
        if (metric.OfEach is { } each)
        {
            AddEach(each(output, target), examples);
        }
        else
        {
            _sum += metric.OfAll!(output, target) * examples;
        }

        _count += examples;
    }

    /// <summary>Returns the value over all batches so far.</summary>
    public MetricValue Value() => metric.Metric.Of(_sum / _count, _count, _outcomes.Count == _count ? ExampleOutcomes.Kept(_outcomes) : null);

    private void AddEach(Tensor outcomes, long examples)
    {
        if (outcomes is null || outcomes.numel() != examples || outcomes.dim() == 0)
        {
            throw new DsdException(FormattableString.Invariant(
                $"The function of the metric '{metric}' gave {(outcomes is null ? "null" : $"shape [{string.Join(", ", outcomes.shape)}]")} for {examples} examples; one outcome an example is needed, shape [{examples}]. For one value a batch, use TaskMetric.PerBatch."));
        }

        using var numbers = outcomes.detach().to(ScalarType.Float32).cpu().reshape(-1);
        var values = numbers.data<float>().ToArray();
        _sum += values.Sum(v => (double)v);
        if (keepsOutcomes)
        {
            _outcomes.AddRange(values);
        }
    }
}
