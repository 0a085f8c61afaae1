using System.Runtime.CompilerServices;
using System.Text;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

public class LanguageModellingTests
{
    private const string Rhyme = "one for sorrow, two for joy, three for a girl, four for a boy; ";

    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static LanguageModellingTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Fact]
    public void Of_OwnTexts_IsTheTaskOfADataSetOfThem()
    {
        var text = string.Concat(Enumerable.Repeat(Rhyme, 4));
        var task = LanguageModelling.Of([text, Rhyme], [Rhyme[..20]], [Rhyme[20..]], batchSize: 5, seed: 3, windowLength: 8, name: "rhyme");
        var data = new TextDataset("rhyme", [new("a", text), new("b", Rhyme)], [new("c", Rhyme[..20])], [new("d", Rhyme[20..])], windowLength: 8);
        var expected = new LanguageModelling(data, 5, seed: 3);

        Assert.Equal(("rhyme", expected.StepsPerEpoch, expected.Settings), (task.Name, task.StepsPerEpoch, task.Settings));
        Assert.Equal(Read(expected, 7), Read(task, 7));
        Assert.Equal(string.Concat(Rhyme.Distinct().Order()), string.Concat(task.Symbols));
        Assert.Equal([2, 1, 1], Enum.GetValues<DataSplit>().Select(s => task.Data.Part(s).Count));
        Assert.Empty(task.Problems);
        Assert.Contains("'test 2' has the symbol 'z'", Assert.Throws<DsdException>(() => LanguageModelling.Of([text], [], ["one", "zone"])).Message, StringComparison.Ordinal);
        Assert.Equal(["😀", "😁"], LanguageModelling.Of([string.Concat(Enumerable.Repeat("😀😁", 80))], [], [], batchSize: 1).Symbols);
    }

    [Fact]
    public void Of_NoTextOrNull_IsExplainedByItsSplit()
    {
        Says("train", "The train split holds no character; give at least one text of twice the window's length, 128 characters.", () => LanguageModelling.Of([], [Rhyme], [Rhyme]));
        Says("train", "The train split holds no character", () => LanguageModelling.Of([""], [Rhyme], [Rhyme]));
        Says("test", "The text at index 1 of the test split is null.", () => LanguageModelling.Of([Rhyme], [Rhyme], [Rhyme, null!]));
        Says("train", "The text at index 0 of the train split is null.", () => LanguageModelling.Of([null!], [Rhyme], [Rhyme]));
        Says("validation", "", () => LanguageModelling.Of([Rhyme], null!, [Rhyme]));

        static void Says(string parameter, string message, Func<object> act)
        {
            var error = Assert.ThrowsAny<ArgumentException>(act);
            Assert.Equal(parameter, error.ParamName);
            Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Contents_AreOfTheTextsOfEachSplit_AndNameTheData()
    {
        string[] texts = [string.Concat(Enumerable.Repeat(Rhyme, 4)), string.Concat(Enumerable.Repeat("čtyři ", 40))];
        var task = Task(texts, [Rhyme[..20]], [Rhyme[20..], ""]);

        Assert.Equal(["train", "validation", "test"], task.Contents.Select(c => c.Name));
        Assert.Equal([texts.Sum(t => Encoding.UTF8.GetByteCount(t)), 20L, Rhyme.Length - 20], task.Contents.Select(c => c.Bytes));
        Assert.Matches("^text-[0-9a-f]{8}$", task.Name);
        Assert.Equal((task.Name, task.Contents), (Task(texts, [Rhyme[..20]], [Rhyme[20..], ""]).Name, Task(texts, [Rhyme[..20]], [Rhyme[20..], ""]).Contents));
        LanguageModelling[] others =
        [
            Task([.. texts.Reverse()], [Rhyme[..20]], [Rhyme[20..], ""]),
            Task(texts, [Rhyme[..10], Rhyme[10..20]], [Rhyme[20..], ""]),
            Task(texts, [Rhyme[..20]], [Rhyme[20..]]),
            Task(texts, [Rhyme[20..], ""], [Rhyme[..20]]),
        ];
        Assert.Equal(5, others.Append(task).Select(t => t.Name).Distinct().Count());
        Assert.Equal("mine", LanguageModelling.Of(texts, [], [], batchSize: 1, name: "mine").Name);
        Assert.Throws<ArgumentException>(() => LanguageModelling.Of(texts, [], [], batchSize: 1, name: " "));

        static LanguageModelling Task(string[] train, string[] validation, string[] test) => LanguageModelling.Of(train, validation, test, batchSize: 2, windowLength: 8);
    }

    [Fact]
    public void Study_OfOwnTexts_IsJudged_AndRefusesOthers()
    {
        using var folder = new TempFolder();
        var text = string.Concat(Enumerable.Repeat(Rhyme, 4));
        var source = Source(Rhyme);
        var results = Of(source).Run(folder.Root, source, Observer.None);

        Assert.True(results.IsJudged);
        Assert.Equal(5, source.Config.Batch);
        Assert.Equal("bits per character", results.Trials.First().Record.Validation!.Metrics[0].Name);
        Assert.Contains("1 file changed (test)", Assert.Throws<DsdException>(() => Of(Source(Rhyme[1..], source.Config.Data)).WithSeeds(3).Run(folder.Root, Source(Rhyme[1..], source.Config.Data), Observer.None, extend: true)).Message, StringComparison.Ordinal);

        StudySource Source(string test, string? name = null)
        {
            var symbols = text.Distinct().Count();
            return StudySource.Of(
                () => nn.Sequential(("embed", nn.Embedding(symbols, 4)), ("score", nn.Linear(4, symbols))),
                seed => LanguageModelling.Of([text], [Rhyme], [test], batchSize: 5, seed: seed, windowLength: 8, name: name));
        }

        static Study Of(StudySource source) => new("own", source.Config, [new StudyVariant("half", Schedule.Start().Dense(1, 0.1).Sparse(1, 0.1, 0.5).Build())], [StudyArm.Dsd, StudyArm.Control], [1, 2]);
    }

    [Fact]
    public void Problems_TextsInTwoSplits_AreNamed()
    {
        var task = LanguageModelling.Of([new('a', 9), "aab", "aba"], ["ab", "aba"], ["ab", "aab", ""], batchSize: 1, windowLength: 2);
        Assert.Equal(
            [
                "In two splits, validation: texts with the same bytes as one of train: 1 (validation 2 = train 3)",
                "In two splits, test: texts with the same bytes as one of train: 1 (test 2 = train 2)",
                "In two splits, test: texts with the same bytes as one of validation: 1 (test 1 = validation 1)",
            ],
            task.Problems.Select(p => p.ToString()));
    }

    [Fact]
    public void Batch_IsAPureFunctionOfSeedAndStep()
    {
        var data = Data();
        var task = new LanguageModelling(data, 5, seed: 3);
        long[] steps = [40, 0, 7, 7, 1, 41];
        var expected = steps.Select(s => Read(new(data, 5, seed: 3), s)).ToList();
        Assert.Equal(expected, steps.Select(s => Read(task, s)));
        Assert.NotEqual(expected[1], expected[4]);
        Assert.NotEqual(expected[1], Read(new(data, 5, seed: 4), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => task.Batch(-1));
    }

    [Fact]
    public void Batch_TargetIsTheCharacterAfter()
    {
        using var scope = NewDisposeScope();
        var (input, target) = new LanguageModelling(Data(), 5, seed: 3).Batch(2);
        Assert.Equal([5L, 8], input.shape);
        Assert.Equal((ScalarType.Int64, ScalarType.Int64), (input.dtype, target.dtype));
        Assert.True(input[.., 1..].equal(target[.., ..^1]).all().item<bool>());
    }

    [Fact]
    public void Batch_OverAnEpoch_TakesEachWindowOnceFromTheSameBeginning()
    {
        var data = Data();
        var task = new LanguageModelling(data, 4, seed: 3);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var first = epoch * task.StepsPerEpoch;
            var read = Enumerable.Range(first, task.StepsPerEpoch).SelectMany(s => Rows(task, s)).ToList();
            Assert.Equal(task.StepsPerEpoch * 4, read.Count);
            var text = string.Concat(Enumerable.Repeat(Rhyme, 20));
            Assert.All(read, row => Assert.Contains(row, text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Evaluate_NetworkThatKnowsNothing_GivesTheLogarithmOfTheSymbols()
    {
        using var network = Bigrams(zero: true);
        var task = new LanguageModelling(Data(), 5, seed: 3);
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            var metrics = task.Evaluate(network, split);
            Assert.Equal(["bits per character", "loss"], metrics.Select(m => m.Name));
            Assert.Equal(Math.Log2(task.Data.Vocabulary.Count), metrics[0].Value, 5);
            Assert.Equal(Math.Log(task.Data.Vocabulary.Count), metrics[1].Value, 5);
            Assert.All(metrics, m => Assert.Equal(split == DataSplit.Test, m.Outcomes is not null));
            Assert.All(metrics, m => Assert.Equal(m.Value, m.Outcomes?.Mean ?? m.Value, 5));
        }
    }

    [Fact]
    public void Evaluate_EqualsTheMeanOverAllPairsOfCharacters()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var network = Bigrams();
        var task = new LanguageModelling(Data(), 5, seed: 3);

        // A network that sees one character alone gives the same whatever the windows are.
        var sum = 0.0;
        for (var i = 0; i < task.Data.Validation.Count; i++)
        {
            var text = tensor([.. task.Data.Validation.Text(i).ToArray().Select(b => (long)b)]);
            sum += nn.functional.cross_entropy(network.call(text[..^1].unsqueeze(0))[0], text[1..], reduction: nn.Reduction.Sum).item<float>();
        }

        Assert.Equal(sum / (task.Data.Validation.Characters - task.Data.Validation.Count), task.Evaluate(network, DataSplit.Validation)[1].Value, 5);
    }

    // Of windows of 8 characters the texts have 22, 0, 14 and 6; a limit of k of a text's windows reaches 8 (k + 1) of its characters, whatever the offset.
    [Theory]
    [InlineData(1, 16, 0)]
    [InlineData(21, 176, 0)]
    [InlineData(22, 184, 0)]
    [InlineData(23, 184, 16)]
    [InlineData(36, 184, 120)]
    public void Evaluate_TrainSplitWithALimit_MeasuresTheCharactersTrainedOn(int limit, int ofFirst, int ofThird)
    {
        using var network = Bigrams();
        var (text, shorter) = (string.Concat(Enumerable.Repeat(Rhyme, 3)), string.Concat(Enumerable.Repeat(Rhyme, 2))[3..]);
        TextDocument[] train = [new("a", text), new("short", Rhyme[..15]), new("b", shorter), new("c", Rhyme)];
        var data = new TextDataset("rhyme", train, [], [], windowLength: 8, trainLimit: limit);
        var those = new TextDataset("those", train, [new("first", text[..ofFirst]), new("third", shorter[..ofThird])], [], windowLength: 8);
        Assert.All(Enumerable.Range(0, limit), i => Assert.True(data.WindowAt(i).Text is 0 ? data.WindowAt(i).Start + 16 <= ofFirst : data.WindowAt(i).Start + 16 <= ofThird));

        foreach (var keeps in new[] { false, true })
        {
            var measured = new LanguageModelling(data, 1, seed: 3) { KeepsOnDevice = keeps }.Evaluate(network, DataSplit.Train);
            Assert.Equal(new LanguageModelling(those, 1, seed: 3) { KeepsOnDevice = keeps }.Evaluate(network, DataSplit.Validation), measured);
            Assert.All(measured, m => Assert.Equal(ofThird == 0 ? 1 : 2, m.Examples));
        }
    }

    [Fact]
    public void Evaluate_TrainSplitWithALimitOfAllWindows_MeasuresEveryCharacter()
    {
        using var network = Bigrams();
        TextDocument[] train = [new("a", string.Concat(Enumerable.Repeat(Rhyme, 3))), new("short", Rhyme[..15]), new("b", Rhyme)];
        var whole = new TextDataset("rhyme", train, [new("d", train[0].Text), new("e", Rhyme[..15]), new("f", Rhyme)], [], windowLength: 8);
        var expected = new LanguageModelling(whole, 1, seed: 3).Evaluate(network, DataSplit.Validation);

        Assert.Equal(expected, new LanguageModelling(whole, 1, seed: 3).Evaluate(network, DataSplit.Train));
        Assert.Equal(expected, new LanguageModelling(new("rhyme", train, [], [], 8, whole.TrainExamples), 1, seed: 3).Evaluate(network, DataSplit.Train));
        Assert.Equal(3, expected[0].Examples);
    }

    [Fact]
    public void Loss_OverAHundredSteps_FallsToTheBitsOfItsPairs()
    {
        manual_seed(1);
        using var network = Bigrams();
        var task = new LanguageModelling(Data(), 8, seed: 3);
        using var optimizer = optim.Adam(network.parameters(), 0.05);
        var before = task.Evaluate(network, DataSplit.Validation)[0].Value;
        for (var step = 0; step < 100; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            task.Loss(network, step).backward();
            optimizer.step();
        }

        var after = task.Evaluate(network, DataSplit.Validation)[0].Value;
        Assert.True(before > 4 && after < 2.2, $"from {before} to {after} bits");
    }

    [Fact]
    public void LossAndEvaluate_ScoresOfAnotherShape_Throw()
    {
        using var network = nn.Embedding(40, 7);
        using var image = nn.BatchNorm2d(3);
        var task = new LanguageModelling(Data(), 5, seed: 3);
        Assert.Contains("returned scores of shape [5, 8, 7]", Assert.Throws<ArgumentException>(() => task.Loss(network, 0)).Message);
        Assert.Contains("one score for each of the", Assert.Throws<ArgumentException>(() => task.Evaluate(network, DataSplit.Test)).Message);
        using var other = nn.LSTM(3, 3);
        Assert.Contains("needs a Module<Tensor, Tensor>", Assert.Throws<ArgumentException>(() => task.Loss(other, 0)).Message);
    }

    [Fact]
    public void Loss_OfABatchApart_HasTheBitsOfTheStep()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var network = Bigrams();
        IBatchTask task = new LanguageModelling(Data(), 5, seed: 3);
        foreach (var step in new[] { 0, 7, 40 })
        {
            var (inputs, targets) = task.Batch(step, CPU);
            Assert.Equal(task.Loss(network, step).item<float>(), task.Loss(network, inputs, targets).item<float>());

            // What a recording does: the batch is copied to where it reads it.
            Assert.Equal(task.Loss(network, step).item<float>(), task.Loss(network, inputs.clone(), targets.clone()).item<float>());
        }

        Assert.Null(task.CaptureObstacle);
        Assert.Equal(DeviceType.META, task.Batch(0, new Device("meta")).Targets.device_type);
    }

    [Fact]
    public void StackedLoss_OfSeveralNetworks_IsTheLossOfEach()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var networks = Enumerable.Range(0, 3).Select(_ => Bigrams()).ToList();
        var tasks = networks.Select((_, i) => new LanguageModelling(Data(), 5, seed: i)).ToList();
        var batches = tasks.ConvertAll(t => t.Batch(4));
        var targets = stack([.. batches.Select(b => b.Target)]);
        IBatchTask first = tasks[0];

        var losses = first.StackedLoss(stack([.. networks.Zip(batches, (n, b) => n.call(b.Input))]), targets);

        Assert.Equal([3L], losses.shape);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(tasks[i].Loss(networks[i], 4).item<float>(), losses[i].item<float>(), 1e-5);
        }

        losses.sum().backward();
        Assert.All(networks, n => Assert.True(n.parameters().Single().grad!.abs().max().item<float>() > 0));
        Assert.Contains("scores of shape [3, 5, 8, 7]; expected [3, 5, 8, ", Assert.Throws<DsdException>(() => first.StackedLoss(zeros(3, 5, 8, 7), targets)).Message, StringComparison.Ordinal);
        Assert.Contains("scores of shape [3, 5, 9, ", Assert.Throws<DsdException>(() => first.StackedLoss(zeros(3, 5, 9, tasks[0].Symbols.Count), targets)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_EmptyPart_Throws()
    {
        using var network = Bigrams();
        var task = new LanguageModelling(new("x", [new("a", Rhyme)], [], [new("b", "o")], 8), 1, seed: 3);
        Assert.Contains("Validation split", Assert.Throws<ArgumentException>(() => task.Evaluate(network, DataSplit.Validation)).Message);
        Assert.Contains("Test split", Assert.Throws<ArgumentException>(() => task.Evaluate(network, DataSplit.Test)).Message);
    }

    private static TextDataset Data() => new(
        "rhyme",
        [new("a", string.Concat(Enumerable.Repeat(Rhyme, 3))), new("b", string.Concat(Enumerable.Repeat(Rhyme, 2)))],
        [new("c", string.Concat(Enumerable.Repeat(Rhyme, 9))), new("d", Rhyme)],
        [new("e", Rhyme[4..])],
        windowLength: 8);

    private static nn.Module<Tensor, Tensor> Bigrams(bool zero = false)
    {
        var symbols = Data().Vocabulary.Count;
        var network = nn.Embedding(symbols, symbols);
        using var quiet = no_grad();
        network.weight!.mul_(zero ? 0 : 1);
        return network;
    }

    private static string Read(LanguageModelling task, long step) => string.Join('|', Rows(task, step));

    private static IEnumerable<string> Rows(LanguageModelling task, long step)
    {
        using var scope = NewDisposeScope();
        var (input, target) = task.Batch(step);
        var (read, follow) = (input.data<long>().ToArray(), target.data<long>().ToArray());
        var width = task.Data.WindowLength;
        return [.. Enumerable.Range(0, task.BatchSize).Select(i => task.Data.Vocabulary.Decode(
            [.. read.Skip(i * width).Take(width).Append(follow[((i + 1) * width) - 1]).Select(n => (byte)n)]))];
    }
}
