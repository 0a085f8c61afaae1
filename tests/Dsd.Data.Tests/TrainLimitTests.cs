using System.Runtime.CompilerServices;
using Dsd.Data.Tests.Captions;
using Dsd.Data.Tests.Speech;
using Dsd.Models;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

/// <summary>Data of which only the first examples are trained on, of each kind.</summary>
public class TrainLimitTests
{
    private const string Rhyme = "one for sorrow, two for joy, three for a girl, four for a boy; ";

    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static TrainLimitTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    public static TheoryData<TaskKind> Kinds => [.. Enum.GetValues<TaskKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Evaluate_TrainSplitWithALimit_MeasuresNoMoreThanIsTrainedOn(TaskKind kind)
    {
        using var folder = new TempFolder();
        var (data, network) = Of(kind, folder);
        using (network)
        {
            network.eval();
            var metrics = data.Task(1, seed: 1).Evaluate(network, DataSplit.Train);
            Assert.All(metrics, m => Assert.InRange(m.Examples!.Value, 1, data.TrainExamples));
        }
    }

    private static (IDataset Data, nn.Module Network) Of(TaskKind kind, TempFolder folder)
    {
        switch (kind)
        {
            case TaskKind.Images:
                Pictures.Layout(folder, train: 40, val: 1);
                return (ImageFolder.Open(folder.Root, 8, trainLimit: 30), nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 3)));
            case TaskKind.Text:
                var text = new TextDataset("rhyme", [new("a", string.Concat(Enumerable.Repeat(Rhyme, 9))), new("b", string.Concat(Enumerable.Repeat(Rhyme, 9)))], [], [], trainLimit: 2);
                return (text, nn.Embedding(text.Vocabulary.Count, text.Vocabulary.Count));
            case TaskKind.Captions:
                var captions = TinyCaptions.Dataset(trainLimit: 2);
                return (captions, new NeuralTalk(captions.Train.FeatureWidth, captions.Vocabulary.Count, width: 0.05));
            case TaskKind.Speech:
                var speech = new SpeechDataset("tiny", [Wave.Utterance("ab"), Wave.Utterance("b"), Wave.Utterance("ba")], [], [], trainLimit: 2);
                return (speech, new DeepSpeech(Spectrogram.Bins, speech.Alphabet.Classes, 0.02, dropout: 0));
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "Add data of this kind with a limit.");
        }
    }
}
