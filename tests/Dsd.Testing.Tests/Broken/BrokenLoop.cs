using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

/// <summary>A session with one fault, given as what happens besides.</summary>
internal class BrokenLoop : ITrainingLoop
{
    private Dictionary<string, float[]> _saved = [];

    public BrokenLoop(Plan plan, nn.Module model, optim.Optimizer optimizer, MaskMethods methods, long seed)
    {
        (Plan, Model, Optimizer) = (plan, model, optimizer);
        Inner = new SessionLoop(plan, model, optimizer, methods, seed);
    }

    protected SessionLoop Inner { get; }

    public Plan Plan { get; }

    public nn.Module Model { get; }

    public optim.Optimizer Optimizer { get; }

    /// <summary>The step in progress.</summary>
    public long Step { get; private set; } = -1;

    public PlannedPhase Phase => Plan.PhaseAt(Step);

    /// <summary>True in the first step of a phase.</summary>
    public bool IsEntry => Phase.FirstStep == Step;

    /// <summary>True in a later step of a phase before which masks are chosen again.</summary>
    public bool IsUpdate => !IsEntry && Phase.ChoosesAt(Step - Phase.FirstStep);

    /// <summary>The masks before the step in progress.</summary>
    public Dictionary<string, BitMask> MasksBefore { get; private set; } = [];

    public IReadOnlyDictionary<string, BitMask> Real => Inner.Masks;

    public Action<BrokenLoop>? BeforeBegin { get; init; }

    public Action<BrokenLoop>? AfterBegin { get; init; }

    public Action<BrokenLoop>? BeforeMasking { get; init; }

    public Action<BrokenLoop>? AfterMasking { get; init; }

    public Action<BrokenLoop>? BeforeEnd { get; init; }

    public Action<BrokenLoop>? AfterEnd { get; init; }

    public Func<BrokenLoop, IReadOnlyDictionary<string, BitMask>>? Shown { get; init; }

    public bool StopsEarly { get; init; }

    public IReadOnlyDictionary<string, BitMask> Masks => Step < 0 ? Real : Shown?.Invoke(this) ?? Real;

    public bool BeginStep()
    {
        MasksBefore = new(Real);
        if (StopsEarly && Step + 2 == Plan.TotalSteps)
        {
            return false;
        }

        BeforeBegin?.Invoke(this);
        if (!Inner.BeginStep())
        {
            return false;
        }

        Step++;
        AfterBegin?.Invoke(this);
        return true;
    }

    public void MaskGradients()
    {
        BeforeMasking?.Invoke(this);
        Inner.MaskGradients();
        AfterMasking?.Invoke(this);
    }

    public void EndStep()
    {
        BeforeEnd?.Invoke(this);
        Inner.EndStep();
        AfterEnd?.Invoke(this);
    }

    public void Dispose()
    {
        Inner.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Keeps all values, of weights or of gradients or of the optimiser's state.</summary>
    public void Keep(Func<BrokenLoop, IEnumerable<(string Name, Tensor Tensor)>> which) =>
        _saved = which(this).ToDictionary(t => t.Name, t => LiveState.Values(t.Tensor));

    /// <summary>Puts the kept values of pruned weights back.</summary>
    public void PutBackPruned() => Change((name, i, v) => Real.GetValueOrDefault(name)?[i] == false && _saved.TryGetValue(name, out var values) ? values[i] : v);

    /// <summary>Puts the kept values back.</summary>
    public void PutBack(Func<BrokenLoop, IEnumerable<(string Name, Tensor Tensor)>> which)
    {
        using var guard = no_grad();
        foreach (var (name, tensor) in which(this))
        {
            if (_saved.TryGetValue(name, out var values))
            {
                tensor.copy_(torch.tensor(values, tensor.shape));
            }
        }
    }

    /// <summary>Changes the values of parameters: by name, index and value.</summary>
    public void Change(Func<string, int, float, float> change)
    {
        using var guard = no_grad();
        foreach (var (name, parameter) in Model.named_parameters())
        {
            parameter.copy_(torch.tensor([.. LiveState.Values(parameter).Select((v, i) => change(name, i, v))], parameter.shape));
        }
    }

    public static IEnumerable<(string Name, Tensor Tensor)> Weights(BrokenLoop loop) => loop.Model.named_parameters().Select(p => (p.name, (Tensor)p.parameter));

    public static IEnumerable<(string Name, Tensor Tensor)> Gradients(BrokenLoop loop) => loop.Model.named_parameters().Where(p => p.parameter.grad is not null).Select(p => (p.name, p.parameter.grad!));

    public static IEnumerable<(string Name, Tensor Tensor)> States(BrokenLoop loop) =>
        from state in ((OptimizerHelper)loop.Optimizer).state_dict().State.Select((s, i) => (Key: i, Value: s))
        from field in state.Value.GetType().GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic)
        where field.FieldType == typeof(Tensor)
        let tensor = field.GetValue(state.Value) as Tensor
        where tensor is not null && tensor.numel() > 1
        select ($"{state.Key} {field.Name}", tensor);
}
