using System.Globalization;
using Dsd.Models;
using Dsd.Records;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The task of speech recognition, with the loss of connectionist temporal classification (Graves, Fernández, Gomez and Schmidhuber, ICML 2006).</summary>
/// <remarks>
/// The batch of a step is a pure function of the seed and the step; utterances of similar length are batched together. No infinite loss is suppressed:
/// utterances whose transcript does not fit were excluded when the data set was created. One instance serves any number of models in
/// turn. <see cref="CatalogTrials.Open"/> and <see cref="IDataset.Task"/> create it for data of the catalogue or in a folder.
/// </remarks>
public sealed class SpeechRecognition : ITrainingTask
{
    private const int EvaluationBatchSize = 16;
    private readonly LengthBuckets _order;
    private readonly Lazy<SpeechBatches> _batches;

    /// <summary>Describes the task.</summary>
    /// <param name="data">The utterances.</param>
    /// <param name="batchSize">The batch size in utterances, from 1 to the number of training utterances.</param>
    /// <param name="seed">The seed of the order of utterances.</param>
    /// <param name="beam">The beam search on the test split. Default null: a beam width of 16.</param>
    /// <param name="device">The device of the batches and the model. Default null: CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchSize"/> is below 1 or above the number of utterances.</exception>
    internal SpeechRecognition(SpeechDataset data, int batchSize, long seed, BeamSettings? beam = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        _order = new([.. data.Train.Utterances.Select(u => u.Spectrogram.Frames)], batchSize, seed, data.TrainExamples);
        (Data, Seed, Beam, Device) = (data, seed, beam ?? BeamSettings.Default, device);
        _batches = new(() => new(Data, _order, Device, KeepsOnDevice));
    }

    /// <summary>The character error rate: edits of all utterances divided by the characters of their transcripts.</summary>
    public static Metric CharacterErrorRate { get; } = new("CER", MetricGoal.Lower, MetricScale.Percent, isMeanOverExamples: true);

    /// <summary>The word error rate: edits of all utterances divided by the words of their transcripts.</summary>
    public static Metric WordErrorRate { get; } = new("WER", MetricGoal.Lower, MetricScale.Percent, isMeanOverExamples: true);

    /// <summary>The utterances.</summary>
    internal SpeechDataset Data { get; }

    /// <summary>The training batch size in utterances.</summary>
    public int BatchSize => _order.BatchSize;

    /// <inheritdoc/>
    int? ITrainingTask.BatchSize => BatchSize;

    /// <summary>The seed of the order.</summary>
    public long Seed { get; }

    /// <summary>The beam search on the test split.</summary>
    internal BeamSettings Beam { get; }

    /// <summary>The device of the batches; null for the CPU.</summary>
    public Device? Device { get; }

    /// <summary>True to keep spectrograms on the device, also on the CPU, false not to; null to do it on another device if they fit.</summary>
    internal bool? KeepsOnDevice { get; init; }

    /// <inheritdoc/>
    public string Name => Data.Name;

    /// <summary>Training steps in one epoch: the number of utterances divided by the batch size, rounded down.</summary>
    /// <remarks>Excluded utterances still count, and others occur twice instead, so that the number of steps is known before anything is read.</remarks>
    public int StepsPerEpoch => _order.StepsPerEpoch;

    /// <inheritdoc/>
    public ValueList<DataProblem> Problems => Data.Problems;

    /// <inheritdoc/>
    public string Settings => string.Create(
        CultureInfo.InvariantCulture,
        $"{Data.Train.Count} utterances of {Data.Train.Seconds / 60:0.0} min in all, {Data.Skipped.Count} left out, batch {BatchSize}, padding {100 * _order.PaddingOf(0):0.0} %, seed {Seed}");

    /// <summary>Computes error rates over utterances: all edits divided by all symbols.</summary>
    /// <param name="pairs">The pairs of reference and recognised text.</param>
    /// <returns><c>"CER"</c>, of characters, and <c>"WER"</c>, of words; each with the outcomes of the utterances, weighted by the symbols of their transcripts.</returns>
    public static ValueList<MetricValue> ErrorRates(IEnumerable<(string Reference, string Recognised)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var list = pairs.ToList();
        return [Rate(CharacterErrorRate, EditDistance.Characters), Rate(WordErrorRate, EditDistance.Words)];

        MetricValue Rate(Metric metric, Func<string, string, EditCounts> count)
        {
            var counts = list.ConvertAll(p => count(p.Reference, p.Recognised));
            var all = counts.Aggregate(default(EditCounts), (sum, c) => sum + c);

            // Insertions into an empty reference belong to no symbol, so no weighted mean over utterances can include them.
            var outcomes = counts.TrueForAll(c => c.Length > 0) ? ExampleOutcomes.Kept(counts.ConvertAll(c => (float)c.Rate), counts.ConvertAll(c => (float)c.Length)) : null;
            return metric.Of(all.Rate, counts.Count > 0 ? counts.Count : null, outcomes);
        }
    }

    /// <summary>Creates the batch of a step; the same at each call.</summary>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>
    /// Spectrograms, float32 (batch × frames × bins), zero beyond each utterance's end; their lengths in frames, int64 (batch); the
    /// concatenated indices of the transcripts, int64; and their lengths, int64 (batch). Both lengths are on the CPU, where networks and the loss
    /// read them, the others on the device. The caller owns all four.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public (Tensor Spectrograms, Tensor Frames, Tensor Targets, Tensor TargetLengths) Batch(long step) => _batches.Value.Batch(step);

    /// <summary>Runs the model on the batch of a step and returns the loss in nats per character, over all characters of the batch.</summary>
    /// <param name="model">A <see cref="SpeechNetwork"/> on the task's device.</param>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>A differentiable scalar tensor, owned by the caller.</returns>
    /// <exception cref="ArgumentException">The model is of another type, or for other bins or another alphabet.</exception>
    /// <exception cref="DsdException">The model has too few output steps for a transcript.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public Tensor Loss(nn.Module model, long step)
    {
        var network = Network(model);
        var utterances = _order.At(step).ToArray().Select(i => Data.Train[i]).ToArray();
        using var scope = NewDisposeScope();
        return (Run(network, utterances, () => Batch(step)).Nats / utterances.Sum(u => SpeechAlphabet.LengthOf(u.Transcript))).MoveToOuterDisposeScope();
    }

    /// <summary>Measures the model on a whole split; on the train split, on the utterances that are trained on.</summary>
    /// <param name="model">A <see cref="SpeechNetwork"/>, in evaluation mode.</param>
    /// <param name="split">The split to measure on.</param>
    /// <returns>
    /// <c>"CER"</c> and <c>"WER"</c>, the error rates of characters and words of each utterance's most likely path; <c>"loss"</c> in nats per
    /// character; and on the test split both error rates by beam search, without and with the language model of the training transcripts.
    /// </returns>
    /// <exception cref="ArgumentException">The model is of another type, or the split is empty.</exception>
    /// <exception cref="DsdException">The model has too few output steps for a transcript.</exception>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        var network = Network(model);
        var part = Checked(split);

        var nats = 0.0;
        var (greedy, beam, withLanguage) = (new List<(string, string)>(), new List<(string, string)>(), new List<(string, string)>());
        using var noGradients = no_grad();
        int[] order = [.. Enumerable.Range(0, part.Count).OrderByDescending(i => part[i].Spectrogram.Frames)];
        foreach (var (batch, read) in _batches.Value.ToMeasure(part, order, EvaluationBatchSize))
        {
            using var scope = NewDisposeScope();
            var (sum, scores) = Run(network, batch, read);
            nats += sum.ToDouble();
            foreach (var (utterance, rows) in batch.Zip(Rows(network, batch, scores)))
            {
                greedy.Add((utterance.Transcript, Data.Alphabet.Decode(CtcDecoder.Greedy(rows.Span, network.Classes))));
                if (split == DataSplit.Test)
                {
                    beam.Add((utterance.Transcript, Data.Alphabet.Decode(CtcDecoder.Beam(rows.Span, network.Classes, Beam).Characters)));
                    withLanguage.Add((utterance.Transcript, Data.Alphabet.Decode(CtcDecoder.Beam(rows.Span, network.Classes, Beam, Data.Language).Characters)));
                }
            }
        }

        ValueList<MetricValue> metrics = [.. ErrorRates(greedy), Metric.Loss.Of(nats / part.Characters, part.Count)];
        return split != DataSplit.Test ? metrics
            : [.. metrics, .. Named(beam, $"beam {Beam.Width}"), .. Named(withLanguage, $"beam {Beam.Width} with {Data.Language.Order}-grams")];
    }

    /// <summary>Transcribes utterances of a split, each by its most likely path, next to the transcripts that the data hold.</summary>
    /// <param name="model">A <see cref="SpeechNetwork"/>, in evaluation mode.</param>
    /// <param name="split">The split.</param>
    /// <param name="count">The number of utterances: the first ones of the split. Default null: all.</param>
    /// <returns>For each utterance its name, its transcript in the data, and the model's transcript.</returns>
    /// <exception cref="ArgumentException">The model is of another type, or for other bins or another alphabet, or the split is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is outside its range.</exception>
    public IReadOnlyList<(string Name, string Reference, string Transcript)> Transcribe(nn.Module model, DataSplit split, int? count = null)
    {
        var network = Network(model);
        var part = Checked(split);
        if (count is { } some && (some < 1 || some > part.Count))
        {
            throw new ArgumentOutOfRangeException(nameof(count), some, $"The number of utterances must be 1 to {part.Count}, those of the {split} split of {Name}; leave it out to take all of them.");
        }

        var found = new List<(string, string, string)>();
        using var noGradients = no_grad();
        foreach (var (batch, read) in _batches.Value.ToMeasure(part, [.. Enumerable.Range(0, count ?? part.Count)], EvaluationBatchSize))
        {
            using var scope = NewDisposeScope();
            var (spectrograms, frames, _, _) = read();
            found.AddRange(batch.Zip(Rows(network, batch, Scores(network, spectrograms, frames)), (utterance, rows) =>
                (utterance.Name, utterance.Transcript, Data.Alphabet.Decode(CtcDecoder.Greedy(rows.Span, network.Classes)))));
        }

        return found;
    }

    private SpeechSplit Checked(DataSplit split) => Data.Part(split) is { Count: > 0 } part
        ? part
        : throw new ArgumentException($"The {split} split of {Name} holds nothing, so nothing can be measured on it.", nameof(split));

    private static IEnumerable<MetricValue> Named(IEnumerable<(string, string)> pairs, string how) =>
        ErrorRates(pairs).Select(m => m.Metric.WithName($"{m.Name}, {how}").Of(m.Value, m.Examples, m.Outcomes));

    private static Tensor Scores(SpeechNetwork network, Tensor spectrograms, Tensor frames) =>
        network.call(spectrograms, frames).to(ScalarType.Float32).log_softmax(2);

    /// <summary>Splits the scores into each utterance's own rows.</summary>
    private static IEnumerable<ReadOnlyMemory<float>> Rows(SpeechNetwork network, Utterance[] batch, Tensor scores)
    {
        var (values, width) = (scores.cpu().contiguous().data<float>().ToArray(), (int)scores.size(1) * network.Classes);
        return batch.Select((u, i) => (ReadOnlyMemory<float>)values.AsMemory(i * width, network.OutputLength(u.Spectrogram.Frames) * network.Classes));
    }

    private SpeechNetwork Network(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        TorchRuntime.RequireConfigured("Recognising speech");
        return model is not SpeechNetwork network
            ? throw new ArgumentException(
                $"The model {model.GetName()} is a {model.GetType().Name}; recognising speech needs a {nameof(SpeechNetwork)}, which takes spectrograms and their lengths.", nameof(model))
            : network.Bins != Spectrogram.Bins || network.Classes != Data.Alphabet.Classes
            ? throw new ArgumentException(
                $"The model {model.GetName()} is for {network.Bins} bins and {network.Classes} classes; {Name} has {Spectrogram.Bins} bins and {Data.Alphabet.Classes} classes: "
                + $"{Data.Alphabet.Count} characters and the blank.",
                nameof(model))
            : network;
    }

    private (Tensor Nats, Tensor Scores) Run(SpeechNetwork network, Utterance[] batch, Func<(Tensor Spectrograms, Tensor Frames, Tensor Targets, Tensor TargetLengths)> read)
    {
        foreach (var utterance in batch)
        {
            var (steps, needed) = (network.OutputLength(utterance.Spectrogram.Frames), SpeechAlphabet.StepsNeeded(utterance.Transcript));
            if (steps < needed)
            {
                throw new DsdException(
                    $"'{utterance.Name}': its {utterance.Spectrogram.Frames} frames give {steps} rows of scores in {network.GetName()}, and its transcript of {SpeechAlphabet.LengthOf(utterance.Transcript)} "
                    + $"characters needs {needed}. Use a network with a row of scores for every {Data.FramesPerStep} frames, or more rows: every transcript fits those.");
            }
        }

        var (spectrograms, frames, targets, targetLengths) = read();
        var scores = Scores(network, spectrograms, frames);
        var outputs = tensor(Array.ConvertAll(batch, u => (long)network.OutputLength(u.Spectrogram.Frames)));
        var nats = nn.functional.ctc_loss(scores.transpose(0, 1), targets, outputs, targetLengths, SpeechAlphabet.Blank, zero_infinity: false, nn.Reduction.Sum);
        return (nats, scores);
    }
}
