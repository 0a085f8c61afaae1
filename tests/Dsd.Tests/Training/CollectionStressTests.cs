using System.Diagnostics;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Testing;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>Trainings beside threads that allocate and collect garbage, two at once, have the bits of a quiet one. <c>DSD_STRESS_RUNS</c> sets the number of rounds.</summary>
public sealed class CollectionStressTests
{
    private const double Clip = 0.3;

    /// <summary>Every optimiser that settings name, ours and TorchSharp's, and the others that a session takes.</summary>
    private static readonly (string Name, Func<nn.Module, optim.Optimizer> Create)[] s_optimizers =
    [
        .. Generators.Optimizers.Select(settings => ($"{settings}", (Func<nn.Module, optim.Optimizer>)(net => settings.Create(net.parameters(), 0.05)))),
        ("SGD", net => optim.SGD(net.parameters(), 0.05, 0.9, weight_decay: 0.01)),
        ("Adam", net => optim.Adam(net.parameters(), 0.05, weight_decay: 0.01)),
        ("AdamW", net => optim.AdamW(net.parameters(), 0.05, weight_decay: 0.01)),
        ("RMSProp", net => optim.RMSProp(net.parameters(), 0.05, momentum: 0.9, weight_decay: 0.01, centered: true)),
        ("Adagrad", net => optim.Adagrad(net.parameters(), 0.05, weight_decay: 0.01)),
        ("ASGD", net => optim.ASGD(net.parameters(), 0.05, weight_decay: 0.01)),
        ("Adamax", net => optim.Adamax(net.parameters(), 0.05, weight_decay: 0.01)),
        ("Adadelta", net => optim.Adadelta(net.parameters(), 0.5, weight_decay: 0.01)),
        ("NAdam", net => optim.NAdam(net.parameters(), 0.05, weight_decay: 0.01)),
        ("RAdam", net => optim.RAdam(net.parameters(), 0.05, weight_decay: 0.01)),
    ];

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("DSD_STRESS_RUNS"), out var runs) ? runs : 2;

    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("SGD")]
    [InlineData("Adam")]
    public void Training_WithACollectionInEveryStep_HasTheBitsOfAQuietOne(string optimizer)
    {
        var create = s_optimizers.First(o => o.Name.StartsWith(optimizer, StringComparison.Ordinal)).Create;
        var quiet = Train(create);

        var noisy = Train(create, () =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        });

        ToyCase.AssertSameBits(quiet, noisy);
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Trainings_TwoAtOnceBesideThreadsThatAllocateAndCollect_HaveTheBitsOfAQuietOne()
    {
        var quiet = Array.ConvertAll(s_optimizers, o => Train(o.Create));
        using var stop = new CancellationTokenSource();
        Thread[] noise =
        [
            new(() => Allocate(stop.Token)), new(() => Allocate(stop.Token)),
            new(() => Collect(stop.Token)),
        ];
        Array.ForEach(noise, t => t.Start());
        List<string> failures = [];
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                Parallel.Invoke([.. Enumerable.Range(0, 2).Select(half => (Action)(() =>
                {
                    for (var i = half; i < s_optimizers.Length; i += 2)
                    {
                        if (Failure(i) is { } failure)
                        {
                            lock (failures)
                            {
                                failures.Add($"round {round}, {s_optimizers[i].Name}: {failure}");
                            }
                        }
                    }
                }))]);
            }
        }
        finally
        {
            stop.Cancel();
            Array.ForEach(noise, t => t.Join());
        }

        Assert.Empty(failures);

        string? Failure(int optimizer)
        {
            try
            {
                ToyCase.AssertSameBits(quiet[optimizer], Train(s_optimizers[optimizer].Create));
                return null;
            }
            catch (Exception e)
            {
                return e.Message.Split('\n')[0];
            }
        }
    }

    /// <summary>Trains a network with batch norm in three phases, clipped; the same bits each time.</summary>
    private static Dictionary<string, float[]> Train(Func<nn.Module, optim.Optimizer> create, Action? inEveryStep = null)
    {
        using var scope = NewDisposeScope();
        using var net = new ToyNet(6, 8);
        Fill(net);
        using var optimizer = create(net);
        var schedule = Schedule.Start()
            .Dense(Duration.Steps(20), LearningRate.Constant(0.05))
            .Sparse(Duration.Steps(40), LearningRate.Constant(0.02), SparsityCurve.Constant(0.5))
            .Dense(Duration.Steps(20), LearningRate.Constant(0.01))
            .Build();
        using var session = new Session(schedule.On(net, 5), net, optimizer);
        ToyCase.Drive(session, net, optimizer, new ToyTask(6), beforeOptimizer: () =>
        {
            inEveryStep?.Invoke();
            nn.utils.clip_grad_norm_(net.parameters(), Clip);
        });
        return ToyCase.Weights(net);
    }

    /// <summary>Sets all weights by a formula: libtorch's random state is shared by all threads.</summary>
    private static void Fill(ToyNet net)
    {
        using var guard = no_grad();
        foreach (var (name, parameter) in net.named_parameters())
        {
            var random = CounterRandom.For(1, name);
            using var values = tensor([.. Enumerable.Range(0, (int)parameter.numel()).Select(i => (float)random.Normal(i) * 0.3f)], parameter.shape);
            parameter.copy_(values);
        }
    }

    private static void Allocate(CancellationToken stop)
    {
        List<byte[]> kept = [];
        while (!stop.IsCancellationRequested)
        {
            kept.Add(new byte[200]);
            if (kept.Count > 100_000)
            {
                kept.Clear();
            }
        }
    }

    private static void Collect(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            GC.Collect(0);
            GC.Collect();

            // As long a pause: where other tests have left much to collect, the trainings would hardly get to run.
            Thread.SpinWait(5_000);
            Thread.Sleep(clock.Elapsed);
        }
    }
}
