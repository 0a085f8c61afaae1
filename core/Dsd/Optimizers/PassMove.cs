using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>The update of one parameter in one step.</summary>
/// <param name="Rule">The arithmetic with its constants.</param>
/// <param name="First">The first state tensor, or null where the rule has none.</param>
/// <param name="Second">The second state tensor, or null where the rule has none.</param>
internal readonly record struct PassMove<TRule>(TRule Rule, Tensor? First, Tensor? Second)
    where TRule : struct, IStepRule;
