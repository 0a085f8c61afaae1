using System.Reflection;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>The bits of a model's parameters and of its optimiser's state at one moment.</summary>
internal sealed class LiveState
{
    private LiveState(Dictionary<string, float[]> weights, Dictionary<string, float[][]> states) => (Weights, States) = (weights, states);

    /// <summary>The values of each parameter by its first name.</summary>
    public Dictionary<string, float[]> Weights { get; }

    /// <summary>For each parameter, the tensors that the optimiser keeps for its weights; none before it has made any.</summary>
    public Dictionary<string, float[][]> States { get; }

    public static LiveState Of(nn.Module model, optim.Optimizer optimizer)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var states = ((OptimizerHelper)optimizer).state_dict().State;
        var named = model.named_parameters().ToList();
        return new(
            named.ToDictionary(p => p.name, p => Values(p.parameter)),
            named.Select((p, i) => (p.name, State: i < states.Count ? Tensors(states[i]) : [])).ToDictionary(p => p.name, p => p.State));
    }

    public static float[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return [.. tensor.detach().cpu().to(float32).flatten().data<float>()];
    }

    public static bool SameBits(float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b);

    public static bool SameBits(float[] a, float[] b) => a.AsSpan().SequenceEqual(b) && a.Zip(b).All(p => SameBits(p.First, p.Second));

    private static float[][] Tensors(object state) =>
        [.. state.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(f => f.FieldType == typeof(Tensor)).Select(f => f.GetValue(state) as Tensor).Where(t => t is not null && t.numel() > 1).Select(t => Values(t!))];
}
