using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

public class SupervisedTaskTests
{
    private static readonly Metric s_error = new("absolute error", MetricGoal.Lower);

    [Fact]
    public void Of_TensorsAndArrays_GiveTheSameBatches()
    {
        float[,] inputs = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } };
        int[] labels = [0, 1, 2, 0];
        var nested = Enumerable.Range(0, 4).Select(i => new[] { inputs[i, 0], inputs[i, 1] }).ToArray();
        var doubles = nested.Select(row => row.Select(v => (double)v).ToArray()).ToArray();
        Examples[] all =
        [
            Examples.Of(tensor(inputs), tensor(labels)),
            Examples.Of(inputs, labels),
            Examples.Of(nested, labels.Select(l => (long)l).ToArray()),
            Examples.Of(doubles, labels.Select(l => (byte)l).ToArray()),
            Examples.Of(tensor(inputs), labels),
            Examples.Of(nested, tensor(labels)),
            new Doubling(tensor(inputs) / 2, tensor(labels).to(int64)),
        ];
        foreach (var examples in all)
        {
            var (x, y) = Task(examples, batchSize: 3).Batch(1);
            var (expectedX, expectedY) = Task(all[0], batchSize: 3).Batch(1);
            Assert.Equal((ScalarType.Float32, ScalarType.Int64), (x.dtype, y.dtype));
            Assert.Equal(Toy(expectedX), Toy(x));
            Assert.Equal(Toy(expectedY), Toy(y));
            Assert.Equal(all[0].Content.Hash, examples.Content.Hash);
        }
    }

    [Property(MaxTest = 50)]
    public Property Batch_OfAnyStep_IsAPureFunctionOfSeedAndStep(long seed, NonNegativeInt step)
    {
        var data = Examples.Of(rand(23, 2), zeros(23, int64));
        SupervisedTask Make() => SupervisedTask.Of(data, data, data, LossFunction.CrossEntropy, 5, seed, augmentation: (x, random) => x + random.Uniform(0));
        var once = Make();
        var first = Toy(once.Batch(step.Get).Inputs);
        _ = once.Batch(step.Get + 7L);
        return (first.SequenceEqual(Toy(once.Batch(step.Get).Inputs)) && first.SequenceEqual(Toy(Make().Batch(step.Get).Inputs))).ToProperty();
    }

    [Property(MaxTest = 50)]
    public Property Split_OfAnyFractions_HasEveryExampleOnce(PositiveInt count, PositiveInt a, PositiveInt b, PositiveInt c, long seed)
    {
        var n = count.Get + 30;
        double sum = a.Get + b.Get + c.Get;
        var (train, validation, test) = (a.Get / sum, b.Get / sum, c.Get / sum);
        var data = Examples.Of(arange(n).to(float32).unsqueeze(1), zeros(n));
        if (n - Math.Round(validation * n) - Math.Round(test * n) < 1 || Math.Round(validation * n) < 1 || Math.Round(test * n) < 1)
        {
            return (Record.Exception(() => data.Split(train, validation, test, seed)) is ArgumentException).ToProperty();
        }

        var parts = data.Split(train, validation, test, seed);
        var again = data.Split(train, validation, test, seed);
        return (All(parts.Train).Concat(All(parts.Validation)).Concat(All(parts.Test)).Order().SequenceEqual(Enumerable.Range(0, n).Select(i => (float)i))
            && parts.Validation.Count == (int)Math.Round(validation * n) && parts.Test.Count == (int)Math.Round(test * n)
            && All(parts.Test).SequenceEqual(All(again.Test)) && parts.Test.Content == again.Test.Content).ToProperty();

        static float[] All(Examples part) => Toy(part.Read([.. Enumerable.Range(0, part.Count)]).Inputs);
    }

    [Fact]
    public void Evaluate_CrossEntropy_IsThatOfTheWholeSplit_WithAnOutcomeEachOnTestAlone()
    {
        manual_seed(1);
        var (x, y) = (randn(23, 4), randint(3, [23], int64));
        using var model = nn.Linear(4, 3);
        var task = Task(Examples.Of(x, y), batchSize: 5);

        var test = task.Evaluate(model, DataSplit.Test);
        var validation = task.Evaluate(model, DataSplit.Validation);

        var output = model.call(x);
        Assert.Equal([Metric.Accuracy, Metric.Loss], test.Select(m => m.Metric));
        Assert.Equal(output.argmax(1).eq(y).to(float64).mean().item<double>(), test[0].Value, 12);
        Assert.Equal(nn.functional.cross_entropy(output, y).item<float>(), test[1].Value, 5);
        Assert.All(test, m => Assert.Equal((23L, 23), (m.Examples!.Value, m.Outcomes!.Count)));
        Assert.All(nn.functional.cross_entropy(output, y, reduction: nn.Reduction.None).data<float>().ToArray().Zip(test[1].Outcomes!.Values), o => Assert.Equal(o.First, o.Second, 5));
        Assert.All(validation, m => Assert.Null(m.Outcomes));
        Assert.Equal(test.Select(m => m.Value), validation.Select(m => m.Value));
        Assert.Equal(nn.functional.cross_entropy(model.call(task.Batch(3).Inputs), task.Batch(3).Targets).item<float>(), task.Loss(model, 3).item<float>());
    }

    [Fact]
    public void Evaluate_OwnLossAndMetrics_WeighsBatchesByTheirExamples()
    {
        var (x, y) = (arange(7, dtype: float32).unsqueeze(1), zeros(7, 1));
        using var same = nn.Identity();
        var task = SupervisedTask.Of(Examples.Of(x, y), Examples.Of(x, y), Examples.Of(x, y), (output, target) => (output - target).abs().mean(), 4, metrics:
        [
            TaskMetric.PerExample(s_error, (output, target) => (output - target).abs()),
            TaskMetric.PerBatch(new Metric("batch maximum", MetricGoal.Lower), (output, _) => output.max()),
            TaskMetric.OverSplit(new Metric("maximum", MetricGoal.Lower), (output, _) => output.max()),
        ]);

        var measured = task.Evaluate(same, DataSplit.Test);

        Assert.Equal(["absolute error", "batch maximum", "maximum", "loss"], measured.Select(m => m.Name));
        Assert.Equal([3, ((3 * 4) + (6 * 3)) / 7.0, 6, 3], measured.Select(m => m.Value));
        Assert.Equal([0f, 1, 2, 3, 4, 5, 6], measured[0].Outcomes!.Values.ToArray());
        Assert.True(measured[0].Metric.IsMeanOverExamples);
        Assert.All(measured.Skip(1), m => Assert.Null(m.Outcomes));
    }

    [Fact]
    public void Evaluate_ALossOfEachExample_KeepsOutcomes()
    {
        var data = Examples.Of(arange(3, dtype: float32).unsqueeze(1), new float[3]);
        var task = SupervisedTask.Of(data, data, data, (output, target) => (output.squeeze(1) - target).square(), 2);
        using var same = nn.Identity();

        Assert.Equal([0f, 1, 4], task.Evaluate(same, DataSplit.Test).Single().Outcomes!.Values.ToArray());
        Assert.Equal(task.Batch(0).Inputs.square().mean().item<float>(), task.Loss(same, 0).item<float>());
    }

    [Fact]
    public void MeanSquaredError_AColumnAgainstARow_ComparesEachWithItsOwn()
    {
        // Broadcast, the loss would be that of all pairs, 2/3 · … and not 0.
        var data = Examples.Of(new float[,] { { 1 }, { 2 }, { 3 } }, new float[] { 1, 2, 3 });
        var task = SupervisedTask.Of(data, data, data, LossFunction.MeanSquaredError, 3);
        using var same = nn.Identity();
        Assert.Equal(0, task.Loss(same, 0).item<float>());
        Assert.Equal(0, task.Evaluate(same, DataSplit.Test).Single().Value);
    }

    [Fact]
    public void Run_Comparison_HasPairedOutcomesAndIsComplete()
    {
        var result = FairComparison.Run([Arm.Dsd(s_schedule), Arm.Control(s_schedule)], Net(), Task(Data(60, 4, 3)), observer: (_, _) => { });

        Assert.True(result.IsComplete);
        Assert.Equal("data-", result.Runs[0].Start!.Data[..5]);
        Assert.Equal("60 train, 60 validation, 60 test examples, cross entropy, batch 10, seed 1", result.Runs[0].Start!.TaskSettings);
        Assert.All(result.Runs, r => Assert.Equal(60, r.Test!.Metrics[0].Outcomes!.Count));
    }

    public static TheoryData<string, Func<object>> Mistakes() => new()
    {
        { "There are 3 inputs, of shape [3, 2], but 2 targets, of shape [2]", () => Examples.Of(zeros(3, 2), zeros(2)) },
        { "The inputs hold NaN at [1] in 2 of 4 examples, first in example 1", () => Examples.Of(new[,] { { 0, 0 }, { 0, float.NaN }, { 0, 0 }, { float.PositiveInfinity, 0 } }, new int[4]) },
        { "The targets hold ∞", () => Examples.Of(zeros(2, 2), new[] { 0, double.MaxValue }) },
        { "The inputs of shape [0, 2] hold no example", () => Examples.Of(zeros(0, 2), zeros(0)) },
        { "The inputs hold 0 numbers", () => Examples.Of(new float[0, 2], Array.Empty<int>()) },
        { "The inputs are of type Bool", () => Examples.Of(zeros(2, 2) > 0, zeros(2)) },
        { "The inputs are String[]", () => Examples.Of(new[] { "a" }, new int[1]) },
        { "The inputs are ragged: one row has 2 numbers, another 1", () => Examples.Of(new float[][] { [1, 2], [3] }, new int[2]) },
        { "add up to 0.9; they must add up to 1", () => Data(10, 2, 2).Split(0.5, 0.2, 0.2) },
        { "The fraction of test must be above 0", () => Data(10, 2, 2).Split(0.5, 0.5, 0) },
        { "Of 3 examples, 3 would go to train, 0 to validation and 0 to test", () => Data(3, 2, 2).Split(0.8, 0.1, 0.1) },
        { "A batch must hold 1 to 5 examples", () => Task(Data(5, 2, 2), batchSize: 6) },
        { "targets of the train split are of type Float32; cross entropy takes class labels", () => Task(Examples.Of(zeros(5, 2), zeros(5)), batchSize: 1) },
        { "targets of the train split are of type Int64; mean squared error takes floating-point numbers", () => SupervisedTask.Of(Data(5, 2, 2), Data(5, 2, 2), Data(5, 2, 2), LossFunction.MeanSquaredError, 1) },
        { "targets of the validation split hold the label -1, first in example 1", () => SupervisedTask.Of(Data(5, 2, 2), Examples.Of(zeros(2, 2), new[] { 0, -1 }), Data(5, 2, 2), LossFunction.CrossEntropy, 1) },
        { "The validation split holds no example", () => SupervisedTask.Of(Data(5, 2, 2), new None(), Data(5, 2, 2), LossFunction.CrossEntropy, 1) },
        { "The metric 'accuracy' comes twice: cross entropy measures it by itself", () => SupervisedTask.Of(Data(5, 2, 2), Data(5, 2, 2), Data(5, 2, 2), LossFunction.CrossEntropy, 1, metrics: [TaskMetric.Accuracy]) },
        { "The metric 'loss' comes twice: the loss is always measured", () => SupervisedTask.Of(Data(5, 2, 2), Data(5, 2, 2), Data(5, 2, 2), LossFunction.CrossEntropy, 1, metrics: [TaskMetric.PerBatch(Metric.Loss, (o, _) => o.mean())]) },
        { "one line, not blank", () => SupervisedTask.Of(Data(5, 2, 2), Data(5, 2, 2), Data(5, 2, 2), LossFunction.CrossEntropy, 1, name: " ") },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Mistake_BeforeTraining_IsExplained(string message, Func<object> make)
    {
        var error = Assert.ThrowsAny<ArgumentException>(make);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Mistake_AtTheFirstBatch_IsExplained()
    {
        using var linear = nn.Linear(4, 2);
        using var embedding = nn.LSTM(4, 2);
        using var flat = nn.Flatten(0);
        var task = Task(Data(20, 4, 3));
        Says("the train split holds the label 2, but the model gives scores of 2 classes, labels 0 to 1. Give the last layer 3 outputs", () => task.Loss(linear, 0));
        Says("needs a Module<Tensor, Tensor>", () => task.Loss(embedding, 0));
        Says("gave an output of [40] for 10 examples", () => task.Loss(flat, 0));
        Says("the augmentation gave inputs of [9, 4] for 10 examples", () => SupervisedTask.Of(Data(20, 4, 2), Data(20, 4, 2), Data(20, 4, 2), LossFunction.CrossEntropy, 10, augmentation: (x, _) => x[..9]).Loss(linear, 0));
        Says("absolute error' gave shape [10, 2] for 10 examples; one outcome an example is needed", () => Measured(TaskMetric.PerExample(s_error, (o, _) => o)));
        Says("absolute error' gave shape [10, 2]; a scalar is needed", () => Measured(TaskMetric.PerBatch(s_error, (o, _) => o)));
        Says("one shape; the model gave [5, 2] for targets of [5]", () => SupervisedTask.Of(Numbers(), Numbers(), Numbers(), LossFunction.MeanSquaredError, 5).Loss(linear, 0));

        static Examples Numbers() => Examples.Of(zeros(5, 4), zeros(5));

        object Measured(TaskMetric metric) => SupervisedTask.Of(Data(20, 4, 2), Data(20, 4, 2), Data(20, 4, 2), LossFunction.CrossEntropy, 10, metrics: [metric]).Evaluate(linear, DataSplit.Test);

        static void Says(string message, Func<object> act) => Assert.Contains(message, Record.Exception(act)?.Message);
    }

    [Fact]
    public void Mistake_ALabelOfACustomDataSet_IsExplained()
    {
        using var linear = nn.Linear(4, 2);
        var (array, negative, large) = (Data(5, 4, 2), Custom(0, 1, 0, -100, 1), Custom(0, 1, 7, 0, 1));

        // Some splits in memory must not hide what others hold.
        foreach (var other in new[] { array, Custom(0, 1, 0, 0, 1) })
        {
            Says("the train split holds the label -100, in example 3 (counted from 0); class labels count from 0.", () => Of(negative, other, other).Loss(linear, 0));
            Says("the train split holds the label 7, but the model gives scores of 2 classes, labels 0 to 1. Give the last layer 8 outputs", () => Of(large, other, other).Loss(linear, 0));
            Says("the validation split holds the label -100, in example 3", () => Of(other, negative, other).Evaluate(linear, DataSplit.Validation));
            Says("the test split holds the label 7, but the model gives", () => Of(other, other, large).Evaluate(linear, DataSplit.Test));
            Assert.Equal(2, Of(other, negative, other).Evaluate(linear, DataSplit.Test).Count);
        }

        static Examples Custom(params long[] labels) => new Doubling(zeros(labels.Length, 4), tensor(labels));

        static SupervisedTask Of(Examples train, Examples validation, Examples test) => SupervisedTask.Of(train, validation, test, LossFunction.CrossEntropy, 5);

        static void Says(string message, Func<object> act) => Assert.Contains(message, Assert.Throws<DsdException>(act).Message);
    }

    [Fact]
    public void Run_EqualInputsInTwoSplits_StandInTheRecord()
    {
        var result = FairComparison.Run([Arm.Dsd(s_schedule)], Net(), Task(Data(60, 4, 3)), observer: (_, _) => { });
        Assert.Equal([60L, 60, 60], result.DataProblems.Select(p => p.Count));
        Assert.Contains("In two splits, test: examples with the same inputs as one of train (rows counted from 0): 60 (row 0 = row 0; row 1 = row 1; row 2 = row 2; and 57 more)", result.Runs[0].ToString());
        Assert.EndsWith("\n" + string.Concat(result.DataProblems.Select(p => $"{p}.\n")), result.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ACustomDataSetOfOtherTypes_HasTheLossesOfExamplesInMemory()
    {
        var (inputs, labels) = (randn(20, 4), zeros(20, int64));
        var custom = new Doubling(inputs.to(float64) / 2, labels.to(int32));
        Assert.Equal((float32, int64), Task(custom).Batch(0) is var batch ? (batch.Inputs.dtype, batch.Targets.dtype) : default);
        Assert.Equal(Losses(Examples.Of(inputs, labels)), Losses(custom));

        ValueList<MetricValue> Losses(Examples examples)
        {
            manual_seed(1);
            using var net = Net();
            return Task(examples).Evaluate(net, DataSplit.Test);
        }
    }

    [Fact]
    public void Mistake_AWrongType_IsExplainedByTypes()
    {
        using var net = Net();
        using var wide = Net().to(float64);
        var whole = Task(Examples.Of(ones(20, 4, dtype: int64), zeros(20, int64)));
        foreach (var (model, task) in new[] { (net, whole), (wide, Task(Data(20, 4, 3))) })
        {
            var message = Assert.Throws<DsdException>(() => FairComparison.Run([Arm.Dsd(s_schedule)], model, task, observer: Observer.None)).Message;
            Assert.Contains("Check the types: floating-point inputs of a SupervisedTask are read as float32, whole numbers as int64", message);
            Assert.DoesNotContain("Check the sizes", message);
        }
    }

    [Theory]
    [InlineData(0, "Examples.Read returned null; it must return the inputs and the targets")]
    [InlineData(1, "Examples.Read returned tensors that are disposed. The caller owns both and disposes them, so that each call must return new ones")]
    public void Mistake_ReadReturnsNullOrWhatItGaveBefore_NamesTheSplit(int kind, string message)
    {
        var (good, bad) = (Data(20, 4, 3), new Same(kind == 0 ? (null!, null!) : (ones(20, 4), zeros(20, int64))));
        using var net = Net();
        Says("train", () => SupervisedTask.Of(bad, good, good, LossFunction.CrossEntropy, 20).Batch(kind == 0 ? 0 : Twice(bad)));
        Says("validation", () => SupervisedTask.Of(good, bad, good, LossFunction.CrossEntropy, 20).Evaluate(net, DataSplit.Validation));
        Says("test", () => SupervisedTask.Of(good, good, bad, LossFunction.CrossEntropy, 20).Contents);
        Says("test", () => FairComparison.Run([Arm.Dsd(s_schedule)], net, SupervisedTask.Of(good, good, bad, LossFunction.CrossEntropy, 20), observer: Observer.None));

        void Says(string split, Func<object> act) => Assert.StartsWith($"The {split} split: {message}", Assert.Throws<DsdException>(act).Message, StringComparison.Ordinal);

        static long Twice(Examples examples)
        {
            var (inputs, targets) = examples.Read([0]);
            inputs.Dispose();
            targets.Dispose();
            return 0;
        }
    }

    [Fact]
    public void Contents_OfOtherNumbersOrShapes_Differ()
    {
        var (x, y) = (arange(12, dtype: float32).reshape(4, 3), new int[4]);
        var hashes = new[]
        {
            Examples.Of(x, y), Examples.Of(x + 1, y), Examples.Of(x.reshape(4, 3, 1), y), Examples.Of(x, new[] { 0, 0, 0, 1 }), Examples.Of(x, new float[4]), Examples.Of(x.flip(0), y),
        }.Select(e => e.Content.Hash).ToList();

        Assert.Equal(hashes.Count, hashes.Distinct().Count());
        Assert.Equal(["train", "validation", "test"], Task(Examples.Of(x, y), 2).Contents.Select(c => c.Name));
    }

    public static TheoryData<string> Losses() => ["cross entropy", "mean squared error", "one per example", "one per batch"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void StackedLoss_OfSeveralBatches_IsTheLossOfEach(string name)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var numbers = Examples.Of(randn([12, 4], generator: generator), randn([12], generator: generator));
        var (examples, loss, outputs) = name switch
        {
            "cross entropy" => (Data(12, 4, 3), LossFunction.CrossEntropy, 3),
            "mean squared error" => (numbers, LossFunction.MeanSquaredError, 1),
            "one per example" => (numbers, LossFunction.Of((output, target) => (output.squeeze(1) - target).abs()), 1),
            _ => (numbers, LossFunction.Of((output, target) => (output.squeeze(1) - target).abs().max()), 1),
        };
        var tasks = new[] { 1, 2, 3 }.Select(seed => SupervisedTask.Of(examples, examples, examples, loss, 5, seed)).ToList();
        using var network = nn.Linear(4, outputs);
        var batches = tasks.ConvertAll(t => ((IBatchTask)t).Batch(4, CPU));

        var losses = ((IBatchTask)tasks[0]).StackedLoss(network.call(stack([.. batches.Select(b => b.Inputs)])), stack([.. batches.Select(b => b.Targets)]));

        Assert.Equal([3L], losses.shape);
        Assert.All(tasks.Select((task, i) => (task.Loss(network, 4), losses[i])), l => Assert.True(l.Item1.allclose(l.Item2, 1e-5, 1e-6)));
    }

    [Fact]
    public void StackedLoss_OfOutputsThatDoNotFit_SaysWhich()
    {
        using var scope = NewDisposeScope();
        IBatchTask task = Task(Data(20, 4, 3));

        Assert.Contains("[3, 9, 2]", Assert.Throws<DsdException>(() => task.StackedLoss(rand(3, 9, 2), zeros([3, 10], int64))).Message, StringComparison.Ordinal);
        Assert.Contains("Give the last layer 3 outputs", Assert.Throws<DsdException>(() => task.StackedLoss(rand(3, 10, 2), zeros([3, 10], int64))).Message, StringComparison.Ordinal);
    }

    private static readonly Schedule s_schedule = Schedule.Start().Dense(1, 0.1).Sparse(1, 0.1, 0.5).Dense(1, 0.01).Build();

    internal static Examples Data(int count, int inputs, int classes)
    {
        using var generator = new Generator(7);
        return Examples.Of(randn([count, inputs], generator: generator), arange(count) % classes);
    }

    private static nn.Module<Tensor, Tensor> Net()
    {
        manual_seed(1);
        return nn.Sequential(("a", nn.Linear(4, 8)), ("b", nn.ReLU()), ("c", nn.Linear(8, 3)));
    }

    private static SupervisedTask Task(Examples data, int batchSize = 10) => SupervisedTask.Of(train: data, validation: data, test: data, loss: LossFunction.CrossEntropy, batchSize: batchSize, seed: 1);

    private static float[] Toy(Tensor tensor) => ToyCase.Values(tensor);

    /// <summary>A data set of one's own, which reads by position.</summary>
    internal sealed class Doubling(Tensor halves, Tensor labels) : Examples
    {
        public override int Count => (int)halves.shape[0];

        public override (Tensor Inputs, Tensor Targets) Read(IReadOnlyList<int> positions)
        {
            var index = tensor(positions.Select(p => (long)p).ToArray());
            return (halves.index_select(0, index) * 2, labels.index_select(0, index));
        }
    }

    private sealed class Same((Tensor, Tensor) examples) : Examples
    {
        public override int Count => 20;

        public override (Tensor Inputs, Tensor Targets) Read(IReadOnlyList<int> positions) => examples;
    }

    private sealed class None : Examples
    {
        public override int Count => 0;

        public override (Tensor Inputs, Tensor Targets) Read(IReadOnlyList<int> positions) => throw new InvalidOperationException();
    }
}
