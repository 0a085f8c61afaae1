using Dsd.Records;

namespace Dsd.Data;

/// <summary>Measures how far a network has learnt the wrong labels of training examples, and how far the true ones.</summary>
internal static class Memorization
{
    /// <summary>Measures the predictions of training examples.</summary>
    /// <param name="source">The train split.</param>
    /// <param name="examples">The examples that were measured.</param>
    /// <param name="predicted">The class with the highest score of each.</param>
    /// <returns>The metrics of wrongly labelled examples, if there are any, and that of correctly labelled ones, if there are any.</returns>
    public static ValueList<MetricValue> Measure(IImageSource source, IEnumerable<int> examples, IEnumerable<long> predicted)
    {
        var (wrong, memorized, corrected, right, hits) = (0, 0, 0, 0, 0);
        var (measured, predictions) = (examples.ToList(), predicted.ToList());
        if (measured.Count != predictions.Count)
        {
            throw new DsdException(FormattableString.Invariant($"There are {predictions.Count} predictions for {measured.Count} training examples, so it is not known which belongs to which: an image became readable or unreadable during the measurement. Check the disk, and run again."));
        }

        foreach (var (example, prediction) in measured.Zip(predictions))
        {
            var (label, truth) = (source.Label(example), source.TrueLabel(example));
            if (label == truth)
            {
                right++;
                hits += prediction == truth ? 1 : 0;
            }
            else
            {
                wrong++;
                memorized += prediction == label ? 1 : 0;
                corrected += prediction == truth ? 1 : 0;
            }
        }

        List<MetricValue> metrics = [];
        if (wrong > 0)
        {
            metrics.Add(ImageClassification.WrongLabelsMemorized.Of((double)memorized / wrong, wrong));
            metrics.Add(ImageClassification.WrongLabelsCorrected.Of((double)corrected / wrong, wrong));
        }

        if (right > 0)
        {
            metrics.Add(ImageClassification.AccuracyOnTrueLabels.Of((double)hits / right, right));
        }

        return metrics.ToValueList();
    }
}
