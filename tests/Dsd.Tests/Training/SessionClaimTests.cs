using System.Collections;
using System.Reflection;
using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>A parameter is trained by one session at a time.</summary>
public sealed class SessionClaimTests
{
    private static readonly Schedule s_schedule = Schedule.Start().Sparse(Duration.Steps(2), LearningRate.Constant(0.05), SparsityCurve.Constant(0.5)).Build();

    [Fact]
    public void Constructor_ModelOfASessionThatGoesOn_IsRefusedUntilItIsDisposed()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        var first = Bind(net, optimizer);
        Assert.True(first.BeginStep());

        Assert.Contains("The parameter net.fc1.weight is trained by another session already. ", Assert.Throws<DsdException>(() => Bind(net, optim.SGD(net.parameters(), 0.1))).Message);
        first.Dispose();
        using var second = Bind(net, optimizer);
        Assert.True(second.BeginStep());
    }

    [Fact]
    public void Constructor_ModelOfASessionThatIsOver_IsAccepted()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var first = Bind(net, optimizer);
        ToyCase.Drive(first, net, optimizer, new ToyTask(3));
        using var second = Bind(net, optimizer);
        Assert.True(second.BeginStep());
    }

    [Fact]
    public void Constructor_AnotherModelWithSomeOfTheParameters_IsRefusedByBothNames()
    {
        using var shared = nn.Linear(4, 4);
        using var one = nn.Sequential(("body", shared), ("head", nn.Linear(4, 2)));
        using var two = nn.Sequential(("other", nn.Linear(4, 4)), ("trunk", shared));
        using var first = Bind(one, optim.SGD(one.parameters(), 0.1));

        Assert.Contains(
            "The parameter trunk.weight is trained by another session already, where it is called body.weight. ",
            Assert.Throws<DsdException>(() => Bind(two, optim.SGD(two.parameters(), 0.1))).Message);
    }

    [Fact]
    public void Constructor_OptimizerOfASessionThatGoesOn_IsRefused()
    {
        using ToyNet one = new(3, 4), two = new(3, 4);
        using var both = OptimizerSettings.Default.Create(one.parameters().Concat(two.parameters()), 0.1);
        using (var first = Bind(one, both))
        {
            Assert.True(first.BeginStep());
            Assert.Contains("The optimiser MaskedSgd is used by another session already. ", Assert.Throws<DsdException>(() => Bind(two, both)).Message, StringComparison.Ordinal);

            // Another optimiser, whose steps would move the first session's weights.
            using var third = new ToyNet(3, 4);
            using var further = optim.SGD(third.parameters().Concat(one.parameters()), 0.1);
            Assert.Contains("of the optimiser (from 0) is trained by another session already, where it is called net.fc1.weight", Assert.Throws<DsdException>(() => Bind(third, further)).Message, StringComparison.Ordinal);
        }

        using var second = Bind(two, both);
        Assert.True(second.BeginStep());
    }

    [Fact]
    public void Constructor_SharedParametersThatAreFrozen_AreNobodys()
    {
        using var shared = nn.Linear(4, 4);
        using var one = nn.Sequential(("body", shared), ("head", nn.Linear(4, 2)));
        using var two = nn.Sequential(("body", shared), ("head", nn.Linear(4, 3)));
        shared.parameters().ToList().ForEach(p => p.requires_grad = false);
        var schedule = Schedule.Start().Sparse(Duration.Steps(2), LearningRate.Constant(0.05), SparsityCurve.Constant(0.5), l => l.Keep("body")).Build();
        using var first = new Session(schedule.On(one, 5), one, optim.SGD(one.parameters().Where(p => p.requires_grad), 0.1));
        using var second = new Session(schedule.On(two, 5), two, optim.SGD(two.parameters().Where(p => p.requires_grad), 0.1));
        Assert.True(first.BeginStep() && second.BeginStep());
    }

    [Fact]
    public void Constructor_RefusedForAnotherReason_ClaimsNothing()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var other = new ToyNet(4, 4);
        Assert.Throws<DsdException>(() => new Session(s_schedule.On(other, 5), net, optimizer));
        using var session = Bind(net, optimizer);
        Assert.True(session.BeginStep());
    }

    [Fact]
    public void Constructor_AnOptimizerThatRefusesItsMasks_ClaimsNothing()
    {
        using var net = new ToyNet(3, 4);
        using var refusing = new Refusing(net.parameters());
        Assert.Throws<InvalidOperationException>(() => Bind(net, refusing));
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = Bind(net, optimizer);
        Assert.True(session.BeginStep());
    }

    [Fact]
    public void Constructor_MemoryOfAModelThatIsGone_IsNobodys()
    {
        // Their sessions are neither over nor disposed; the allocator gives the same memory again.
        List<Session> abandoned = [];
        for (var i = 0; i < 30; i++)
        {
            using var net = new ToyNet(3, 4);
            using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
            abandoned.Add(Bind(net, optimizer));
        }

        Assert.Equal(30, abandoned.Count);
        abandoned.ForEach(s => s.Dispose());
    }

    [Fact]
    public void Run_AModelOfASessionThatGoesOn_IsRefusedAndLeavesNoHooks()
    {
        using var net = nn.Sequential(("conv", nn.Conv2d(1, 2, 3)), ("flat", nn.Flatten()), ("fc", nn.Linear(2, 3)));
        using (new Computation(net))
        {
            Assert.NotEqual(0, Hooks(net));
        }

        Assert.Equal(0, Hooks(net));
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = Bind(net, optimizer);
        Assert.Contains("is trained by another session", Assert.Throws<DsdException>(() => new TrainingRun(s_schedule.On(net, 5), net, new ToyTask(3), new TrainerSettings(), _ => { }, (_, _) => { })).Message, StringComparison.Ordinal);
        Assert.Equal(0, Hooks(net));
    }

    private static int Hooks(nn.Module model)
    {
        return model.named_modules().Select(m => m.module).Sum(module => TypesOf(module.GetType())
            .SelectMany(t => t.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(f => f.Name.Contains("hook", StringComparison.OrdinalIgnoreCase))
            .Sum(f => ((ICollection?)f.GetValue(module))?.Count ?? 0));

        static IEnumerable<Type> TypesOf(Type? type)
        {
            for (; type is not null; type = type.BaseType)
            {
                yield return type;
            }
        }
    }

    private static Session Bind(nn.Module model, optim.Optimizer optimizer) => new(s_schedule.On(model, 5), model, optimizer);

    private sealed class Refusing(IEnumerable<TorchSharp.Modules.Parameter> parameters) : TorchSharp.Modules.SGD(parameters, 0.1), IMaskedOptimizer
    {
        public TorchSharp.Modules.Parameter? NonFinite => null;

        public void Follow(MaskSet masks) => throw new InvalidOperationException("refused");
    }
}
