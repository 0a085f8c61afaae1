using Dsd.Records;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tensorboard;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Training;

/// <summary>The events of a run as TensorBoard shows them: scalars over steps, histograms of weights at the ends of phases, hyper-parameters.</summary>
internal sealed class TensorBoardLog(string folder) : IDisposable
{
    private const string HyperParameters = "hparams";

    /// <summary>The field of HParamsPluginData that holds the start of a session.</summary>
    private const int SessionStart = 3;

    private readonly TensorBoardFile _file = new(folder);

    public void Observe(TrainingEvent happened)
    {
        switch (happened)
        {
            case RunStarted start:
                _file.Write(0, [Settings(start)]);
                break;
            case PhaseStarted phase:
                _file.Write(phase.Step, [Scalar("phase", phase.Phase), .. Histograms(phase.Histograms)]);
                break;
            case StepSampled sample:
                _file.Write(sample.Step, [Scalar("loss/train batch", sample.Loss), Scalar("rate", sample.Rate)]);
                break;
            case MaskComputed mask:
                _file.Write(mask.Step, mask.Layers.SelectMany(l => new[]
                {
                    Scalar($"sparsity/{l.Parameter}", Share(l.Weights - l.Kept, l.Weights)),
                    Scalar($"newly pruned/{l.Parameter}", Share(l.NewlyPruned, l.Weights)),
                    Scalar($"regrown/{l.Parameter}", Share(l.Regrown, l.Weights)),
                }));
                break;
            case Evaluated measured:
                _file.Write(measured.Step, measured.Metrics.Select(m => Scalar($"{m.Name}/{Json.Word(measured.Split)}", m.Value)));
                break;
            case PhaseEnded phase:
                _file.Write(phase.Step, [.. phase.Layers.Select(l => Scalar($"sparsity/{l.Parameter}", Share(l.Weights - l.Kept, l.Weights))), .. Histograms(phase.Histograms)]);
                break;
            default:
                break;
        }
    }

    public void Dispose() => _file.Dispose();

    private static double Share(long part, long all) => all == 0 ? 0 : (double)part / all;

    private static Summary.Types.Value Scalar(string tag, double value) => new() { Tag = tag, SimpleValue = (float)value };

    private static IEnumerable<Summary.Types.Value> Histograms(IEnumerable<WeightHistogram> histograms) =>
        histograms.Select(h => new Summary.Types.Value { Tag = $"weights/{h.Parameter}", Histo = Histogram(h) });

    /// <summary>Converts a histogram; exact zeros are counted in the middle bin, and sums are those of the bins' centres.</summary>
    internal static HistogramProto Histogram(WeightHistogram histogram)
    {
        var result = new HistogramProto { Min = -histogram.Range, Max = histogram.Range };
        for (var bin = 0; bin < histogram.Counts.Count; bin++)
        {
            var centre = (histogram.Edge(bin) + histogram.Edge(bin + 1)) / 2;
            var count = histogram.Counts[bin] + (bin == histogram.Counts.Count / 2 ? histogram.Zeros : 0);
            result.BucketLimit.Add(histogram.Edge(bin + 1));
            result.Bucket.Add(count);
            result.Num += count;
            result.Sum += count * centre;
            result.SumSquares += count * centre * centre;
        }

        return result;
    }

    /// <summary>Writes the settings in the format of TensorBoard's hyper-parameters: a map of values, as in a Struct, in a field of the plug-in's message.</summary>
    private static Summary.Types.Value Settings(RunStarted start)
    {
        var map = new Struct();
        foreach (var (setting, value) in RunSettings.Of(start))
        {
            map.Fields[setting] = double.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var number) ? Value.ForNumber(number) : Value.ForString(value);
        }

        using var bytes = new MemoryStream();
        using (var content = new CodedOutputStream(bytes, leaveOpen: true))
        {
            content.WriteTag(SessionStart, WireFormat.WireType.LengthDelimited);
            content.WriteBytes(map.ToByteString());
        }

        return new()
        {
            Tag = "_hparams_/session_start_info",
            Metadata = new SummaryMetadata { PluginData = new SummaryMetadata.Types.PluginData { PluginName = HyperParameters, Content = ByteString.CopyFrom(bytes.ToArray()) } },
            Tensor = new TensorProto { Dtype = DataType.DtFloat },
        };
    }
}
