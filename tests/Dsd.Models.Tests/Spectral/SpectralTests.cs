using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class SpectralTests
{
    private const int Classes = 2;

    public static TheoryData<string, SpectralTraining> OptimizersAndChoices()
    {
        var cases = new TheoryData<string, SpectralTraining>();
        foreach (var optimizer in new[] { "MaskedSgd", "MaskedAdam", "MaskedAdamW", "SGD", "Adam", "AdamW", "RMSProp" })
        {
            foreach (var trained in new[] { SpectralTraining.OutputEigenvalues, SpectralTraining.InputEigenvalues, SpectralTraining.Eigenvalues, SpectralTraining.Eigenvectors, SpectralTraining.OutputEigenvalues | SpectralTraining.Eigenvectors, SpectralTraining.All })
            {
                cases.Add(optimizer, trained);
            }
        }

        return cases;
    }

    /// <summary>Networks that hold their layers in every way that can be exchanged.</summary>
    public static TheoryData<string> Holders() => ["sequential", "nested", "lenet-300-100", "lenet-5", "vgg16", "field", "list", "dictionary", "moduleList"];

    [Theory]
    [MemberData(nameof(Holders))]
    public void Transform_AndBack_KeepsNamesOrderAndBits(string holder)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var (model, x) = Network(holder);
        model.eval();
        var (names, layers, before) = (Names(model), Linears(model), model.call(x));

        Assert.Same(model, Spectral.Transform(model, SpectralTraining.All));

        Assert.Equal(names.SelectMany(n => layers.Contains(n.Replace(".weight", "", StringComparison.Ordinal)) && n.EndsWith(".weight", StringComparison.Ordinal)
            ? new[] { n.Replace(".weight", ".phi", StringComparison.Ordinal), n.Replace(".weight", ".lambda_in", StringComparison.Ordinal), n.Replace(".weight", ".lambda_out", StringComparison.Ordinal) }
            : [n]), Names(model));
        Assert.True(before.equal(model.call(x)).all().item<bool>());
        model.call(x).sum().backward();
        Assert.All(model.named_parameters().Where(p => p.name.Contains("lambda", StringComparison.Ordinal)), p => Assert.True(p.parameter.grad is not null, p.name));

        Assert.Same(model, Spectral.ToLinear(model));

        Assert.Equal(names, Names(model));
        Assert.True(before.equal(model.call(x)).all().item<bool>());
    }

    [Theory]
    [InlineData(SpectralTraining.Eigenvalues)]
    [InlineData(SpectralTraining.All)]
    public void ShapeAfter_OfANetwork_IsThatOfTheLiveOne(SpectralTraining trained)
    {
        using var model = Spectral.Transform(new LeNet5(2, 7), trained);

        Assert.Equal(ModelInspection.ShapeOf(model), Spectral.ShapeAfter(LeNet5.Shape(2, 7), trained));
    }

    /// <summary>The papers count N₁ + N₂ eigenvalues for two layers of nodes, and N₁·N₂ entries of eigenvectors; the biases are this network's.</summary>
    [Theory]
    [InlineData(SpectralTraining.Eigenvalues, 784 + 300 + 300 + 100 + 100 + 10)]
    [InlineData(SpectralTraining.OutputEigenvalues, 300 + 100 + 10)]
    [InlineData(SpectralTraining.Eigenvectors, (784 * 300) + (300 * 100) + (100 * 10))]
    [InlineData(SpectralTraining.All, 784 + 300 + 300 + 100 + 100 + 10 + (784 * 300) + (300 * 100) + (100 * 10))]
    public void Transform_LeNet300100_TrainsAsManyParametersAsThePapersCount(SpectralTraining trained, long expected)
    {
        using var model = Spectral.Transform(new LeNet300100(), trained);

        Assert.Equal(expected + 410, model.parameters().Where(p => p.requires_grad).Sum(p => p.numel()));
        Assert.Equal(266_610 + 1_594, model.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void Catalogue_OfOneSeed_StartsAsTheOrdinaryNetwork()
    {
        using var scope = NewDisposeScope();
        var images = rand(3, 1, 28, 28);
        Tensor Scores(string name)
        {
            manual_seed(9);
            return ((nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create()).call(images);
        }

        var ordinary = Scores("lenet-300-100");
        Assert.True(ordinary.equal(Scores("lenet-300-100-spectral")).all().item<bool>());
        Assert.True(ordinary.equal(Scores("lenet-300-100-eigenvalues")).all().item<bool>());
        Assert.Contains("2,004 numbers", ModelCatalog.Get("lenet-300-100-eigenvalues").Description, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(OptimizersAndChoices))]
    public void Train_AnyOptimizer_MovesExactlyWhatIsChosen(string optimizer, SpectralTraining trained)
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var model = Spectral.Transform(Small(), trained);
        var before = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
        var plan = Schedule.Start().Dense(Duration.Steps(4), LearningRate.Constant(0.01)).Build().On(model, 4);

        Run(plan, model, Optimizer(optimizer, model));

        Assert.All(model.named_parameters(), p => Assert.Equal(IsChosen(p.name), !before[p.name].equal(p.parameter).all().item<bool>()));

        bool IsChosen(string name) => name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..] switch
        {
            "phi" => trained.HasFlag(SpectralTraining.Eigenvectors),
            "lambda_in" => trained.HasFlag(SpectralTraining.InputEigenvalues),
            "lambda_out" => trained.HasFlag(SpectralTraining.OutputEigenvalues),
            _ => true,
        };
    }

    [Theory]
    [InlineData("MaskedSgd")]
    [InlineData("MaskedAdam")]
    [InlineData("SGD")]
    public void Train_DenseSparseDense_PrunesEigenvectorsExactlyAndEigenvaluesNever(string optimizer)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var model = Spectral.Transform(Small(), SpectralTraining.All);
        var plan = Schedule.Dsd(Duration.Steps(3), Duration.Steps(3), Duration.Steps(3), 0.3, 0.01).On(model, 3);
        Assert.Equal(["first.phi", "last.phi"], plan.Phases[1].Layers.Select(l => l.Parameter));

        var ends = new List<PhaseEnded>();
        Run(plan, model, Optimizer(optimizer, model), e => ends.AddRange(e is PhaseEnded end ? [end] : []));

        Assert.Equal(["first.phi 67 67", "last.phi 11 11"], ends[1].Layers.Select(l => $"{l.Parameter} {l.Kept} {l.NonZero}"));
        Assert.Equal(["first.phi 96 96", "last.phi 16 16"], ends[2].Layers.Select(l => $"{l.Parameter} {l.Kept} {l.NonZero}"));
    }

    [Fact]
    public void Plan_EigenvaluesAlone_HasNoLayerToPruneAndSaysSoBeforeTraining()
    {
        using var model = Spectral.Transform(Small(), SpectralTraining.Eigenvalues);
        var schedule = Schedule.Dsd(Duration.Steps(3), Duration.Steps(3), Duration.Steps(3), 0.3, 0.01);

        var error = Assert.Throws<PlanException>(() => schedule.On(model, 3));
        Assert.Contains("DSD004", error.Message, StringComparison.Ordinal);
        Assert.Throws<PlanException>(() => Plan.Resolve(schedule, ModelCatalog.Get("lenet-300-100-eigenvalues").Shape(), 3));
        Assert.Equal(["fc1.phi", "fc2.phi", "fc3.phi"], Plan.Resolve(schedule, ModelCatalog.Get("lenet-300-100-spectral").Shape(), 3).Phases[1].Layers.Where(l => l.IsPruned).Select(l => l.Parameter));
    }

    [Theory]
    [InlineData(SpectralTraining.Eigenvalues, 0)]
    [InlineData(SpectralTraining.All, 0.3)]
    public void Checkpoint_InTheMiddle_ContinuesWithTheSameBits(SpectralTraining trained, double sparsity)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        float[] Values(bool interrupted)
        {
            manual_seed(7);
            var model = Spectral.Transform(Small(), trained);
            var schedule = sparsity == 0
                ? Schedule.Start().Dense(Duration.Steps(8), LearningRate.Constant(0.01)).Build()
                : Schedule.Dsd(Duration.Steps(2), Duration.Steps(4), Duration.Steps(2), sparsity, 0.01);
            var plan = schedule.On(model, 4);
            if (!interrupted)
            {
                Run(plan, model, Optimizer("MaskedAdam", model));
            }
            else
            {
                Run(plan, model, Optimizer("MaskedAdam", model), until: 3, save: folder["state"]);
                model = Spectral.Transform(Small(), trained);
                Run(plan, model, Optimizer("MaskedAdam", model), load: folder["state"]);
            }

            return [.. model.parameters().SelectMany(p => p.data<float>().ToArray())];
        }

        Assert.Equal(Values(interrupted: false), Values(interrupted: true));
    }

    [Theory]
    [InlineData(SpectralTraining.Eigenvalues)]
    [InlineData(SpectralTraining.All)]
    public void WeightFile_SavedByOne_LoadsIntoAnother(SpectralTraining trained)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var (one, other) = (Spectral.Transform(Small(), trained), Spectral.Transform(Small(), trained));
        using (no_grad())
        {
            foreach (var parameter in one.parameters())
            {
                parameter.normal_();
            }
        }

        WeightFile.Save(one, folder["w.safetensors"]);
        WeightFile.Load(other, folder["w.safetensors"]);

        var loaded = other.state_dict();
        Assert.All(one.state_dict(), t => Assert.True(t.Value.equal(loaded[t.Key]).all().item<bool>(), t.Key));

        WeightFile.Save(Spectral.ToLinear(one), folder["ordinary.safetensors"]);
        var ordinary = Small();
        WeightFile.Load(ordinary, folder["ordinary.safetensors"]);
        var x = randn(3, 12);
        Assert.True(ordinary.call(x).equal(other.call(x)).all().item<bool>());
    }

    [Fact]
    public void Trainer_CatalogueNetwork_TrainsBothArmsAndForksThem()
    {
        manual_seed(8);
        using var model = ModelCatalog.Get("lenet-300-100-spectral").Create(1, Classes);
        var task = new Noise(1, 28, batch: 4);
        var schedule = Schedule.Dsd(Duration.Steps(3), Duration.Steps(3), Duration.Steps(3), 0.3, 0.001);

        var result = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, new TrainerSettings(seed: 1));

        Assert.Equal(2, result.Runs.Count);
        Assert.Equal(0.3, result.Runs[0].Phases[1].Sparsity!.Value, 0.001);
    }

    [Fact]
    public void Transform_AFrozenLayer_StaysAsItIs()
    {
        using var model = Small();
        ((Linear)model.named_children().First().module).weight!.requires_grad = false;

        Spectral.Transform(model, SpectralTraining.All);

        Assert.Equal(["first.weight", "first.bias", "last.phi", "last.lambda_in", "last.lambda_out", "last.bias"], Names(model));
    }

    [Fact]
    public void Transform_LayersThatCannotBeExchanged_NamesEachAndChangesNothing()
    {
        using var model = new Declared();

        var error = Assert.Throws<DsdException>(() => Spectral.Transform(model, SpectralTraining.All));

        Assert.Contains("one is held by Declared.one as Linear", error.Message, StringComparison.Ordinal);
        Assert.Contains("three is held by no field", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("two is held", error.Message, StringComparison.Ordinal);
        Assert.Equal(["one.weight", "one.bias", "two.weight", "two.bias", "three.weight", "three.bias"], Names(model));
    }

    [Fact]
    public void Transform_NothingToTransform_SaysWhy()
    {
        using var norm = nn.Sequential(("norm", nn.BatchNorm1d(3)));
        using var linear = nn.Linear(2, 2);
        using var shared = nn.Sequential(("one", nn.Linear(2, 2)), ("two", nn.Linear(2, 2)));
        ((Linear)shared[1]).weight = ((Linear)shared[0]).weight;

        Assert.Contains("no linear layer", Assert.Throws<DsdException>(() => Spectral.Transform(norm, SpectralTraining.All)).Message, StringComparison.Ordinal);
        Assert.Contains("itself a linear layer", Assert.Throws<DsdException>(() => Spectral.Transform(linear, SpectralTraining.All)).Message, StringComparison.Ordinal);
        Assert.Contains("two.weight is the same tensor as one.weight", Assert.Throws<DsdException>(() => Spectral.Transform(shared, SpectralTraining.All)).Message, StringComparison.Ordinal);
        Assert.Contains("no spectral layer", Assert.Throws<DsdException>(() => Spectral.ToLinear(norm)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Spectral.Transform(norm, 0));
    }

    internal static Sequential Small() => nn.Sequential(("first", nn.Linear(12, 8)), ("act", nn.Tanh()), ("last", nn.Linear(8, Classes)));

    private static (nn.Module<Tensor, Tensor> Model, Tensor Input) Network(string holder) => holder switch
    {
        "sequential" => (Small(), randn(3, 12)),
        "nested" => (nn.Sequential(("body", Small()), ("act", nn.ReLU()), ("head", nn.Linear(2, 3))), randn(3, 12)),
        "vgg16" => (new Vgg16(1, 3, 0.05), rand(2, 1, 32, 32)),
        "lenet-300-100" or "lenet-5" => ((nn.Module<Tensor, Tensor>)ModelCatalog.Get(holder).Create(), rand(2, 1, 28, 28)),
        _ => (new Holder(holder), randn(3, 12)),
    };

    private static List<string> Names(nn.Module model) => [.. ModelInspection.ShapeOf(model).Parameters.Select(p => p.Name)];

    private static HashSet<string> Linears(nn.Module model) => [.. model.named_modules().Where(m => m.module is Linear).Select(m => m.name)];

    private static optim.Optimizer Optimizer(string name, nn.Module model) => name switch
    {
        "MaskedSgd" => new MaskedSgd(model.parameters(), 0.01, momentum: 0.9, weightDecay: 0.01),
        "MaskedAdam" => new MaskedAdam(model.parameters(), 0.01, weightDecay: 0.01),
        "MaskedAdamW" => new MaskedAdamW(model.parameters(), 0.01),
        "SGD" => optim.SGD(model.parameters(), 0.01, momentum: 0.9, weight_decay: 0.01),
        "Adam" => optim.Adam(model.parameters(), 0.01, weight_decay: 0.01),
        "AdamW" => optim.AdamW(model.parameters(), 0.01),
        _ => optim.RMSProp(model.parameters(), 0.01, weight_decay: 0.01),
    };

    private static void Run(Plan plan, nn.Module<Tensor, Tensor> model, optim.Optimizer optimizer, Action<TrainingEvent>? observer = null, long until = long.MaxValue, string? save = null, string? load = null)
    {
        using var session = new Session(plan, model, optimizer, observer);
        if (load is not null)
        {
            session.Load(load);
        }

        while (session.Step < until && session.BeginStep())
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)session.Step);
            var (x, y) = (randn([8, 12], generator: generator), randint(Classes, [8], dtype: ScalarType.Int64, generator: generator));
            optimizer.zero_grad();
            nn.functional.cross_entropy(model.call(x), y).backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        if (save is not null)
        {
            session.Save(save);
        }
    }

    /// <summary>A module that holds its layers in a field, a list, a dictionary or a ModuleList.</summary>
    private sealed class Holder : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> one = nn.Linear(12, 8);
        private readonly nn.Module<Tensor, Tensor> last = nn.Linear(8, Classes);
        private readonly List<nn.Module<Tensor, Tensor>> _list = [];
        private readonly Dictionary<string, nn.Module<Tensor, Tensor>> _table = [];
        private readonly ModuleList<nn.Module<Tensor, Tensor>>? modules_;

        public Holder(string kind)
            : base(kind)
        {
            var middle = nn.Linear(8, 8);
            switch (kind)
            {
                case "list":
                    _list.Add(middle);
                    register_module("middle", middle);
                    break;
                case "dictionary":
                    _table.Add("x", middle);
                    register_module("middle", middle);
                    break;
                case "moduleList":
                    modules_ = nn.ModuleList<nn.Module<Tensor, Tensor>>(middle);
                    break;
                default:
                    break;
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var hidden = one.call(input).tanh();
            foreach (var layer in _list.Concat(_table.Values).Concat(modules_ is null ? [] : modules_))
            {
                hidden = layer.call(hidden).tanh();
            }

            return last.call(hidden);
        }
    }

    /// <summary>A module whose first field takes no other type of layer, and whose third layer is in no field.</summary>
    private sealed class Declared : nn.Module<Tensor, Tensor>
    {
        private readonly Linear one = nn.Linear(2, 2);
        private readonly nn.Module<Tensor, Tensor> two = nn.Linear(2, 2);

        public Declared()
            : base("Declared")
        {
            RegisterComponents();
            register_module("three", nn.Linear(2, 2));
        }

        public override Tensor forward(Tensor input) => two.call(one.call(input));
    }
}
