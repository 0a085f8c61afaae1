using Dsd.Models;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Speech;

public class SpeechRecognitionTests
{
    private static readonly SpeechDataset s_data = Data();

    [Fact]
    public void Loss_SmallBatch_IsMinusTheLogarithmOfAllPathsByCharacter()
    {
        using var scope = NewDisposeScope();
        var alphabet = new SpeechAlphabet("ab");
        var data = new SpeechDataset("tiny", [Wave.Utterance("ab", 4), Wave.Utterance("aa", 4, "aa"), Wave.Utterance("b", 3)], [], [], alphabet, framesPerStep: 1);
        var task = new SpeechRecognition(data, 3, 1);
        var model = new DeepSpeech(161, 3, 0.01, frameStride: 1, dropout: 0);
        var expected = 0.0;
        foreach (var utterance in data.Train.Utterances)
        {
            var frames = utterance.Spectrogram.Frames;
            var input = tensor(Array.ConvertAll(utterance.Spectrogram.Values.ToArray(), h => (float)h)).view(1, frames, 161);
            var rows = model.call(input, tensor([(long)frames])).log_softmax(2).data<float>().ToArray();
            var p = 0.0;
            for (var code = 0; code < Math.Pow(3, frames); code++)
            {
                var path = Enumerable.Range(0, frames).Select(t => code / (int)Math.Pow(3, t) % 3).ToArray();
                var text = alphabet.Decode(path.Where((c, t) => c != 0 && (t == 0 || path[t - 1] != c)));
                p += text == utterance.Transcript ? Math.Exp(path.Select((c, t) => (double)rows[(t * 3) + c]).Sum()) : 0;
            }

            expected -= Math.Log(p);
        }

        Assert.Equal(expected / 5, task.Loss(model, 0).ToDouble(), 1e-4);
        model.eval();
        var metrics = new SpeechRecognition(new("tiny", data.Train.Utterances, data.Train.Utterances, [], alphabet, 1), 3, 1).Evaluate(model, DataSplit.Validation);
        Assert.Equal(["CER", "WER", "loss"], metrics.Select(m => m.Name));
        Assert.Equal(expected / 5, metrics[2].Value, 1e-4);
    }

    [Fact]
    public void Batch_AnyStep_HoldsTheUtterancesAsTheyAreAndZerosBeyond()
    {
        using var scope = NewDisposeScope();
        var task = new SpeechRecognition(s_data, 4, 3);
        var (spectrograms, frames, targets, lengths) = task.Batch(1);
        var again = task.Batch(1);
        Assert.True(spectrograms.equal(again.Spectrograms).all().item<bool>());
        Assert.Equal([4L, frames.max().item<long>(), 161], spectrograms.shape);
        Assert.Equal(targets.numel(), lengths.sum().item<long>());
        for (var i = 0; i < 4; i++)
        {
            var length = (int)frames[i].item<long>();
            Assert.True(spectrograms[i, length..].eq(0).all().item<bool>());
            Assert.True(spectrograms[i, ..length].abs().sum().item<float>() > 0);
        }
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Training_FewUtterances_AreLearntByHeart()
    {
        manual_seed(1);
        using var model = new DeepSpeech(161, s_data.Alphabet.Classes, 0.05, dropout: 0);
        var task = (SpeechRecognition)s_data.Task(4, 1);
        using var optimizer = optim.Adam(model.parameters(), 3e-3);
        for (var step = 0; step < 150; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            task.Loss(model, step).backward();
            nn.utils.clip_grad_norm_(model.parameters().ToArray(), 1);
            optimizer.step();
        }

        model.eval();
        var before = model.parameters().Select(p => p.sum().item<float>()).ToArray();
        var metrics = task.Evaluate(model, DataSplit.Test);
        Assert.Equal(before, model.parameters().Select(p => p.sum().item<float>()));
        Assert.Equal(
            ["CER", "WER", "loss", "CER, beam 16", "WER, beam 16", "CER, beam 16 with 5-grams", "WER, beam 16 with 5-grams"], metrics.Select(m => m.Name));
        Assert.All(metrics, m => Assert.InRange(m.Value, 0, 0.2));
        Assert.Equal(metrics, task.Evaluate(model, DataSplit.Test));

        var transcribed = task.Transcribe(model, DataSplit.Test);
        Assert.Equal(s_data.Test.Utterances.Select(u => (u.Name, u.Transcript)), transcribed.Select(t => (t.Name, t.Reference)));
        Assert.Equal(metrics[0].Value, SpeechRecognition.ErrorRates(transcribed.Select(t => (t.Reference, t.Transcript)))[0].Value);
        Assert.Equal(transcribed[0], Assert.Single(task.Transcribe(model, DataSplit.Test, count: 1)));
        Assert.Contains($"must be 1 to {s_data.Test.Count}", Assert.Throws<ArgumentOutOfRangeException>(() => task.Transcribe(model, DataSplit.Test, s_data.Test.Count + 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_TrainSplitWithALimit_MeasuresTheUtterancesTrainedOn()
    {
        manual_seed(1);
        using var model = new DeepSpeech(161, s_data.Alphabet.Classes, 0.02, dropout: 0);
        model.eval();
        var (all, alphabet) = (s_data.Train.Utterances, s_data.Alphabet);
        var data = new SpeechDataset("tones", [Wave.Utterance("", 4, "left out"), .. all], [], [], alphabet, trainLimit: 3);
        var those = new SpeechDataset("those", all, all.Take(3), [], alphabet);

        var metrics = data.Task(3, 1).Evaluate(model, DataSplit.Train);
        Assert.Equal(those.Task(3, 1).Evaluate(model, DataSplit.Validation), metrics);
        Assert.All(metrics, m => Assert.Equal(3, m.Examples));
    }

    [Fact]
    public void Loss_ModelThatDoesNotFit_SaysWhy()
    {
        using var scope = NewDisposeScope();
        var task = new SpeechRecognition(s_data, 4, 1);
        Assert.Contains("needs a SpeechNetwork", Assert.Throws<ArgumentException>(() => task.Loss(nn.Linear(2, 2), 0)).Message, StringComparison.Ordinal);
        Assert.Contains("for 161 bins and 3 classes", Assert.Throws<ArgumentException>(() => task.Loss(new DeepSpeech(161, 3, 0.01), 0)).Message, StringComparison.Ordinal);
        var coarse = new DeepSpeech(161, s_data.Alphabet.Classes, 0.01, frameStride: 30);
        Assert.Contains("Use a network with a row of scores for every 2 frames", Assert.Throws<DsdException>(() => task.Loss(coarse, 0)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SpeechRecognition(new("x", s_data.Train.Utterances, [], []), 2, 1).Transcribe(new DeepSpeech(161, s_data.Alphabet.Classes, 0.01), DataSplit.Test));
        Assert.Throws<ArgumentException>(() => new SpeechRecognition(new("x", s_data.Train.Utterances, [], []), 2, 1).Evaluate(new DeepSpeech(161, s_data.Alphabet.Classes, 0.01), DataSplit.Test));
        Assert.Throws<DsdException>(() => s_data.Task(4, 1, Augmentation.Usual));
    }

    [Fact]
    public void Dataset_TranscriptsThatDoNotFit_AreLeftOutByName()
    {
        var data = new SpeechDataset(
            "tiny", [Wave.Utterance("abab", 8, "fits"), Wave.Utterance("aabb", 8, "repeats"), Wave.Utterance("ab", 2, "short"), Wave.Utterance("ab", 4, "just"), Wave.Utterance("", 4, "empty")], [], []);
        Assert.Equal(["fits", "just"], data.Train.Utterances.Select(u => u.Name));
        Assert.Equal(["repeats", "short", "empty"], data.Skipped.Select(s => s.Name));
        Assert.Equal("has 8 frames, which give 4 rows of scores, and its transcript of 4 characters needs 6", data.Skipped[0].Reason);
        Assert.Equal(5, data.TrainExamples);
        var none = Assert.Throws<DsdException>(() => new SpeechDataset("tiny", [Wave.Utterance("aaa", 4, "x")], [], []));
        Assert.Contains("no usable training utterance. 1 were left out; the first: 'x' has 4 frames", none.Message, StringComparison.Ordinal);
        Assert.Contains("'c' (U+0063) 1 times, first in 'cb'", Assert.Throws<DsdException>(
            () => new SpeechDataset("tiny", [Wave.Utterance("ab")], [Wave.Utterance("cb")], [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ErrorRates_OutcomesOfUtterances_HaveTheRateAsTheirWeightedMean()
    {
        var rates = SpeechRecognition.ErrorRates([("ab ab", "ab b"), ("b", "aaaa"), ("a a a", "a a a")]);
        Assert.Equal([5.0 / 11, 2.0 / 6], rates.Select(r => r.Value));
        Assert.All(rates, r => Assert.Equal(r.Value, r.Outcomes!.Mean, 6));
        Assert.Equal([0.2f, 4f, 0f], rates[0].Outcomes!.Values.ToArray());
        Assert.All(SpeechRecognition.ErrorRates([("a", "a"), ("", "b")]), r => Assert.Null(r.Outcomes));
    }

    [Fact]
    public void Baselines_AreTheEmptyAndTheMostFrequentTranscript()
    {
        var data = new SpeechDataset("tiny", [Wave.Utterance("ab"), Wave.Utterance("b"), Wave.Utterance("b")], [Wave.Utterance("ab"), Wave.Utterance("a")], []);
        var baselines = data.Baselines(DataSplit.Validation);
        Assert.Equal(["empty transcript CER=1 WER=1", "most frequent transcript, 'b' CER=0.67 WER=1"], baselines.Select(b => $"{b.Name} {string.Join(' ', b.Metrics.Select(m => $"{m.Name}={m.Value:0.##}"))}"));
        Assert.Empty(data.Baselines(DataSplit.Test));
    }

    [Fact]
    public void Alphabet_RoundTripsAndRefusesOthers()
    {
        var alphabet = SpeechAlphabet.Of(["ahoj", "já"]);
        Assert.Equal(("ahjoá", 6), (alphabet.Characters, alphabet.Classes));
        Assert.Equal("jáhoj", alphabet.Decode(alphabet.Encode("jáhoj")));
        Assert.Throws<ArgumentException>(() => alphabet.Encode("x"));
        Assert.Throws<ArgumentOutOfRangeException>(() => alphabet.Decode([0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => alphabet.Decode([6]));
        Assert.Throws<ArgumentException>(() => new SpeechAlphabet("aa"));
        Assert.Throws<ArgumentException>(() => new SpeechAlphabet(""));
        Assert.Equal([0, 1, 3, 6, 2], new[] { "", "a", "aa", "aabb", "ab" }.Select(SpeechAlphabet.StepsNeeded));
    }

    private static SpeechDataset Data()
    {
        // Each character is a tone of its own.
        const string letters = "abcd";
        var words = new[] { "ab", "cab", "dad", "bad", "abba", "cd", "dcba", "ca" };
        var utterances = words.Select(word => new Utterance(word, Spectrogram.Of(new([.. word.SelectMany(c => Wave.Sine(400 + (900 * letters.IndexOf(c, StringComparison.Ordinal)), 2400))], 16_000)), word)).ToArray();
        return new("tones", utterances, utterances[..3], utterances);
    }
}
